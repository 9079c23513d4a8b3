/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_ENCODER_H
#define WEIR_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/flow.h>

/*
 * Records to bytes, for one outlet and on its thread. Bytes leave in messages: a datagram, or as
 * much as is worth a call of write(2).
 *
 *	message = begin? record+ end?  |  due  |  last
 *
 * Messages leave in the order in which they are made, each of them or, when restart() was called,
 * anew what had not left. So numbers in sequence may be kept in the context.
 */
struct outlet;

struct encoder {
	size_t message; /* the longest one, with what begin() puts there: an MTU, or some 64 KiB */
	size_t longest; /* bytes of a record, at most */
	/* Each puts bytes to `out`, where there is room, and returns how many. */
	size_t (*begin)(void *context, char *out); /* NULL: nothing stands before the records */
	size_t (*record)(void *context, char *out, const struct flow_view *view);
	/*
	 * The message has `size` bytes: fill in what depends on it, close it, and return what it
	 * has then; `longest` includes that. NULL: nothing does.
	 */
	size_t (*end)(void *context, char *message, size_t size, uint32_t records);
	/*
	 * A whole message of its own, without records: asked for, again and again until 0, before
	 * each message of records and once a second while there are none. `outlet` is its own,
	 * whose ledger it may tell. NULL: never.
	 */
	size_t (*due)(void *context, char *out, const struct outlet *outlet);
	/* The same, when all is sent and nothing more will come. NULL: never. */
	size_t (*last)(void *context, char *out, const struct outlet *outlet);
	/* The message made last has left; else it never will. NULL: that is no matter. */
	void (*gone)(void *context, bool sent);
	/*
	 * There is a new connection, where nothing is known of what was said before: numbers begin
	 * again, templates come first, as at the start. What was made and has not left is made
	 * anew. NULL: messages stand for themselves.
	 */
	void (*restart)(void *context);
	void (*close)(void *context); /* free the context; NULL: nothing to do */
	void *context;
};

#endif
