/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PREFILTER_TREE_H
#define WEIR_PREFILTER_TREE_H

#include "rules.h"

/*
 * The addresses of one side and IP version, cut at the ends of all prefixes of the rules into
 * intervals. In an interval every address fits the same prefixes, so that all that must be known
 * of it can be worked out here: the best rule that is no more than one of these prefixes, and for
 * the others which of them fit.
 */

typedef unsigned __int128 address; /* IPv4: below 2^32 */

struct span {
	address last;    /* the last address; the first is behind the span before */
	uint32_t rule;   /* best lone rule or PREFILTER_NONE */
	uint32_t vector; /* number of the bit vector of its combinations */
};

struct spans {
	struct span *span;
	size_t count; /* >= 1: the last one ends with the last address */
};

/* The addresses of one prefix that a rule has on this side. */
struct extent {
	address first, last;
	uint32_t rule; /* its number */
	uint32_t bit;  /* its combination, or PREFILTER_NONE: a lone rule */
};

/*
 * Cut by `count` prefixes (they get sorted). `version` 4 or 6. `any`: the combinations that all
 * addresses fit. `vectors` grows by the vectors that are new. -ENOMEM; else spans->span is the
 * caller's to free.
 */
struct vectors;
int spans_make(struct extent *extents, size_t count, int version,
	       const struct prefilter_vector *any, struct vectors *vectors, struct spans *spans);

/* Depth of the B-tree over so many spans, and the nodes of its levels. */
uint32_t tree_depth(size_t spans, uint32_t fanout);
size_t tree_nodes(size_t spans, uint32_t fanout, uint32_t depth, uint32_t level);

/* Bit vectors of combinations, each kept once in order of coming. */
struct vectors {
	struct prefilter_vector *vector;
	size_t count, room;
	uint32_t *place; /* hash table of numbers + 1; `places` is a power of two */
	size_t places;
};

/* The number of `vector` in `vectors`, or -ENOMEM. */
int vectors_number(struct vectors *vectors, const struct prefilter_vector *vector);
void vectors_free(struct vectors *vectors);

#endif
