/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/worker.h>

#include <time.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf_dyn.h>
#include <rte_pause.h>
#include <rte_prefetch.h>

#include <weir/clock.h>
#include <weir/seqlock.h>

#include "tally.h"

/* Housekeeping runs on a counter, not on a clock: every so many empty polls. */
#define IDLE_HOUSEKEEPING 256
#define IDLE_SLEEP_NS	  (50 * 1000)
/* A NIC whose time is further than this from the wall clock counts ticks, not nanoseconds. */
#define PLAUSIBLE_NS (UINT64_C(86400) * CLOCK_SECOND)
/* After the signal to stop, what is still in the queues is taken, but not for ever. */
#define STOP_DRAIN_FRAMES 16384

/* What the loop keeps to itself. */
struct loop {
	struct worker *worker;
	struct cycle_clock wall;
	uint64_t cycles;	/* the one reading of this round */
	uint64_t now;		/* wall clock of it */
	uint64_t clock;		/* never goes back; what timeouts run by */
	bool capture_time;	/* only packets move the clock: a capture, or times of another day */
	unsigned int empty_polls; /* in a row */
	/* Frames wait one burst, so that their first line has arrived when they are parsed. */
	struct rte_mbuf *held[FLOW_BURST];
	uint16_t held_count;
	/* Bursts in the flow table's stages: counted when the table has counted them. */
	struct tally tallies[TALLY_DELAY];
	unsigned int tally;
	struct worker_counters counters; /* the worker's own; the shared copy follows it */
	uint8_t headers[PACKET_HEADERS_MAX]; /* of a frame whose headers lie in several segments */
};

static void prefetch_frames(struct rte_mbuf *const *mbufs, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], const void *));
}

/* A time that came with the frame from a NIC or a replaying driver. */
static void take_device_time(struct loop *loop, const struct rte_mbuf *mbuf, struct packet *packet)
{
	uint64_t time = *RTE_MBUF_DYNFIELD(mbuf, loop->worker->fields.time, const uint64_t *);
	bool plausible = time + PLAUSIBLE_NS > loop->now && time < loop->now + PLAUSIBLE_NS;

	if (!plausible && !loop->worker->trust_time)
		return;
	if (!plausible && !loop->capture_time) {
		loop->capture_time = true;
		loop->clock = 0;
	}
	packet->time = time;
	if (loop->clock < time)
		loop->clock = time;
	packet->clock = loop->clock;
}

/* Time and length of the frame as the wire knew them. */
static void describe(struct loop *loop, const struct rte_mbuf *mbuf, struct packet_frame *frame,
		     struct packet *packet)
{
	const struct port_fields *fields = &loop->worker->fields;

	frame->data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	frame->captured = rte_pktmbuf_data_len(mbuf);
	frame->wire = rte_pktmbuf_pkt_len(mbuf);
	frame->vlan_was_stripped = (mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0;
	frame->stripped_vlan = mbuf->vlan_tci;
	packet->time = packet->clock = loop->clock;
	if (mbuf->ol_flags & fields->wire_flag) {
		packet->time = *RTE_MBUF_DYNFIELD(mbuf, fields->time, const uint64_t *);
		packet->clock = *RTE_MBUF_DYNFIELD(mbuf, fields->clock, const uint64_t *);
		frame->wire = *RTE_MBUF_DYNFIELD(mbuf, fields->wire_length, const uint32_t *);
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

/* Give every held frame its verdict; those with a flow fill the table's next burst. */
static void parse_held(struct loop *loop, struct flow_burst *burst, struct tally *tally)
{
	const struct worker *worker = loop->worker;
	uint64_t matches = UINT64_MAX;

	if (worker->filter != NULL)
		matches = filter_match(worker->filter, loop->held, loop->held_count);
	for (uint16_t i = 0; i < loop->held_count; i++) {
		const struct rte_mbuf *mbuf = loop->held[i];
		struct packet *packet = &burst->packets[burst->count];
		struct packet_frame frame;
		enum packet_reason reason;

		describe(loop, mbuf, &frame, packet);
		if ((matches >> i & 1) == 0) {
			tally_filtered(tally, &frame);
			continue;
		}
		if (likely(mbuf->nb_segs == 1))
			reason = packet_parse(&frame, worker->vlan_key, packet);
		else
			reason = parse_segments(loop, mbuf, &frame, packet);
		tally_frame(tally, packet, mbuf->ol_flags);
		if (likely(reason <= PACKET_FLOW_IPV6))
			burst->count++;
		else
			tally_verdict(tally, reason);
	}
}

/* Counters of bursts that are through the stages become visible, all at one instant. */
static void publish(struct loop *loop)
{
	struct worker_shared *shared = &loop->worker->shared;
	struct worker_counters *counters = &loop->counters;

	counters->flows = *flow_table_counters(shared->table);
	counters->reasons[PACKET_FLOW_IPV6] = counters->flows.packets_ipv6;
	counters->reasons[PACKET_FLOW_IPV4] = counters->flows.packets - counters->flows.packets_ipv6;
	counters->reasons[PACKET_OVERFLOW_TABLE] = counters->flows.overflow_packets[0];
	counters->reasons[PACKET_OVERFLOW_BUCKET] = counters->flows.overflow_packets[1];
	seqlock_write_begin(&shared->sequence);
	shared->counters = *counters;
	seqlock_write_end(&shared->sequence);
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

/* Move everything one step on: parse what is held, push it, hold what has just arrived. */
static void advance(struct loop *loop, struct rte_mbuf **arrived, uint16_t count)
{
	struct worker_shared *shared = &loop->worker->shared;
	struct flow_burst *burst = flow_table_next(shared->table);
	struct tally *tally = &loop->tallies[loop->tally];

	burst->count = 0;
	tally_start(tally, loop->held_count);
	parse_held(loop, burst, tally);
	rte_pktmbuf_free_bulk(loop->held, loop->held_count);
	flow_table_push(shared->table);

	/* The push has counted the burst that was pushed TALLY_DELAY - 1 calls before. */
	loop->tally = (loop->tally + 1) % TALLY_DELAY;
	tally_apply(&loop->tallies[loop->tally], &loop->counters);
	publish(loop);
	/* Now: an emptied outbox has room for what one push can end, not for two. */
	flush(loop, loop->worker->lossless);

	for (uint16_t i = 0; i < count; i++)
		loop->held[i] = arrived[i];
	loop->held_count = count;
}

static bool in_flight(const struct loop *loop)
{
	for (unsigned int i = 0; i < TALLY_DELAY; i++)
		if (loop->tallies[i].frames > 0)
			return true;
	return loop->held_count > 0;
}

/* One reading of the clock for the whole round. */
static void read_clock(struct loop *loop, bool was_busy)
{
	uint64_t cycles = rte_rdtsc();

	loop->counters.cycles_total += cycles - loop->cycles;
	if (was_busy)
		loop->counters.cycles_busy += cycles - loop->cycles;
	loop->cycles = cycles;
	if (unlikely(cycles - loop->wall.cycles > rte_get_tsc_hz()))
		cycle_clock_anchor(&loop->wall, cycles, clock_wall_ns());
	loop->now = cycle_clock_ns(&loop->wall, cycles);
	if (!loop->capture_time && loop->clock < loop->now)
		loop->clock = loop->now;
}

static void idle(struct loop *loop)
{
	struct worker *worker = loop->worker;

	loop->counters.polls_empty++;
	if (in_flight(loop)) {
		advance(loop, NULL, 0);
		return;
	}
	if (++loop->empty_polls % IDLE_HOUSEKEEPING != 0) {
		rte_pause();
		return;
	}
	if (!loop->capture_time)
		flow_table_expire(worker->shared.table, loop->clock);
	flush(loop, worker->lossless);
	publish(loop);
	if (worker->may_sleep) {
		struct timespec pause = {.tv_nsec = IDLE_SLEEP_NS};

		nanosleep(&pause, NULL);
	}
}

/* One look at every queue. Returns the frames that came. */
static uint32_t poll_queues(struct loop *loop)
{
	struct worker *worker = loop->worker;
	uint32_t received = 0;

	for (uint16_t q = 0; q < worker->queue_count; q++) {
		struct rte_mbuf *mbufs[FLOW_BURST];
		uint16_t count = rte_eth_rx_burst(worker->queues[q].port, worker->queues[q].queue,
						  mbufs, FLOW_BURST);

		if (count == 0)
			continue;
		prefetch_frames(mbufs, count);
		advance(loop, mbufs, count);
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
		advance(loop, NULL, 0);
	flush(loop, true);
	if (worker->final_clock != NULL)
		loop->clock = worker->final_clock(worker->context);
	while (!flow_table_finish(shared->table, loop->clock))
		flush(loop, true);
	flush(loop, true);
	publish(loop);
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
		.cycles = rte_rdtsc(),
		.capture_time = worker->at_end != NULL,
	};
	uint32_t received = 0, drained = 0;
	bool ended, stopped;

	/* On a dedicated core no page may be missing later; a capture can wait for its pages. */
	if (!worker->may_sleep)
		flow_table_prefault(worker->shared.table);
	cycle_clock_init(&loop.wall, rte_get_tsc_hz(), loop.cycles, clock_wall_ns());
	do {
		/* Asked before polling: what came before the end is still in the queues then. */
		ended = captures_ended(worker);
		stopped = __atomic_load_n(worker->stop, __ATOMIC_ACQUIRE);
		read_clock(&loop, received > 0);
		received = poll_queues(&loop);
		drained += stopped ? received : 0;
	} while (drained < STOP_DRAIN_FRAMES && (received > 0 || !(ended || stopped)));
	finish(&loop);
	return 0;
}
