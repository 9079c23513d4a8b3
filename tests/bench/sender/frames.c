/* SPDX-License-Identifier: BSD-3-Clause */
#include "sender.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <pcap/pcap.h>

#include <weir/memory.h>

static void fail(const char *why)
{
	fprintf(stderr, "bench-sender: %s; give a capture with whole Ethernet frames\n", why);
	exit(EXIT_FAILURE);
}

static void store(struct frames *frames, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct stored_frame *frame = (struct stored_frame *)(frames->memory + frames->used);

	frame->length = (uint16_t)header->len;
	memcpy(frame->bytes, bytes, header->len);
	frames->used += frames_taken(header->len);
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

	if (pcap == NULL)
		fail(error);
	if (stat(path, &file) != 0)
		fail(strerror(errno));
	/* In the file a frame has a header: it takes at most four times as much here. */
	*frames = (struct frames){.bytes = 4 * (size_t)file.st_size};
	frames->memory = memory_allocate(frames->bytes);
	if (frames->memory == NULL)
		fail("no memory for the capture");
	while ((result = pcap_next_ex(pcap, &header, &bytes)) == 1) {
		if (header->len != header->caplen || header->len > UINT16_MAX)
			fail("frames in the capture are cut");
		store(frames, header, bytes);
	}
	if (result != PCAP_ERROR_BREAK)
		fail(pcap_geterr(pcap));
	if (frames->count == 0)
		fail("no frames in the capture");
	pcap_close(pcap);
}
