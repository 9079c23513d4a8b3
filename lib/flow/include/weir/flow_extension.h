/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_EXTENSION_H
#define WEIR_FLOW_EXTENSION_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/packet.h>

/*
 * What a flow can carry beyond its two lines (struct flow_hot, struct flow_cold): one more for each
 * extension that a table is created with. These lines lie in an array of their own for each
 * extension, belong to the record as its other two do (same slot, same seqlock), and go where it
 * goes: behind every copy of a record, live or ended, stand its lines in the order of
 * flow_settings.extensions. An extension that is not on costs nothing.
 */
#define FLOW_EXTENSIONS_MAX 4

/* 64 octets, in a table a cache line; an extension has a struct of its own for them. */
struct flow_line {
	uint64_t words[8];
};

/*
 * How an extension keeps its line. Called by the worker in the midst of a change of the record: so
 * little is done here, and readers of the record try again meanwhile.
 */
struct flow_extension {
	const char *name;
	/*
	 * A record begins with this packet, which packet() is given next. The line is all zero, but
	 * of a record that goes on with a flow (`continues`: after the active timeout, or a full
	 * counter) it is as the one before left it: what counts for one record is to be reset.
	 * NULL: every record begins with zeros.
	 */
	void (*begin)(void *line, const struct packet *packet, bool continues);
	/*
	 * A packet is counted in the record, also its first one; `direction` is 0 forward, 1
	 * reverse. NULL: the line stays as it began, and packets of known flows do not touch it.
	 */
	void (*packet)(void *line, const struct packet *packet, unsigned int direction);
};

#endif
