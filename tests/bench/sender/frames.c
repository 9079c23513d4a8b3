/* SPDX-License-Identifier: BSD-3-Clause */
#include "sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <pcap/pcap.h>

#include <weir/memory.h>

static void fail(const char *path, const char *why)
{
	fprintf(stderr, "bench-sender: %s: %s; give a capture with whole Ethernet frames\n", path,
		why);
	exit(EXIT_FAILURE);
}

static void store(struct frames *frames, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct stored_frame *frame = (struct stored_frame *)(frames->memory + frames->used);

	frame->length = (uint16_t)header->len;
	memcpy(frame->bytes, bytes, header->len);
	frames->used += (sizeof(*frame) + header->len + FRAME_LINE - 1) & ~(size_t)(FRAME_LINE - 1);
	frames->count++;
}

void frames_load(struct frames *frames, const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, error);
	struct pcap_pkthdr *header;
	const u_char *bytes;
	struct stat file;
	int result;

	if (pcap == NULL || stat(path, &file) != 0)
		fail(path, error);
	/* In the file a frame has a header of 16 bytes: at most four times as many are needed here. */
	*frames = (struct frames){.bytes = 4 * (size_t)file.st_size};
	frames->memory = memory_allocate(frames->bytes);
	if (frames->memory == NULL)
		fail(path, "no memory for it");
	while ((result = pcap_next_ex(pcap, &header, &bytes)) == 1) {
		if (header->len != header->caplen || header->len > UINT16_MAX)
			fail(path, "frames are cut");
		store(frames, header, bytes);
	}
	if (result != PCAP_ERROR_BREAK)
		fail(path, pcap_geterr(pcap));
	if (frames->count == 0)
		fail(path, "no frames");
	pcap_close(pcap);
}
