/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target of lib/savefile: any bytes as a capture file, compressed or not. Refused with
 * one line, or read to an end that is told; the frames lie in the window, and those of pcapng are
 * the same however few bytes come at a time. The first window is exactly as large as the file, so
 * that AddressSanitizer sees any byte beside it that is read. Input: how many bytes come at a time
 * the second time, then the file.
 */
#include "fuzz.h"

#include <string.h>

#include <kit/memory_stream.h>

#include "../../lib/savefile/savefile.h"

/* A compressed file can hold more than anybody wants to wait for. */
#define FRAMES_MAX 100000

struct sums {
	uint64_t frames, time, captured, wire, bytes, lost;
	enum savefile_end end;
	int result;
};

static uint64_t mix(uint64_t sum, uint64_t value)
{
	return (sum ^ value) * UINT64_C(0x9e3779b97f4a7c15) + (sum >> 29);
}

/* As Ethernet: every byte is read, and the lengths hold. */
static void check_ethernet(struct savefile_frame frame, struct sums *sums)
{
	uint8_t header[ETHERNET_HEADER] = {0};
	unsigned int front = savefile_to_ethernet(&frame, header);

	require(front == ETHERNET_HEADER || (front == 0 && frame.captured < ETHERNET_HEADER));
	require(frame.captured >= front && frame.captured <= frame.wire);
	for (uint32_t i = 0; i < frame.captured - front; i++)
		sums->bytes = mix(sums->bytes, frame.data[i]);
	sums->bytes = mix(sums->bytes, header[12] << 8 | header[13]);
}

static void add(const struct savefile_frame *frame, struct sums *sums)
{
	require(frame->captured <= frame->wire && frame->captured <= SAVEFILE_CAPTURED_MAX);
	for (uint32_t i = 0; i < frame->captured; i++)
		sums->bytes = mix(sums->bytes, frame->data[i]);
	if (frame->link != LINK_ETHERNET)
		check_ethernet(*frame, sums);
	sums->time = mix(sums->time, frame->time);
	sums->captured += frame->captured;
	sums->wire += frame->wire;
	sums->frames++;
}

static struct sums read_all(const uint8_t *data, size_t size, size_t step, size_t window)
{
	struct savefile_frame frames[SAVEFILE_BATCH];
	struct error error = {""};
	struct savefile file;
	struct sums sums = {0};
	unsigned int count;

	sums.result = savefile_open(&file, "file", memory_stream(data, size, step), window, &error);
	if (sums.result != 0) {
		require(error.text[0] != '\0' && strchr(error.text, '\n') == NULL);
		return sums;
	}
	while (sums.frames < FRAMES_MAX && (count = savefile_read(&file, frames)) > 0) {
		require(count <= SAVEFILE_BATCH);
		for (unsigned int i = 0; i < count; i++)
			add(&frames[i], &sums);
	}
	sums.lost = file.lost;
	sums.end = file.end;
	require((file.end == SAVEFILE_WHOLE) == (file.why == NULL));
	require(sums.frames <= file.frames);
	savefile_close(&file);
	return sums;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sums whole, pieces;

	if (size < 2)
		return -1;
	whole = read_all(data + 1, size - 1, size - 1, size - 1);
	pieces = read_all(data + 1, size - 1, 1 + data[0], 4);
	/* How long a pcap's records are is seen from what is in hand at first. */
	if (size < 5 || memcmp(data + 1, "\n\r\r\n", 4) != 0)
		return 0;
	require(memcmp(&whole, &pieces, sizeof(whole)) == 0);
	return 0;
}
