/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WORKER_TIMES_H
#define WEIR_WORKER_TIMES_H

#include <rte_mbuf_dyn.h>

#include "loop.h"

/* A stamp further than this from the wall clock does not say when the frame was there. */
#define STAMP_NEAR CLOCK_SECOND
_Static_assert(2 * STAMP_NEAR <= FLOW_REORDER, "as far apart as the table takes them");

/* A driver that replays a capture: from its first stamp on the clock is that of the capture. */
static void take_replayed_time(struct loop *loop, uint64_t stamp, struct packet *packet)
{
	if (!loop->capture_time) {
		loop->capture_time = true;
		loop->clock = 0;
		loop->shift = 0;
	}
	if (loop->clock < stamp)
		loop->clock = stamp;
	packet->time = stamp;
	packet->clock = loop->clock;
}

/* net_pcap reads a capture or an interface; of an interface the first stamp is of now. */
static bool replays(struct loop *loop, bool near)
{
	if (near && !loop->capture_time)
		loop->may_replay = false;
	return loop->may_replay;
}

/*
 * The stamp of a NIC dates the frame if it is a date at all: some NICs count ticks, or from when
 * they were switched on, or were never set.
 */
static inline bool is_near(const struct loop *loop, uint64_t stamp)
{
	return stamp - (uint64_t)loop->shift - loop->clock + STAMP_NEAR <= 2 * STAMP_NEAR;
}

static inline void take_device_time(struct loop *loop, const struct rte_mbuf *mbuf,
				    struct packet *packet)
{
	uint64_t stamp = *RTE_MBUF_DYNFIELD(mbuf, loop->worker->fields.time, const uint64_t *);
	uint64_t time = stamp - (uint64_t)loop->shift;
	bool near = is_near(loop, stamp);

	if (unlikely(loop->may_replay) && replays(loop, near))
		take_replayed_time(loop, stamp, packet);
	else if (likely(near))
		packet->time = packet->clock = time;
	else
		loop->counters.stamps_ignored++;
}

/* When the frame was there, and how long it was, if the capture reader or the device say so. */
static inline void take_times(struct loop *loop, const struct rte_mbuf *mbuf, uint32_t *wire,
			      struct packet *packet)
{
	const struct port_fields *fields = &loop->worker->fields;

	packet->time = packet->clock = loop->clock;
	if (mbuf->ol_flags & fields->wire_flag) {
		packet->time = *RTE_MBUF_DYNFIELD(mbuf, fields->time, const uint64_t *);
		packet->clock = *RTE_MBUF_DYNFIELD(mbuf, fields->clock, const uint64_t *);
		*wire = *RTE_MBUF_DYNFIELD(mbuf, fields->wire_length, const uint32_t *);
	} else if (mbuf->ol_flags & fields->time_flag) {
		take_device_time(loop, mbuf, packet);
	}
}

/* The date of a frame that has been parsed, as take_times() takes it. */
static inline uint64_t date_of(const struct loop *loop, const struct rte_mbuf *mbuf)
{
	if ((mbuf->ol_flags & loop->stamped) != 0) {
		uint64_t stamp =
			*RTE_MBUF_DYNFIELD(mbuf, loop->worker->fields.time, const uint64_t *);

		if (loop->capture_time || is_near(loop, stamp))
			return stamp;
	}
	return loop->clock + (uint64_t)loop->shift;
}

#endif
