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
	uint64_t sums[2][STATS_METRICS];
	uint64_t reserved[2];
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

/* Add a batch: the sums of each side for each number. The cell of a protocol is its number. */
void numbered_add(struct numbered *numbered, const uint32_t *numbers,
		  const uint64_t (*sums)[STATS_METRICS], uint32_t count);

/* Add everything to `summary`, and start again. */
void numbered_move(struct numbered *numbered, struct summary *summary);

#endif
