/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_NUMBERED_H
#define WEIR_STATS_NUMBERED_H

#include <weir/summary.h>

#include "keys.h"

/*
 * The sums of one interval for the subjects whose keys are small numbers: ports and protocols.
 * A plain array needs no hash and no search, and the cells in use become keys of the
 * subject's summary at the end of the interval.
 */

/* A cache line, so that no cell lies across two. */
struct numbered_cell {
	union summary_brought sides[2];
};
_Static_assert(sizeof(struct numbered_cell) == 64, "one cache line");

struct numbered {
	enum subject subject; /* SUBJECT_PORT or SUBJECT_PROTOCOL */
	uint32_t limit;       /* cells */
	struct numbered_cell *cells;
	uint32_t *used; /* the cells in use, in the order of their first use */
	uint32_t used_count;
};

#define NUMBERED_NONE UINT32_MAX

/* The cell of a port: each protocol that has ports has its own. NUMBERED_NONE: it has none. */
uint32_t numbered_port(uint8_t protocol, uint16_t port);

/* 0 or -ENOMEM. */
int numbered_init(struct numbered *numbered, enum subject subject);
void numbered_release(struct numbered *numbered);

/* So that numbered_add() does not wait for memory. */
static inline void numbered_prefetch(const struct numbered *numbered, uint32_t number)
{
	if (number != NUMBERED_NONE)
		__builtin_prefetch(&numbered->cells[number], 1);
}

/* Add to both sides. The cell of a protocol is its number. */
static inline void numbered_add(struct numbered *numbered, uint32_t number,
				const union summary_brought *first,
				const union summary_brought *second)
{
	struct numbered_cell *cell;

	if (number == NUMBERED_NONE)
		return;
	cell = &numbered->cells[number];
	if ((cell->sides[0].metrics[STATS_PACKETS] | cell->sides[1].metrics[STATS_PACKETS]) == 0)
		numbered->used[numbered->used_count++] = number;
	for (unsigned int l = 0; l < 2; l++) {
		cell->sides[0].lanes[l] += first->lanes[l];
		cell->sides[1].lanes[l] += second->lanes[l];
	}
}

/* Add everything that is in `from`, which is empty then. */
void numbered_merge(struct numbered *numbered, struct numbered *from);

/* Move at most `most` to `summary`. True: that was all, and it is empty. */
bool numbered_move(struct numbered *numbered, const struct hash_secret *secret,
		   struct summary *summary, uint32_t most);

#endif
