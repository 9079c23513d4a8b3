/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * savefile-cuts: a capture cut at every byte, a line for each number of bytes left: that number,
 * the frames found, and how the file ends: "refused", "whole", "cut" or "damaged". Ends with 1 if
 * any of these frames is not what it is in the whole capture.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/savefile/savefile.h"
#include "memory_stream.h"

#define FRAMES_MAX 100000

static uint64_t of_frames[FRAMES_MAX]; /* a sum over each of the whole capture */

static uint64_t sum_of(const struct savefile_frame *frame)
{
	uint64_t sum = frame->time ^ (uint64_t)frame->wire << 32 ^ frame->link;

	for (uint32_t i = 0; i < frame->captured; i++)
		sum = sum * 31 + frame->data[i];
	return sum;
}

/* False: a frame is another one than in the whole capture, whose sums are taken if `whole`. */
static bool read_frames(struct savefile *file, bool whole, unsigned int *count)
{
	struct savefile_frame frames[SAVEFILE_BATCH];
	unsigned int batch;

	while ((batch = savefile_read(file, frames)) > 0)
		for (unsigned int i = 0; i < batch; i++, ++*count) {
			if (*count == FRAMES_MAX)
				return false;
			if (whole)
				of_frames[*count] = sum_of(&frames[i]);
			else if (of_frames[*count] != sum_of(&frames[i]))
				return false;
		}
	return true;
}

static bool cut(const uint8_t *bytes, size_t size, bool whole)
{
	static const char *const ends[] = {"whole", "cut", "damaged"};
	struct savefile file;
	struct error error;
	unsigned int count = 0;
	bool same;

	if (savefile_open(&file, "file", memory_stream(bytes, size, 1000), 4096, &error) != 0)
		return whole ? false : printf("%zu 0 refused\n", size) > 0;
	same = read_frames(&file, whole, &count);
	if (!whole)
		printf("%zu %u %s\n", size, count, ends[file.end]);
	savefile_close(&file);
	return same;
}

int main(int argc, char **argv)
{
	static uint8_t bytes[1 << 20];
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	bool same;
	size_t size;

	if (file == NULL) {
		fprintf(stderr, "savefile-cuts FILE\n");
		return 2;
	}
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	same = cut(bytes, size, true);
	for (size_t left = 0; left <= size; left++)
		same &= cut(bytes, left, false);
	return !same;
}
