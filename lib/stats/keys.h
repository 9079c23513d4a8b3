/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_KEYS_H
#define WEIR_STATS_KEYS_H

#include <weir/flow.h>
#include <weir/snapshot.h>

/*
 * What sums are kept by. Most dimensions come in twos that share a key: an address as source and
 * as destination, a port likewise, a pair of addresses one way and the other. So there is one
 * subject for both, whose sums have two sides, and a record costs half the look-ups.
 */
enum subject {
	SUBJECT_ADDRESS, /* sides: sent, received */
	SUBJECT_PAIR,    /* sides: from the lower address to the higher, and back */
	SUBJECT_PORT,    /* sides: as source port, as destination port */
	SUBJECT_PROTOCOL,
	SUBJECT_FLOW,
	SUBJECTS
};

/* All bytes of a key count, so what is not used is 0. */
struct address_key {
	uint8_t address[16];
	uint8_t version;
	uint8_t zero[7];
};

struct pair_key {
	uint8_t lower[16], higher[16];
	uint8_t version;
	uint8_t zero[7];
};

struct number_key { /* a port or a protocol */
	uint16_t port;
	uint8_t protocol;
	uint8_t zero[5];
};

/*
 * A flow's row is the same whichever side a record of the conversation starts from: the lower
 * (address, port) stands as the source. The note that goes with the key says who really was: the
 * begin of the record by the clock * 2 + (the source was the higher one). The smallest note stays,
 * so a row is shown as its earliest record began, in whatever order they were counted.
 */
struct flow_key {
	struct stats_key key;
	uint64_t note;
};

struct subject_shape {
	uint32_t key_size; /* without the note */
	uint8_t sides;
	bool noted;
};
extern const struct subject_shape subject_shapes[SUBJECTS];

/* Which part of which subject a dimension shows. */
struct dimension_source {
	enum subject subject;
	bool sides[2]; /* both: each key is two rows */
};
extern const struct dimension_source dimension_sources[STATS_DIMENSIONS];

/* `order` is that of the view's source address to its destination. */
void flow_key_make(const struct flow_view *view, int order, struct flow_key *flow);

/* The row of a list for a subject's key. */
void key_show(enum stats_dimension dimension, unsigned int side, const void *key,
	      struct stats_key *shown);

#endif
