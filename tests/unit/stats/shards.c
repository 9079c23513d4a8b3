/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "rig.h"

/* The stats core on several threads: the same numbers, each packet once, nobody in another's way.
 */

#define CLIENT 0x0a000001
#define SERVER 0xc0000201
#define STEPS  40
#define LISTS  (STATS_DIMENSIONS * STATS_METRICS * STATS_WINDOWS)

static struct shot any_shot(struct prng *random)
{
	return (struct shot){
		.source = CLIENT + prng_below(random, 64),
		.destination = SERVER + prng_below(random, 16),
		.source_port = (uint16_t)prng_below(random, 64),
		.destination_port = 443,
		.protocol = PROTOCOL_TCP,
		.tcp_flags = prng_below(random, 4) ? TCP_ACK : TCP_RST,
		.octets = (uint16_t)(40 + prng_below(random, 1400)),
	};
}

/* Some traffic, and one step. */
static void step(struct rig *rig, struct prng *random)
{
	for (int i = 0; i < 200; i++) {
		struct shot shot = any_shot(random);

		rig_send(rig, &shot, 1 + prng_below(random, 3));
	}
	rig_step(rig, CLOCK_SECOND);
}

/* ---- the same lists ---- */

static void sum_up(struct rig *rig, uint64_t *sums)
{
	static const struct hash_secret secret = {{1, 2, 3, 4}};
	const struct snapshot *snapshot = stats_acquire(rig->stats);
	const struct stats_top *top = &snapshot->top[0][0][0];

	for (uint32_t list = 0; list < LISTS; list++, top++) {
		cr_assert(top->exact);
		sums[list] =
			hash_bytes(&secret, top->rows, top->shown * sizeof(*top->rows)) + top->keys;
	}
	stats_release(rig->stats, snapshot);
}

/* `sums`: of each list at each step, and at the end. */
static void run(uint32_t shards, bool capture, uint64_t (*sums)[LISTS])
{
	struct rig *rig = rig_open(&(struct rig_settings){
		.workers = 4, .shards = shards, .capture = capture, .top_length = 100});
	struct prng random = {11};

	rig_run_shards(rig);
	for (uint32_t s = 0; s < STEPS; s++) {
		step(rig, &random);
		if (!capture)
			sum_up(rig, sums[s]);
	}
	rig_finish(rig);
	sum_up(rig, sums[STEPS]);
	rig_close(rig);
}

static void expect_the_same(bool capture)
{
	static uint64_t one[STEPS + 1][LISTS], several[STEPS + 1][LISTS];

	run(1, capture, one);
	cr_assert_neq(one[STEPS][0], 0);
	for (uint32_t shards = 2; shards <= 5; shards++) {
		run(shards, capture, several);
		cr_expect_arr_eq(one, several, sizeof(one), "%u shards", shards);
	}
}

Test(shards, lists_are_the_same_for_any_number)
{
	expect_the_same(false);
}

Test(shards, lists_of_a_capture_are_the_same_for_any_number)
{
	expect_the_same(true);
}

/* ---- consumers ---- */

struct part {
	pthread_t thread;
	uint64_t packets, octets, begun; /* of the interval that goes on */
	uint64_t aside[3];               /* of the one that was closed */
	uint32_t closed;                 /* times */
};

struct all {
	struct part parts[STATS_LCORES_MAX];
	uint32_t shards, intervals;
	uint64_t packets, octets, begun;
	uint64_t record_packets, records;
	uint64_t order[RIG_WORKERS]; /* end of the last record of each, by the clock */
};

static void take_deltas(void *context, uint32_t shard, const struct stats_batch *batch)
{
	struct part *part = &((struct all *)context)->parts[shard];

	if (part->thread == 0)
		part->thread = pthread_self();
	cr_assert(pthread_equal(part->thread, pthread_self()));
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct stats_delta *delta = &batch->deltas[i];

		part->packets += delta->packets[0] + delta->packets[1];
		part->octets += delta->octets[0] + delta->octets[1];
		part->begun += delta->first[0] && delta->first[1];
	}
}

static void put_aside(void *context, uint32_t shard)
{
	struct part *part = &((struct all *)context)->parts[shard];

	cr_assert(part->thread == 0 || pthread_equal(part->thread, pthread_self()));
	part->aside[0] = part->packets;
	part->aside[1] = part->octets;
	part->aside[2] = part->begun;
	part->packets = part->octets = part->begun = 0;
	part->closed++;
}

static void add_up(void *context, const struct stats_interval *interval)
{
	struct all *all = context;

	(void)interval;
	all->intervals++;
	for (uint32_t s = 0; s < all->shards; s++) {
		cr_assert_eq(all->parts[s].closed, all->intervals, "once an interval");
		all->packets += all->parts[s].aside[0];
		all->octets += all->parts[s].aside[1];
		all->begun += all->parts[s].aside[2];
	}
}

static void take_record(void *context, const struct flow_view *view)
{
	struct all *all = context;

	all->records++;
	all->record_packets += view->packets[0] + view->packets[1];
}

static void expect_all(struct rig *rig, const struct all *all, bool split)
{
	uint64_t packets = 0, octets = 0, created = 0;

	for (uint32_t w = 0; w < rig->worker_count; w++) {
		const struct flow_counters *counters = flow_table_counters(rig->workers[w]->table);

		packets += counters->packets;
		octets += counters->octets;
		created += counters->created;
	}
	cr_expect_eq(all->packets, packets);
	cr_expect_eq(all->octets, octets);
	cr_expect_eq(all->begun, created);
	cr_expect_eq(all->record_packets, packets);
	if (split)
		cr_expect_lt(all->records, created, "pieces were merged");
	else
		cr_expect_eq(all->records, created);
}

static void every_packet_once(uint32_t shards, bool split)
{
	static struct all all;
	const struct stats_consumer consumer = {.deltas = take_deltas,
						.close = put_aside,
						.interval = add_up,
						.record = take_record,
						.context = &all};
	struct rig *rig = rig_open(&(struct rig_settings){
		.workers = 4, .shards = shards, .flow_capacity = split ? 4096 : 256});
	struct prng random = {shards};

	all = (struct all){.shards = shards};
	cr_assert_eq(stats_shards(rig->stats), shards);
	cr_assert_eq(stats_add_consumer(rig->stats, &consumer), 0);
	if (split)
		cr_assert_eq(
			stats_merge_splits(rig->stats, 3600 * CLOCK_SECOND, 3600 * CLOCK_SECOND),
			0);
	rig_run_shards(rig);
	for (uint32_t s = 0; s < STEPS; s++) {
		for (int i = 0; split && i < 50; i++) {
			struct shot shot = any_shot(&random);

			rig_send_on(rig, prng_below(&random, 4), &shot, 1);
		}
		step(rig, &random);
	}
	rig_finish(rig);
	expect_all(rig, &all, split);
	cr_expect_eq(all.intervals, STEPS + 1);
	rig_close(rig);
}

Test(shards, every_packet_once)
{
	for (uint32_t shards = 1; shards <= 5; shards++)
		every_packet_once(shards, false);
}

Test(shards, every_packet_once_where_flows_split)
{
	for (uint32_t shards = 2; shards <= 4; shards++)
		every_packet_once(shards, true);
}

/* ---- behind ---- */

/* While the stats core takes nothing: rings fill, then tables, then new flows overflow. */
static void fall_behind(uint32_t shards)
{
	static struct all all;
	const struct stats_consumer consumer = {.deltas = take_deltas,
						.close = put_aside,
						.interval = add_up,
						.record = take_record,
						.room = rig_room_now,
						.context = &all};
	struct rig *rig = rig_open(
		&(struct rig_settings){.shards = shards, .flow_capacity = 64, .ended_ring = 128});
	const struct flow_counters *counters = flow_table_counters(rig->workers[0]->table);
	const struct snapshot *snapshot;
	uint64_t sent = 0;

	all = (struct all){.shards = shards};
	cr_assert_eq(stats_add_consumer(rig->stats, &consumer), 0);
	rig_run_shards(rig);
	rig_room = 0;
	while (counters->overflow_packets[FLOW_OVERFLOW_TABLE] < 100) {
		struct shot shot = {.source = CLIENT + (uint32_t)sent++,
				    .destination = SERVER,
				    .destination_port = 53,
				    .protocol = PROTOCOL_UDP,
				    .octets = 60};

		rig_send(rig, &shot, 1);
		(void)worker_shared_flush(rig->workers[0]);
		cr_assert_lt(sent, 50000);
	}
	rig->now += CLOCK_SECOND;
	stats_step(rig->stats, rig_clock(rig));
	snapshot = stats_acquire(rig->stats);
	cr_expect_geq(snapshot->workers[0].ring_records, 127, "what waits is said");
	cr_expect_geq(snapshot->flows.overflow_packets[FLOW_OVERFLOW_TABLE], 100);
	cr_expect_eq(snapshot->flows.packets + snapshot->flows.overflow_packets[0], sent);
	stats_release(rig->stats, snapshot);
	rig_room = UINT32_MAX;
	rig_finish(rig);
	expect_all(rig, &all, false);
	snapshot = stats_acquire(rig->stats);
	cr_expect_eq(snapshot->workers[0].ring_records, 0);
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}

Test(shards, who_is_behind_says_so_and_loses_nothing_else)
{
	fall_behind(1);
	fall_behind(2);
}

/* ---- a long walk ---- */

#define WALKED 9000 /* more than twice of what is walked between two drainings */
#define ENDED  100

struct walked {
	struct rig *rig;
	uint32_t records, at_close;
	bool ended;
};

static struct shot walked_shot(uint32_t number)
{
	return (struct shot){.source = CLIENT + number,
			     .destination = SERVER,
			     .source_port = 40000,
			     .destination_port = 443,
			     .protocol = PROTOCOL_TCP,
			     .tcp_flags = TCP_SYN | TCP_RST, /* ends the one before */
			     .octets = 40};
}

/* At its first batch of live records, flows of the other shard's worker end, which counts them. */
static void end_others(void *context, uint32_t shard, const struct stats_batch *batch)
{
	struct walked *walked = context;
	struct rig *rig = walked->rig;
	const struct shot shot = walked_shot(0);

	(void)batch;
	if (shard != 0 || walked->ended)
		return;
	walked->ended = true;
	rig_send_on(rig, 0, &shot, 2 * ENDED);
	cr_assert(worker_shared_flush(rig->workers[0]));
	while (record_ring_waiting(&rig->workers[0]->ended) > 0)
		sched_yield();
}

static void note_records(void *context, uint32_t shard)
{
	struct walked *walked = context;

	if (shard == 0)
		walked->at_close = walked->records;
}

static void count_record(void *context, const struct flow_view *view)
{
	(void)view;
	((struct walked *)context)->records++;
}

/* What others have counted waits no longer for the stats thread's walk than its own records. */
Test(shards, a_long_walk_passes_records_on)
{
	struct rig *rig = rig_open(
		&(struct rig_settings){.workers = 2, .shards = 2, .flow_capacity = 1u << 14});
	struct walked walked = {.rig = rig};
	const struct stats_consumer consumer = {.deltas = end_others,
						.close = note_records,
						.record = count_record,
						.context = &walked};

	cr_assert_eq(stats_add_consumer(rig->stats, &consumer), 0);
	rig_run_shards(rig);
	for (uint32_t i = 1; i <= WALKED; i++) {
		const struct shot shot = walked_shot(i);

		rig_send_on(rig, 1, &shot, 1);
	}
	rig_step(rig, CLOCK_SECOND);
	cr_expect(walked.ended);
	cr_expect_geq(walked.at_close, ENDED, "%u", walked.at_close);
	rig_finish(rig);
	rig_close(rig);
}
