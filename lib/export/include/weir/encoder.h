/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_ENCODER_H
#define WEIR_ENCODER_H

#include <stddef.h>
#include <stdint.h>

#include <weir/flow.h>

/*
 * Records to bytes, for one outlet and on its thread. Bytes leave in messages: a datagram, or as
 * much as is worth a call of write(2).
 *
 *	message = begin? record+ end?
 */
struct encoder {
	size_t message; /* the longest one, with what begin() puts there: an MTU, or some 64 KiB */
	size_t longest; /* bytes of a record, at most */
	/* Each puts bytes to `out`, where there is room, and returns how many. */
	size_t (*begin)(void *context, char *out); /* NULL: nothing stands before the records */
	size_t (*record)(void *context, char *out, const struct flow_view *view);
	/* The message has `size` bytes: fill in what depends on it. NULL: nothing does. */
	void (*end)(void *context, char *message, size_t size, uint32_t records);
	void *context;
};

#endif
