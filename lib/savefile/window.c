/* SPDX-License-Identifier: BSD-3-Clause */
#include "window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What a window grows to where nobody asks for more: the largest frame, and what comes with it. */
#define WINDOW_GROWN ((size_t)1024 * 1024)

int window_open(struct window *window, struct stream *stream, size_t size)
{
	*window = (struct window){.buffer = malloc(size), .size = size, .stream = stream};
	if (window->buffer == NULL) {
		window_close(window);
		return -ENOMEM;
	}
	window->at = window->end = window->buffer;
	return 0;
}

void window_close(struct window *window)
{
	if (window->stream != NULL)
		window->stream->close(window->stream);
	free(window->buffer);
	*window = (struct window){0};
}

/* What is in hand moves to the front of the buffer, or of one with room for `bytes`. */
static bool make_room(struct window *window, size_t bytes)
{
	size_t left = window_in_hand(window), size = WINDOW_GROWN;
	uint8_t *buffer = window->buffer;

	if (bytes > window->size) {
		if (bytes > WINDOW_MAX)
			return false;
		while (size < bytes)
			size *= 2;
		buffer = malloc(size);
		if (buffer == NULL)
			return false;
		memcpy(buffer, window->at, left);
		free(window->buffer);
		window->buffer = buffer;
		window->size = size;
	} else {
		memmove(buffer, window->at, left);
	}
	window->at = buffer;
	window->end = buffer + left;
	return true;
}

bool window_fill(struct window *window, size_t bytes)
{
	if (window->stream == NULL || window->ended || !make_room(window, bytes))
		return window_in_hand(window) >= bytes;
	while (window_in_hand(window) < bytes) {
		uint8_t *to = window->buffer + window_in_hand(window);
		ssize_t got = window->stream->read(window->stream, to,
						   window->size - window_in_hand(window));

		if (got <= 0) {
			window->ended = true;
			return false;
		}
		window->end = to + got;
	}
	return true;
}

bool window_skip(struct window *window, uint64_t bytes)
{
	while (bytes > window_in_hand(window)) {
		bytes -= window_in_hand(window);
		window->at = window->end;
		if (window->stream == NULL || window->ended)
			return false;
		if (bytes > window->size && window->stream->skip != NULL &&
		    window->stream->skip(window->stream, bytes))
			return true;
		if (!window_fill(window, 1))
			return false;
	}
	window->at += bytes;
	return true;
}

const char *window_problem(const struct window *window)
{
	return window->stream != NULL ? window->stream->problem : NULL;
}
