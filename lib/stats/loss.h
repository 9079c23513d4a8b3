/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_LOSS_H
#define WEIR_STATS_LOSS_H

#include <weir/clock.h>
#include <weir/snapshot.h>

/*
 * When frames were lost, by port and by queue: the counters of ports tell only how many, so what
 * they gained in an interval was lost in it. Stats thread only.
 */
struct loss {
	struct {
		uint64_t lost, queue_missed[PORT_QUEUES_MAX]; /* at the end of the last interval */
		struct stats_loss when, queue_when[PORT_QUEUES_MAX]; /* by the clock */
	} ports[PORTS_MAX];
};

/* An interval ended at `now`, `elapsed` ns long: note what was lost in it, and tell all so far. */
void loss_note(struct loss *loss, struct clock_reading now, uint64_t elapsed,
	       struct snapshot *snapshot);

#endif
