/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WORKER_STRETCHES_H
#define WEIR_WORKER_STRETCHES_H

#include <rte_mbuf_dyn.h>

#include <weir/timeline.h>

#include "loop.h"

/*
 * The timeline of a capture: a burst goes through the stages as frames of one stretch of it, so
 * that all that the burst adds to any counter is of that stretch. Cutting bursts costs less than
 * asking each frame: there are some thousands of cuts, however many frames there are.
 */

static inline uint64_t clock_of(const struct loop *loop, const struct rte_mbuf *mbuf)
{
	return *RTE_MBUF_DYNFIELD(mbuf, loop->worker->fields.clock, const uint64_t *);
}

/* How many of `count` frames, at least one, in the order of their clocks, are of one stretch. */
static inline uint16_t cut_stretch(struct loop *loop, struct rte_mbuf *const *mbufs, uint16_t count)
{
	uint16_t cut = 1;

	if (likely(clock_of(loop, mbufs[count - 1]) <= loop->stretch_until))
		return count;
	if (clock_of(loop, mbufs[0]) > loop->stretch_until)
		loop->stretch_until = timeline_until(loop->timeline, clock_of(loop, mbufs[0]));
	while (cut < count && clock_of(loop, mbufs[cut]) <= loop->stretch_until)
		cut++;
	return cut;
}

/* What has been counted since the last time is what the burst of `tally` brought. */
static inline void count_stretch(struct loop *loop, const struct tally *tally)
{
	const struct flow_counters *flows = flow_table_counters(loop->worker->shared.table);
	const struct worker_counters *counters = &loop->counters;
	const struct timeline_sums before = loop->in_timeline;
	const struct timeline_sums now = {
		.packets = counters->received - counters->reasons[PACKET_FILTERED_EXPRESSION],
		.frame_octets = counters->frame_octets,
		.ip_octets = flows->octets + flows->overflow_octets,
		.flows = flows->created,
	};

	if (now.packets == before.packets)
		return;
	loop->in_timeline = now;
	timeline_add(loop->timeline, tally->stretch,
		     &(struct timeline_sums){
			     .packets = now.packets - before.packets,
			     .frame_octets = now.frame_octets - before.frame_octets,
			     .ip_octets = now.ip_octets - before.ip_octets,
			     .flows = now.flows - before.flows,
		     });
}

/* `tally` has just been applied, and is next for some of these frames: returns for how many. */
static inline uint16_t pass_stretch(struct loop *loop, struct tally *tally,
				    struct rte_mbuf *const *mbufs, uint16_t count)
{
	count_stretch(loop, tally);
	if (count == 0)
		return 0;
	tally->stretch = clock_of(loop, mbufs[0]);
	return cut_stretch(loop, mbufs, count);
}

#endif
