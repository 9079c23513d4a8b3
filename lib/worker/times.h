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
 * they were switched on, or were never set. `shift` makes dates of times.
 */
static inline bool is_near(uint64_t stamp, uint64_t clock, int64_t shift)
{
	return stamp - ((uint64_t)shift + clock - STAMP_NEAR) <= 2 * STAMP_NEAR;
}

/* False: it is none, and nothing was taken. */
static inline bool take_stamp(const struct port_fields *fields, uint64_t clock, int64_t shift,
			      const struct rte_mbuf *mbuf, struct packet *packet)
{
	const uint64_t stamp = *RTE_MBUF_DYNFIELD(mbuf, fields->time, const uint64_t *);

	if (unlikely(!is_near(stamp, clock, shift)))
		return false;
	packet->time = packet->clock = stamp - (uint64_t)shift;
	return true;
}

static inline void take_device_time(struct loop *loop, const struct port_fields *fields,
				    const struct rte_mbuf *mbuf, struct packet *packet)
{
	const uint64_t stamp = *RTE_MBUF_DYNFIELD(mbuf, fields->time, const uint64_t *);

	if (unlikely(loop->may_replay) && replays(loop, is_near(stamp, loop->clock, loop->shift)))
		take_replayed_time(loop, stamp, packet);
	else if (unlikely(!take_stamp(fields, loop->clock, loop->shift, mbuf, packet)))
		loop->counters.stamps_ignored++;
}

/* How long the frame was on the wire, if the capture reader says so. */
static inline uint32_t wire_length(const struct port_fields *fields, const struct rte_mbuf *mbuf)
{
	if (mbuf->ol_flags & fields->wire_flag)
		return *RTE_MBUF_DYNFIELD(mbuf, fields->wire_length, const uint32_t *);
	return rte_pktmbuf_pkt_len(mbuf);
}

/* When the frame was there, if the capture reader or the device say so. */
static inline void take_times(struct loop *loop, const struct port_fields *fields,
			      const struct rte_mbuf *mbuf, struct packet *packet)
{
	if (mbuf->ol_flags & fields->wire_flag) {
		packet->time = *RTE_MBUF_DYNFIELD(mbuf, fields->time, const uint64_t *);
		packet->clock = *RTE_MBUF_DYNFIELD(mbuf, fields->clock, const uint64_t *);
		return;
	}
	packet->time = packet->clock = loop->clock;
	if (mbuf->ol_flags & fields->time_flag)
		take_device_time(loop, fields, mbuf, packet);
}

/* The date of a frame that has been parsed, as take_times() takes it. */
static inline uint64_t date_of(const struct loop *loop, const struct rte_mbuf *mbuf)
{
	if ((mbuf->ol_flags & loop->stamped) != 0) {
		uint64_t stamp =
			*RTE_MBUF_DYNFIELD(mbuf, loop->worker->fields.time, const uint64_t *);

		if (loop->capture_time || is_near(stamp, loop->clock, loop->shift))
			return stamp;
	}
	return loop->clock + (uint64_t)loop->shift;
}

#endif
