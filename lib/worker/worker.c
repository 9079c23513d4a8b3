/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/worker.h>

#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf_dyn.h>
#include <rte_pause.h>
#include <rte_prefetch.h>

#include <weir/clock.h>
#include <weir/packet_common.h>
#include <weir/rendezvous.h>

#include "rest.h"
#include "tally.h"

/* Housekeeping runs on a counter, not on a clock: every so many empty polls. */
#define IDLE_HOUSEKEEPING 256
/* While the sweep of expiry is behind. */
#define IDLE_HOUSEKEEPING_BEHIND 8
/* A stamp further than this from the wall clock does not say when the frame was there. */
#define STAMP_NEAR CLOCK_SECOND
_Static_assert(2 * STAMP_NEAR <= FLOW_REORDER, "as far apart as the table takes them");
/* ns: a smaller change of the shift is that its two clocks were not read at once. */
#define SHIFT_NOISE (50 * 1000)
/* A burst takes a microsecond or so: readers would not see it if each were published by itself. */
#define PUBLISH_BURSTS 8
_Static_assert(PUBLISH_BURSTS *FLOW_BURST <= FLOW_OVERFLOW_NOTES, "all may overflow");
/*
 * After the signal to stop, what was in the queues then is taken, but not what comes for ever: more
 * frames than a queue can hold (AF_PACKET's has 32768).
 */
#define STOP_DRAIN_FRAMES 65536

/* Frames of a burst that others want, until it is known which records they are counted in. */
struct held {
	struct handover_frame frames[FLOW_BURST];
	uint32_t count;
};

/* What the loop keeps to itself. */
struct loop {
	struct worker *worker;
	struct cycle_clock line;
	uint64_t cycles;           /* the one reading of this round */
	uint64_t clock;            /* never goes back; what timeouts run by */
	int64_t shift;             /* clock + shift is the date */
	bool capture_time;         /* only packets move the clock, and it is their date: captures */
	bool may_replay;           /* a driver's stamps may be those of a capture */
	bool behind;               /* the sweep of expiry is behind the clock */
	struct handover *handover; /* the worker's */
	uint32_t receivers;        /* of frames, in this round */
	bool handing;              /* there are some, or frames for them */
	unsigned int unsettled;    /* bursts until none is left that was matched for others */
	unsigned int empty_polls;  /* in a row */
	uint64_t idle_since;       /* cycles: the first of these */
	unsigned int unpublished;  /* bursts that the shared counters don't have yet */
	uint64_t called, arrived;  /* meetings of `rendezvous`, as last seen; come to */
	uint64_t stamped;          /* flags of mbufs that bring a time of their own */
	uint64_t noted;            /* ... and of all that bring anything beside their bytes */
	/* Bursts in the flow table's stages: counted when the table has counted them. */
	struct tally tallies[TALLY_DELAY];
	struct held held[TALLY_DELAY];
	unsigned int tally;                  /* the oldest, of both */
	struct worker_counters counters;     /* the worker's own; the shared copy follows it */
	uint8_t headers[PACKET_HEADERS_MAX]; /* of a frame whose headers lie in several segments */
};

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

/* The first segment may end within the headers: then parse a copy that holds all of them. */
static enum packet_reason parse_segments(struct loop *loop, const struct rte_mbuf *mbuf,
					 struct packet_frame *frame, struct packet *packet)
{
	enum packet_reason reason = packet_parse(frame, loop->worker->vlan_key, packet);
	uint32_t first = frame->captured;
	uint32_t captured = RTE_MIN(rte_pktmbuf_pkt_len(mbuf), (uint32_t)PACKET_HEADERS_MAX);
	bool inside = packet_reason_bucket(reason) == PACKET_BUCKET_TRUNCATED ||
		      (packet_reason_bucket(reason) == PACKET_BUCKET_FLOW &&
		       packet->l4_offset + 20u > first);

	if (!inside)
		return reason;
	frame->data = rte_pktmbuf_read(mbuf, 0, captured, loop->headers);
	frame->captured = captured;
	return packet_parse(frame, loop->worker->vlan_key, packet);
}

/*
 * A driver that replays a capture does not tell how long a snapped frame was: what is only longer
 * than its captured bytes was cut, and does not contradict itself.
 */
static enum packet_reason judge_replayed(const struct loop *loop, struct packet_frame frame,
					 enum packet_reason reason)
{
	struct packet packet;

	if (reason != PACKET_MALFORMED_IPV4_LENGTH && reason != PACKET_MALFORMED_IPV6_LENGTH)
		return reason;
	frame.wire = UINT32_MAX;
	if (packet_parse(&frame, loop->worker->vlan_key, &packet) == reason)
		return reason;
	return reason == PACKET_MALFORMED_IPV4_LENGTH ? PACKET_TRUNCATED_IPV4
						      : PACKET_TRUNCATED_IPV6;
}

/* Any frame: its verdict to the tally, and true if it has a flow. */
static __attribute__((noinline)) bool parse_any(struct loop *loop, const struct rte_mbuf *mbuf,
						bool matches, struct packet *packet,
						struct tally *tally)
{
	struct packet_frame frame = {
		.data = rte_pktmbuf_mtod(mbuf, const uint8_t *),
		.captured = rte_pktmbuf_data_len(mbuf),
		.wire = rte_pktmbuf_pkt_len(mbuf),
		.vlan_was_stripped = (mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0,
		.stripped_vlan = mbuf->vlan_tci,
	};
	enum packet_reason reason;

	take_times(loop, mbuf, &frame.wire, packet);
	if (!matches) {
		tally_filtered(tally, &frame);
		return false;
	}
	if (likely(mbuf->nb_segs == 1))
		reason = packet_parse(&frame, loop->worker->vlan_key, packet);
	else
		reason = parse_segments(loop, mbuf, &frame, packet);
	if (unlikely(loop->worker->trust_time))
		reason = judge_replayed(loop, frame, reason);
	tally_frame(tally, packet->frame_length);
	tally_time(tally, packet->time);
	if (mbuf->ol_flags & TALLY_NOTES)
		tally_notes(tally, mbuf->ol_flags);
	if (reason <= PACKET_FLOW_IPV6)
		return true;
	tally_verdict(tally, reason);
	return false;
}

/*
 * A frame that most are like, with these notes. False: another one, for parse_any(), to which it
 * makes no difference that its time was taken already.
 */
static inline bool parse_common(struct loop *loop, const struct rte_mbuf *mbuf, uint64_t notes,
				struct packet *packet)
{
	uint64_t ignored = notes != 0 ? loop->counters.stamps_ignored : 0;
	uint32_t wire = rte_pktmbuf_pkt_len(mbuf);

	if (unlikely((mbuf->ol_flags & loop->noted) != notes || mbuf->nb_segs != 1))
		return false;
	if (notes != 0)
		take_times(loop, mbuf, &wire, packet);
	else
		packet->time = packet->clock = loop->clock;
	if (likely(packet_parse_common(rte_pktmbuf_mtod(mbuf, const uint8_t *),
				       rte_pktmbuf_data_len(mbuf), wire, packet)))
		return true;
	if (notes != 0)
		loop->counters.stamps_ignored = ignored;
	return false;
}

/*
 * Give every frame its verdict; those with a flow fill the table's next burst. `notes` are the
 * first one's of the burst: most sources note times with all of their frames or with none, and a
 * frame with other notes than the first goes through parse_any().
 */
static inline __attribute__((always_inline)) void
parse(struct loop *loop, struct rte_mbuf *const *mbufs, uint16_t count, uint64_t notes,
      struct flow_burst *burst, struct tally *tally)
{
	const struct worker *worker = loop->worker;
	uint64_t matches = UINT64_MAX, clock = loop->clock;
	struct packet *packet = burst->packets;
	uint32_t *length = tally->length;
	bool unstamped = false;

	if (worker->filter != NULL)
		matches = filter_match(worker->filter, mbufs, count);
	for (uint16_t i = 0; i < count; i++, matches >>= 1) {
		if (unlikely((matches & 1) == 0) ||
		    unlikely(!parse_common(loop, mbufs[i], notes, packet))) {
			bool flow;

			tally->passed = (uint32_t)(length - tally->length);
			flow = parse_any(loop, mbufs[i], matches & 1, packet, tally);
			tally->flowless |= (uint32_t)!flow << i;
			packet += flow;
			length = tally->length + tally->passed;
			continue;
		}
		*length++ = packet->frame_length;
		if (notes != 0)
			tally_time(tally, packet->time);
		else
			unstamped = true;
		packet++;
	}
	tally->passed = (uint32_t)(length - tally->length);
	burst->count = (uint32_t)(packet - burst->packets);
	if (unstamped)
		tally_time(tally, clock);
}

/* Counters of bursts that are through the stages become visible, all at one instant. */
static void publish(struct loop *loop)
{
	struct worker_shared *shared = &loop->worker->shared;
	struct worker_counters *counters = &loop->counters;

	counters->flows = *flow_table_counters(shared->table);
	counters->reasons[PACKET_FLOW_IPV6] = counters->flows.packets_ipv6;
	counters->reasons[PACKET_FLOW_IPV4] =
		counters->flows.packets - counters->flows.packets_ipv6;
	counters->reasons[PACKET_OVERFLOW_TABLE] = counters->flows.overflow_packets[0];
	counters->reasons[PACKET_OVERFLOW_BUCKET] = counters->flows.overflow_packets[1];
	worker_shared_publish(shared, counters);
	loop->unpublished = 0;
}

/* The date of a frame that has been parsed, as take_times() takes it. */
static uint64_t date_of(const struct loop *loop, const struct rte_mbuf *mbuf)
{
	if ((mbuf->ol_flags & loop->stamped) != 0) {
		uint64_t stamp =
			*RTE_MBUF_DYNFIELD(mbuf, loop->worker->fields.time, const uint64_t *);

		if (loop->capture_time || is_near(loop, stamp))
			return stamp;
	}
	return loop->clock + (uint64_t)loop->shift;
}

/* Those of a burst that match, most do not; `slot` is its packet's place in the table's burst. */
static __attribute__((noinline)) void hold(struct loop *loop, uint16_t queue,
					   struct rte_mbuf *const *mbufs, uint16_t count)
{
	const uint16_t port = loop->worker->queues[queue].port;
	const uint32_t flowless = loop->tallies[loop->tally].flowless;
	struct held *held = &loop->held[loop->tally];

	held->count =
		handover_match(loop->handover, loop->receivers, port, mbufs, count, held->frames);
	for (uint32_t i = 0; i < held->count; i++) {
		struct handover_frame *frame = &held->frames[i];
		const uint32_t bit = 1u << frame->slot;

		frame->date = date_of(loop, frame->mbuf);
		frame->slot =
			(flowless & bit) != 0
				? FLOW_NO_SLOT
				: frame->slot - (uint32_t)__builtin_popcount(flowless & (bit - 1));
	}
}

/* The burst that was held the longest has just been counted: to whoever wants its frames. */
static __attribute__((noinline)) void hand_over(struct loop *loop, const struct flow_burst *counted)
{
	const struct flow_table *table = loop->worker->shared.table;
	struct handover *handover = loop->handover;
	struct held *held = &loop->held[loop->tally];
	const uint32_t slots = __atomic_load_n(&handover->slots, __ATOMIC_RELAXED);

	for (uint32_t i = 0; i < held->count; i++) {
		struct handover_frame *frame = &held->frames[i];

		if ((frame->receivers & slots) == 0)
			frame->slot = FLOW_NO_SLOT;
		else if (frame->slot != FLOW_NO_SLOT)
			frame->slot = flow_table_slot(table, &counted->packets[frame->slot]);
	}
	handover_give(handover, held->frames, held->count);
	held->count = 0;
	if (loop->unsettled > 0 && --loop->unsettled == 0)
		handover_settle(handover);
}

static bool holds_any(const struct loop *loop)
{
	for (unsigned int i = 0; i < TALLY_DELAY; i++)
		if (loop->held[i].count > 0)
			return true;
	return false;
}

/* Who wants frames may have changed, or some have come back. */
static __attribute__((noinline)) void attend(struct loop *loop)
{
	const uint32_t before = loop->handover->current;
	const bool holds = holds_any(loop);

	loop->receivers = handover_attend(loop->handover);
	loop->handing = loop->receivers != 0 || holds;
	if (loop->handover->current != before)
		loop->unsettled = TALLY_DELAY;
	if (!holds) {
		loop->unsettled = 0;
		handover_settle(loop->handover);
	}
}

/* Hand ended records to the stats core: at once, or when it has room. */
static void flush(struct loop *loop, bool wait)
{
	while (!worker_shared_flush(&loop->worker->shared)) {
		loop->counters.records_waiting++;
		if (!wait)
			return;
		rte_delay_us_sleep(50);
	}
}

/*
 * Frames that nobody else holds go back to their pool in one go. As rte_pktmbuf_free_bulk(), but
 * inline, of one pool, and with one test of what nearly all frames are: 6 of a packet's 90 cycles.
 */
static void give_back(struct rte_mbuf **mbufs, uint16_t count)
{
	struct rte_mempool *pool = count > 0 ? mbufs[0]->pool : NULL;
	struct rte_mbuf **whole = mbufs;

	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = mbufs[i];

		if (likely(rte_mbuf_refcnt_read(mbuf) == 1 && mbuf->nb_segs == 1 &&
			   mbuf->pool == pool && RTE_MBUF_DIRECT(mbuf) && mbuf->next == NULL))
			*whole++ = mbuf;
		else
			rte_pktmbuf_free(mbuf);
	}
	if (whole > mbufs)
		rte_mempool_put_bulk(pool, (void **)mbufs, (unsigned int)(whole - mbufs));
}

/*
 * What parse() will read. A driver has just written the mbufs themselves; where another core has,
 * they are as far away as the data, which most likely lies where the pool put it.
 */
static inline void prefetch_frames(struct rte_mbuf *const *mbufs, uint16_t count, bool handed)
{
	for (uint16_t i = 0; i < count; i++) {
		if (likely(!handed)) {
			rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], const void *));
			continue;
		}
		rte_prefetch0(mbufs[i]);
		rte_prefetch0(RTE_PTR_ADD(mbufs[i], RTE_CACHE_LINE_SIZE));
		rte_prefetch0(RTE_PTR_ADD(mbufs[i], sizeof(*mbufs[i]) + RTE_PKTMBUF_HEADROOM));
	}
}

/*
 * Move everything one step on. The push of what came before gives the prefetched headers the
 * time to arrive; so frames go back to their pool within the round that brought them.
 */
static void advance(struct loop *loop, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count)
{
	struct worker_shared *shared = &loop->worker->shared;
	struct tally *tally = &loop->tallies[loop->tally];
	struct flow_burst *burst;

	prefetch_frames(mbufs, count, loop->worker->handed_frames);
	/* Counts the burst that was parsed TALLY_DELAY rounds before. */
	flow_table_push(shared->table);
	tally_apply(tally, &loop->counters);
	if (++loop->unpublished == PUBLISH_BURSTS)
		publish(loop);
	/* Now: an emptied outbox has room for what one push can end, not for two. */
	flush(loop, loop->worker->lossless);

	burst = flow_table_next(shared->table);
	if (unlikely(loop->handing))
		hand_over(loop, burst);
	burst->count = 0;
	tally_start(tally, count);
	if (count > 0 && likely((mbufs[0]->ol_flags & loop->stamped) == 0))
		parse(loop, mbufs, count, 0, burst, tally);
	else if (count > 0)
		parse(loop, mbufs, count, mbufs[0]->ol_flags & loop->stamped, burst, tally);
	/* Now: the first time of a replay has set both. */
	burst->clock = loop->clock;
	burst->shift = tally->shift = loop->shift;
	if (unlikely(loop->handing) && count > 0)
		hold(loop, queue, mbufs, count);
	give_back(mbufs, count);
	loop->tally = (loop->tally + 1) % TALLY_DELAY;
}

static bool in_flight(const struct loop *loop)
{
	for (unsigned int i = 0; i < TALLY_DELAY; i++)
		if (loop->tallies[i].frames > 0)
			return true;
	return false;
}

/* About once a second: follow the kernel's rate, and the wall clock, which may have been set. */
static void anchor(struct loop *loop)
{
	struct clock_reading reading = clock_read();

	cycle_clock_anchor(&loop->line, loop->cycles, reading.clock);
	/* The kernel slews both clocks alike, so a stamp's date comes out as it went in. */
	if (!loop->capture_time && llabs(reading.shift - loop->shift) > SHIFT_NOISE)
		loop->shift = reading.shift;
}

/* One reading of the clock for the whole round. */
static void read_clock(struct loop *loop, bool was_busy)
{
	uint64_t cycles = rte_rdtsc();

	loop->counters.cycles_total += cycles - loop->cycles;
	if (was_busy)
		loop->counters.cycles_busy += cycles - loop->cycles;
	loop->cycles = cycles;
	if (unlikely(cycles - loop->line.cycles > rte_get_tsc_hz()))
		anchor(loop);
	if (!loop->capture_time) {
		uint64_t now = cycle_clock_ns(&loop->line, cycles);

		loop->clock = RTE_MAX(loop->clock, now);
	}
}

static uint64_t idle_ns(const struct loop *loop)
{
	return (uint64_t)((double)(loop->cycles - loop->idle_since) / (double)rte_get_tsc_hz() *
			  (double)CLOCK_SECOND);
}

/*
 * All that was handed out before the call is counted. What is due by the border ends now, whether
 * or not a sweep would have come by, and then all of it is there for the stats core.
 */
static void arrive(struct loop *loop)
{
	struct worker *worker = loop->worker;
	uint64_t border = rendezvous_border(worker->rendezvous);

	while (!flow_table_end_due(worker->shared.table, border))
		flush(loop, true);
	flush(loop, true);
	publish(loop);
	loop->arrived = loop->called;
	rendezvous_arrive(worker->rendezvous, worker->shared.index, loop->called);
}

/* All queues are empty, and so are the stages. */
static void meet(struct loop *loop)
{
	if (loop->called != loop->arrived)
		arrive(loop);
	/* Asked now: the next look at the queues finds all that came before a call. */
	loop->called = rendezvous_called(loop->worker->rendezvous);
}

static void idle(struct loop *loop)
{
	struct worker *worker = loop->worker;

	loop->counters.polls_empty++;
	if (loop->empty_polls == 0)
		loop->idle_since = loop->cycles;
	if (in_flight(loop)) {
		advance(loop, 0, NULL, 0);
		return;
	}
	if (loop->unpublished > 0)
		publish(loop);
	if (worker->rendezvous != NULL)
		meet(loop);
	if (++loop->empty_polls % (loop->behind ? IDLE_HOUSEKEEPING_BEHIND : IDLE_HOUSEKEEPING) !=
	    0) {
		rte_pause();
		return;
	}
	if (!loop->capture_time)
		loop->behind = flow_table_expire(worker->shared.table, loop->clock);
	flush(loop, worker->lossless);
	publish(loop);
	if (!loop->behind)
		rest(&worker->rest, idle_ns(loop));
}

/* One look at every queue. Returns the frames that came. */
static uint32_t poll_queues(struct loop *loop)
{
	struct worker *worker = loop->worker;
	uint32_t received = 0;

	if (unlikely(handover_look(loop->handover)))
		attend(loop);
	for (uint16_t q = 0; q < worker->queue_count; q++) {
		struct rte_mbuf *mbufs[FLOW_BURST];
		uint16_t count = rte_eth_rx_burst(worker->queues[q].port, worker->queues[q].queue,
						  mbufs, FLOW_BURST);

		if (count == 0)
			continue;
		advance(loop, q, mbufs, count);
		received += count;
	}
	loop->counters.polls++;
	if (received > 0)
		loop->empty_polls = 0;
	else
		idle(loop);
	return received;
}

/* End all flows, hand over everything, and say so. */
static void finish(struct loop *loop)
{
	struct worker *worker = loop->worker;
	struct worker_shared *shared = &worker->shared;

	while (in_flight(loop))
		advance(loop, 0, NULL, 0);
	flush(loop, true);
	if (worker->final_clock != NULL)
		loop->clock = worker->final_clock(worker->context);
	while (!flow_table_finish(shared->table, loop->clock))
		flush(loop, true);
	flush(loop, true);
	publish(loop);
	handover_leave(loop->handover);
	__atomic_store_n(&shared->done, true, __ATOMIC_RELEASE);
}

static bool captures_ended(const struct worker *worker)
{
	return worker->at_end != NULL && worker->at_end(worker->context);
}

int worker_main(void *argument)
{
	struct worker *worker = argument;
	struct loop loop = {
		.worker = worker,
		.handover = worker->handover,
		.cycles = rte_rdtsc(),
		.capture_time = worker->at_end != NULL,
		.may_replay = worker->trust_time,
		.stamped = worker->fields.wire_flag | worker->fields.time_flag,
		.noted = worker->fields.wire_flag | worker->fields.time_flag |
			 RTE_MBUF_F_RX_VLAN_STRIPPED | TALLY_NOTES,
	};
	uint64_t received = 0, drained = 0,
		 enough = (uint64_t)STOP_DRAIN_FRAMES * worker->queue_count;
	bool ended, stopped;

	cycle_clock_init(&loop.line, rte_get_tsc_hz(), loop.cycles, 0);
	anchor(&loop);
	do {
		/* Asked before polling: what came before the end is still in the queues then. */
		ended = captures_ended(worker);
		stopped = __atomic_load_n(worker->stop, __ATOMIC_ACQUIRE);
		read_clock(&loop, received > 0);
		received = poll_queues(&loop);
		drained += stopped ? received : 0;
	} while (drained < enough && (received > 0 || !(ended || stopped)));
	finish(&loop);
	return 0;
}

int worker_prefault(void *argument)
{
	struct worker *worker = argument;

	worker_shared_prefault(&worker->shared);
	return 0;
}
