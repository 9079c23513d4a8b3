/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SAVEFILE_WINDOW_H
#define WEIR_SAVEFILE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream.h"

/*
 * The bytes of a stream through a buffer: whoever reads asks for some to be in hand, looks at them
 * where they lie, and moves `at` behind them. Pointers into the window hold until the next
 * window_fill() or window_skip(). One thread.
 */
struct window {
	const uint8_t *at;  /* the first byte in hand */
	const uint8_t *end; /* behind the last one in hand */
	/* private: */
	uint8_t *buffer;
	size_t size;
	struct stream *stream; /* owned; NULL: there is nothing beyond `end` */
	bool ended;
};

/* At most so many bytes can be asked for: no block of a capture that anybody reads is longer. */
#define WINDOW_MAX (16 * 1024 * 1024)

/*
 * A window on `stream`, which it owns from now on, with a buffer of `size` bytes, which grows (to
 * WINDOW_MAX) once more are asked for. -ENOMEM; the stream is closed then.
 */
int window_open(struct window *window, struct stream *stream, size_t size);
void window_close(struct window *window);

static inline size_t window_in_hand(const struct window *window)
{
	return (size_t)(window->end - window->at);
}

/* Get `bytes` in hand. False: there are not so many; all that are left are in hand. */
bool window_fill(struct window *window, size_t bytes);

static inline bool window_has(struct window *window, size_t bytes)
{
	return __builtin_expect(window_in_hand(window) >= bytes, 1) || window_fill(window, bytes);
}

/* Pass over `bytes`, in hand or not. False: there were fewer, as far as can be told. */
bool window_skip(struct window *window, uint64_t bytes);

/* Why the stream ended before its end; NULL: it did not. */
const char *window_problem(const struct window *window);

#endif
