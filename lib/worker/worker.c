/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/worker.h>

#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_pause.h>
#include <rte_prefetch.h>

#include <weir/clock.h>
#include <weir/rendezvous.h>

#include "draw.h"
#include "loop.h"
#include "rest.h"
#include "stretches.h"
#include "verdicts.h"

/* Housekeeping runs on a counter, not on a clock: every so many empty polls. */
#define IDLE_HOUSEKEEPING 256
/* While the sweep of expiry is behind. */
#define IDLE_HOUSEKEEPING_BEHIND 8
/* ns: a smaller change of the shift is that its two clocks were not read at once. */
#define SHIFT_NOISE (50 * 1000)
/* A burst takes a microsecond or so: readers would not see it if each were published by itself. */
#define PUBLISH_BURSTS 8
_Static_assert(FLOW_OVERFLOW_NOTES >= PUBLISH_BURSTS * FLOW_BURST, "all may overflow");
/*
 * After the signal to stop, what was in the queues then is taken, but not what comes for ever: more
 * frames than a queue can hold (AF_PACKET's has 32768).
 */
#define STOP_DRAIN_FRAMES 65536

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

/* Hand ended records to the stats core: at once, or when it has room. */
static void flush(struct loop *loop, bool wait)
{
	while (!worker_shared_flush(&loop->worker->shared)) {
		loop->counters.records_waiting++;
		if (!wait)
			return;
		loop_attend_waiting(loop);
		rte_delay_us_sleep(50);
	}
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
 * Returns how many of the frames it took: of a capture those of one stretch of its time.
 */
static inline __attribute__((always_inline)) uint16_t
advance(struct loop *loop, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count)
{
	struct worker_shared *shared = &loop->worker->shared;
	struct tally *tally = &loop->tallies[loop->tally];
	struct flow_burst *burst;
	bool single = false;

	prefetch_frames(mbufs, count, loop->worker->handed_frames);
	begin_stretch(loop, tally);
	/* Counts the burst that was parsed TALLY_DELAY rounds before. */
	flow_table_push(shared->table);
	tally_apply(tally, &loop->counters);
	count = cut_stretch(loop, tally, mbufs, count);
	if (++loop->unpublished >= PUBLISH_BURSTS)
		publish(loop);
	/* Now: an emptied outbox has room for what one push can end, not for two. */
	flush(loop, loop->worker->lossless);

	burst = flow_table_next(shared->table);
	if (unlikely(loop->handing))
		loop_hand_over(loop, burst);
	burst->count = 0;
	tally_start(tally, count);
	if (count > 0)
		single = parse(loop, mbufs, count, burst, tally);
	/* Now: the first time of a replay has set both. */
	burst->clock = loop->clock;
	burst->shift = tally->shift = loop->shift;
	if (unlikely(loop->handing) && count > 0) {
		loop_hold(loop, queue, mbufs, count);
		single = false;
	}
	if (likely(single))
		rte_mempool_put_bulk(mbufs[0]->pool, (void **)mbufs, count);
	else
		give_back(mbufs, count);
	loop->tally = (loop->tally + 1) % TALLY_DELAY;
	return count;
}

/* No frames have come: those before them move on. */
static __attribute__((noinline)) void advance_rest(struct loop *loop)
{
	advance(loop, 0, NULL, 0);
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
		advance_rest(loop);
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

/* Between two rounds: what it does not poll from now on others may take down. */
static __attribute__((noinline)) void follow(struct loop *loop)
{
	struct worker *worker = loop->worker;

	loop->away = __atomic_load_n(&worker->away, __ATOMIC_ACQUIRE);
	for (uint16_t q = 0; q < worker->queue_count; q++) {
		loop->queues[q] = worker->queues[q];
		if (worker->moved[q] != 0)
			loop->queues[q].port = worker->moved[q] - 1;
	}
	loop->polled = ((UINT32_C(1) << worker->queue_count) - 1) & ~loop->away;
	__atomic_store_n(&worker->away_seen, loop->away, __ATOMIC_RELEASE);
}

/* What is left of a burst when it was drawn from: nothing now and then moves those before on. */
static uint16_t draw_burst(struct loop *loop, struct rte_mbuf **mbufs, uint16_t count)
{
	count = draw(loop, mbufs, count);
	if (count == 0 && ++loop->unpublished >= PUBLISH_BURSTS - 1)
		advance_rest(loop);
	return count;
}

/* One look at every queue. Returns the frames that came. */
static uint32_t poll_queues(struct loop *loop)
{
	uint32_t received = 0;

	if (unlikely(__atomic_load_n(&loop->worker->away, __ATOMIC_ACQUIRE) != loop->away))
		follow(loop);
	if (unlikely(handover_look(loop->handover)))
		loop_attend(loop);
	for (uint32_t left = loop->polled; left != 0; left &= left - 1) {
		uint16_t q = (uint16_t)__builtin_ctz(left);
		struct rte_mbuf *mbufs[FLOW_BURST];
		uint16_t count = rte_eth_rx_burst(loop->queues[q].port, loop->queues[q].queue,
						  mbufs, FLOW_BURST);

		if (count == 0)
			continue;
		received += count;
		if (unlikely(loop->worker->sample.one_in > 1))
			count = draw_burst(loop, mbufs, count);
		while (count > 0) {
			uint16_t taken = advance(loop, q, mbufs, count);

			count -= taken;
			/* Seldom: cheaper than that the array could be any. */
			if (unlikely(count > 0))
				memmove(mbufs, mbufs + taken, count * sizeof(mbufs[0]));
		}
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
		advance_rest(loop);
	if (loop->timeline != NULL)
		loop_end_stretch(loop);
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
		.timeline = worker->shared.timeline,
		.counted_until = worker->shared.timeline != NULL ? 0 : UINT64_MAX,
		.may_replay = worker->trust_time,
		.stamped = worker->fields.wire_flag | worker->fields.time_flag,
		.notes = worker->fields.wire_flag | worker->fields.time_flag |
			 RTE_MBUF_F_RX_VLAN_STRIPPED,
		.odd = TALLY_NOTES | RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL,
	};
	uint64_t received = 0, drained = 0,
		 enough = (uint64_t)STOP_DRAIN_FRAMES * worker->queue_count;
	bool ended, stopped;

	cycle_clock_init(&loop.line, rte_get_tsc_hz(), loop.cycles, 0);
	anchor(&loop);
	follow(&loop);
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
