/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SAVEFILE_STREAM_H
#define WEIR_SAVEFILE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Where the bytes of a window come from: a descriptor, or a decoder on top of one. One thread. With
 * read(2), not mapped: docs/decisions/captures-read.md.
 */
struct stream {
	/* Up to `size` bytes to `to`: how many, 0 at the end, -1 with `problem` set. May wait. */
	ssize_t (*read)(struct stream *stream, uint8_t *to, size_t size);
	/* Pass over `bytes`, perhaps beyond the end; NULL, or false: they have to be read. */
	bool (*skip)(struct stream *stream, uint64_t bytes);
	void (*close)(struct stream *stream);
	const char *problem; /* in words; NULL: none */
};

/*
 * A stream of the descriptor `fd`, which it owns from now on. How far it is, in bytes, is added to
 * *read (atomic). With `wake` >= 0 a read waits for `fd`, and ends as at the end of the file once
 * the eventfd `wake` is readable: for pipes and terminals. NULL: no memory; `fd` is closed then.
 */
struct stream *stream_of_descriptor(int fd, int wake, uint64_t *read);

struct window;

/*
 * If what is in `window` is compressed (gzip, zstd, xz, lz4: by its first bytes) put a decoder
 * between: the window then holds what comes out of it. 0, or -ENOMEM.
 */
int stream_decode(struct window *window);

#endif
