/* SPDX-License-Identifier: BSD-3-Clause */
#include "reader_intervals.h"

#include <rte_mbuf_dyn.h>

_Static_assert(READER_QUEUES_MAX <= WORKERS_MAX, "a worker for each queue");

/* Of the mbufs staged for queue `q`, which are in order: those up to the end of the interval. */
static unsigned int count_inside(const struct reader_intervals *intervals,
				 const struct reader_port *port, uint16_t q, int clock)
{
	unsigned int count = 0;

	while (count < port->staged_count[q] &&
	       *RTE_MBUF_DYNFIELD(port->staged[q][count], clock, const uint64_t *) <=
		       intervals->until)
		count++;
	return count;
}

/* Hand over what is of the interval. Returns the clock of the first frame after it. */
static uint64_t hand_over(const struct reader_intervals *intervals, struct reader_port *port,
			  int clock)
{
	uint64_t next = UINT64_MAX;

	for (uint16_t q = 0; q < port->queues; q++) {
		reader_port_hand_over_some(port, q, count_inside(intervals, port, q, clock));
		if (port->staged_count[q] > 0)
			next = RTE_MIN(next, *RTE_MBUF_DYNFIELD(port->staged[q][0], clock,
								const uint64_t *));
	}
	return next;
}

/*
 * Meet at the end of the interval. The next one is that of the next frame, or, if it is not the
 * very next, all those between, as one. False: the reader is to stop.
 */
static bool end_one(struct reader_intervals *intervals, struct reader_port *port, int clock)
{
	uint64_t next = hand_over(intervals, port, clock), begin = next - next % intervals->length;

	if (port->frames > 0) {
		uint64_t border = intervals->until + 1;

		if (!rendezvous_meet(intervals->rendezvous, border, &port->stop))
			return false;
		if (begin != border) {
			intervals->until = begin - 1;
			return true;
		}
	}
	intervals->until = begin + RTE_MIN(intervals->length - 1, UINT64_MAX - begin);
	return true;
}

void reader_intervals_pass(struct reader_intervals *intervals, struct reader_port *port,
			   uint64_t now, int clock)
{
	while (now > intervals->until) {
		if (end_one(intervals, port, clock))
			continue;
		reader_port_drop(port);
		return;
	}
}
