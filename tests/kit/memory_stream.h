/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_KIT_MEMORY_STREAM_H
#define WEIR_TESTS_KIT_MEMORY_STREAM_H

#include <stdlib.h>
#include <string.h>

#include "../../lib/savefile/stream.h"

/* Bytes in memory as a stream that gives out at most `step` of them at a time, as a pipe does. */
struct memory_stream {
	struct stream stream;
	const uint8_t *bytes;
	size_t left, step;
};

static inline ssize_t memory_stream_read(struct stream *stream, uint8_t *to, size_t size)
{
	struct memory_stream *memory = (struct memory_stream *)stream;
	size_t count = size < memory->left ? size : memory->left;

	if (count > memory->step)
		count = memory->step;
	if (count > 0)
		memcpy(to, memory->bytes, count);
	memory->bytes += count;
	memory->left -= count;
	return (ssize_t)count;
}

static inline void memory_stream_close(struct stream *stream)
{
	free(stream);
}

static inline struct stream *memory_stream(const void *bytes, size_t size, size_t step)
{
	struct memory_stream *memory = malloc(sizeof(*memory));

	*memory = (struct memory_stream){
		.stream = {memory_stream_read, NULL, memory_stream_close, NULL},
		.bytes = bytes,
		.left = size,
		.step = step,
	};
	return &memory->stream;
}

#endif
