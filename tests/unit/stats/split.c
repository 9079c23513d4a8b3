/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

#include "split.h"

/*
 * A flow of which several workers have a piece is one record again: that which one worker makes
 * of the same packets. Both are run side by side, and what leaves them is compared.
 */

#define ACTIVE   (100 * CLOCK_SECOND)
#define INACTIVE (10 * CLOCK_SECOND)
#define RECORDS  4096

struct output {
	struct flow_view views[RECORDS];
	uint32_t count;
};

/* The same traffic on four workers and on one. */
struct both {
	struct rig *four, *one;
	struct output of_four, of_one;
};

static void take(void *context, const struct flow_view *view)
{
	struct output *output = context;

	cr_assert_lt(output->count, RECORDS);
	output->views[output->count] = *view;
	output->views[output->count++].lines = NULL; /* gone with the record */
}

static struct rig *open_rig(uint32_t workers, struct output *output)
{
	struct rig *rig = rig_open(
		&(struct rig_settings){.workers = workers, .active = ACTIVE, .inactive = INACTIVE});
	const struct stats_consumer consumer = {.record = take, .context = output};

	cr_assert_eq(stats_add_consumer(rig->stats, &consumer), 0);
	return rig;
}

static struct both *open_both(void)
{
	struct both *both = calloc(1, sizeof(*both));

	both->four = open_rig(4, &both->of_four);
	both->one = open_rig(1, &both->of_one);
	cr_assert_eq(stats_merge_splits(both->four->stats, ACTIVE, INACTIVE), 0);
	return both;
}

static void close_both(struct both *both)
{
	rig_close(both->four);
	rig_close(both->one);
	free(both);
}

static void send(struct both *both, uint32_t worker, const struct shot *shot, uint32_t packets)
{
	rig_send_on(both->four, worker, shot, packets);
	rig_send_on(both->one, 0, shot, packets);
}

static void expire(struct rig *rig)
{
	for (uint32_t w = 0; w < rig->worker_count; w++)
		for (int slice = 0; slice < 64; slice++)
			flow_table_expire(rig->workers[w]->table, rig->now);
}

/* Second by second, each with a walk. */
static void pass(struct both *both, uint32_t seconds)
{
	for (uint32_t s = 0; s < seconds; s++) {
		rig_step(both->four, CLOCK_SECOND);
		rig_step(both->one, CLOCK_SECOND);
		expire(both->four);
		expire(both->one);
	}
}

/* Without a walk: the interval is a second. */
static void pass_ms(struct both *both, uint32_t milliseconds)
{
	both->four->now += milliseconds * CLOCK_MILLISECOND;
	both->one->now += milliseconds * CLOCK_MILLISECOND;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct flow_view));
}

static void expect_same(struct both *both)
{
	struct output *four = &both->of_four, *one = &both->of_one;

	cr_expect_eq(four->count, one->count, "%u records, one worker has %u", four->count,
		     one->count);
	qsort(four->views, four->count, sizeof(four->views[0]), compare);
	qsort(one->views, one->count, sizeof(one->views[0]), compare);
	for (uint32_t i = 0; i < four->count && i < one->count; i++)
		cr_expect_eq(compare(&four->views[i], &one->views[i]), 0,
			     "record %u: %lu + %lu packets, end %d; one worker: %lu + %lu, end %d",
			     i, four->views[i].packets[0], four->views[i].packets[1],
			     four->views[i].end, one->views[i].packets[0], one->views[i].packets[1],
			     one->views[i].end);
}

static struct snapshot_split counts(const struct rig *rig)
{
	const struct snapshot *snapshot = stats_acquire(rig->stats);
	struct snapshot_split split = snapshot->split;

	stats_release(rig->stats, snapshot);
	return split;
}

static struct shot there(uint32_t number, uint8_t protocol, uint8_t flags)
{
	return (struct shot){.source = 0x0a000001 + number,
			     .destination = 0xc0000201,
			     .source_port = (uint16_t)(40000 + number % 7),
			     .destination_port = 443,
			     .protocol = protocol,
			     .tcp_flags = flags,
			     .octets = 100};
}

static struct shot back(uint32_t number, uint8_t protocol, uint8_t flags)
{
	struct shot shot = there(number, protocol, flags);

	return (struct shot){.source = shot.destination,
			     .destination = shot.source,
			     .source_port = 443,
			     .destination_port = shot.source_port,
			     .protocol = protocol,
			     .tcp_flags = flags,
			     .octets = 1000};
}

Test(split, both_directions_on_two_workers)
{
	struct both *both = open_both();
	struct shot request = there(1, PROTOCOL_UDP, 0), answer = back(1, PROTOCOL_UDP, 0);

	send(both, 2, &request, 3);
	pass_ms(both, 20);
	send(both, 1, &answer, 5);
	pass(both, 20);
	cr_expect_eq(both->of_four.count, 1, "it has left without waiting for the end");
	cr_expect_eq(both->of_four.views[0].packets[0], 3);
	cr_expect_eq(both->of_four.views[0].packets[1], 5);
	rig_finish(both->four);
	rig_finish(both->one);
	expect_same(both);
	struct snapshot_split split = counts(both->four);

	cr_expect(split.possible);
	cr_expect_eq(split.records, 1);
	cr_expect_eq(split.merged, 1);
	cr_expect_eq(split.pieces, 2);
	cr_expect_eq(split.early, 0);
	cr_expect_eq(split.waiting, 0);
	cr_expect_not(counts(both->one).possible);
	close_both(both);
}

/* Somebody sets the wall clock between the first packets of both: that makes no two flows of it. */
Test(split, pieces_on_both_sides_of_a_step_of_the_wall_clock)
{
	const int64_t steps[] = {-3600, 10 * 86400};

	for (size_t i = 0; i < 2; i++) {
		struct both *both = open_both();
		struct shot request = there(1, PROTOCOL_UDP, 0), answer = back(1, PROTOCOL_UDP, 0);

		send(both, 2, &request, 3);
		both->four->shift += steps[i] * (int64_t)CLOCK_SECOND;
		both->one->shift = both->four->shift;
		pass_ms(both, 20);
		send(both, 1, &answer, 5);
		pass(both, 20);
		cr_expect_eq(both->of_four.count, 1);
		cr_expect_eq(both->of_four.views[0].first, RIG_START);
		cr_expect_eq(both->of_four.views[0].last, RIG_START + 20 * CLOCK_MILLISECOND);
		cr_expect_eq(both->of_four.views[0].packets[0], 3, "the request is forward");
		expect_same(both);
		close_both(both);
	}
}

/* The silent direction ends three times while the other keeps the flow alive. */
Test(split, waits_for_the_piece_that_lives)
{
	struct both *both = open_both();
	struct shot request = there(1, PROTOCOL_UDP, 0), answer = back(1, PROTOCOL_UDP, 0);

	for (int round = 0; round < 3; round++) {
		send(both, 0, &request, 1);
		pass_ms(both, 5);
		for (int s = 0; s < 20; s += 5) {
			send(both, 3, &answer, 1);
			pass(both, 5);
		}
	}
	cr_expect_eq(both->of_four.count, 0);
	cr_expect_gt(counts(both->four).waiting, 0);
	pass(both, 20);
	cr_expect_eq(both->of_four.count, 1);
	expect_same(both);
	close_both(both);
}

/* A piece that ended just before a walk is neither live nor in the ring: the other still waits. */
Test(split, waits_for_the_piece_on_its_way)
{
	struct both *both = open_both();
	struct shot request = there(1, PROTOCOL_TCP, TCP_ACK),
		    reset = back(1, PROTOCOL_TCP, TCP_RST);

	send(both, 0, &request, 1);
	pass_ms(both, 20);
	send(both, 1, &reset, 1);
	pass(both, 4); /* it lingers for two */
	cr_expect_eq(counts(both->four).waiting, 1);

	/* The request ends in the table of its worker, which has not come to its ring yet. */
	pass_ms(both, 11000);
	expire(both->four);
	stats_step(both->four->stats, rig_clock(both->four));
	cr_expect_eq(both->of_four.count, 0, "the reset left alone");
	pass(both, 4);
	cr_expect_eq(both->of_four.count, 1);
	expect_same(both);
	close_both(both);
}

/* Two conversations of the same ends with a silence between them stay two. */
Test(split, silence_keeps_flows_apart)
{
	struct both *both = open_both();
	struct shot request = there(1, PROTOCOL_UDP, 0), answer = back(1, PROTOCOL_UDP, 0);

	for (int round = 0; round < 3; round++) {
		send(both, 0, &request, 1);
		pass_ms(both, 5);
		send(both, 1, &answer, 1);
		pass(both, 11);
	}
	rig_finish(both->four);
	rig_finish(both->one);
	cr_expect_eq(both->of_four.count, 3);
	expect_same(both);
	close_both(both);
}

/* No worker alone sees that both sides have closed. */
Test(split, tcp_closes_both_ways)
{
	struct both *both = open_both();
	const uint8_t flags[][2] = {{TCP_SYN, TCP_SYN | TCP_ACK},
				    {TCP_ACK, TCP_ACK},
				    {TCP_FIN | TCP_ACK, TCP_FIN | TCP_ACK}};

	for (int i = 0; i < 3; i++) {
		struct shot request = there(1, PROTOCOL_TCP, flags[i][0]);
		struct shot answer = back(1, PROTOCOL_TCP, flags[i][1]);

		send(both, 0, &request, 1);
		pass_ms(both, 10);
		send(both, 1, &answer, 1);
		pass_ms(both, 10);
	}
	struct shot last = there(1, PROTOCOL_TCP, TCP_ACK);

	send(both, 0, &last, 1);
	rig_finish(both->four);
	rig_finish(both->one);
	cr_expect_eq(both->of_four.views[0].end, FLOW_END_CLOSED);
	expect_same(both);
	close_both(both);
}

/* A reset ends the flow for all workers; what comes later on the same ends is another. */
Test(split, reset_ends_for_all)
{
	struct both *both = open_both();
	struct shot syn = there(1, PROTOCOL_TCP, TCP_SYN), reset = back(1, PROTOCOL_TCP, TCP_RST);

	send(both, 0, &syn, 1);
	pass_ms(both, 10);
	send(both, 1, &reset, 1);
	pass(both, 12);
	send(both, 0, &syn, 1);
	pass_ms(both, 10);
	send(both, 1, &reset, 1);
	rig_finish(both->four);
	rig_finish(both->one);
	cr_expect_eq(both->of_four.count, 2);
	expect_same(both);
	close_both(both);
}

/* Longer than the active timeout: cut as often as on one worker, and nothing is lost. */
Test(split, active_timeout_cuts_the_whole)
{
	struct both *both = open_both();
	struct shot request = there(1, PROTOCOL_UDP, 0), answer = back(1, PROTOCOL_UDP, 0);

	for (int s = 0; s < 250; s++) {
		send(both, 0, &request, 1);
		pass_ms(both, 5);
		send(both, 1, &answer, 2);
		pass(both, 1);
	}
	rig_finish(both->four);
	rig_finish(both->one);
	cr_expect_eq(both->of_four.count, 3);
	expect_same(both);
	close_both(both);
}

/* More than the table holds: some leave alone, which is said, and every packet is in a record. */
Test(split, full_table_lets_the_oldest_go)
{
	enum { FLOWS = 900, ROUNDS = 20 };
	struct rig *rig = rig_open(&(struct rig_settings){.workers = 4,
							  .flow_capacity = 1024,
							  .inactive = INACTIVE,
							  .active = ACTIVE,
							  .interval = 3600 * CLOCK_SECOND});
	uint64_t packets = 0;

	cr_assert_eq(stats_merge_splits(rig->stats, ACTIVE, INACTIVE), 0);
	for (int round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < FLOWS; i++) {
			struct shot reset = there(round * FLOWS + i, PROTOCOL_TCP, TCP_RST);

			rig_send_on(rig, i % 4, &reset, 1);
			rig_flush(rig);
		}
		rig_step(rig, CLOCK_MILLISECOND);
	}
	rig_finish(rig);
	struct snapshot_split split = counts(rig);

	packets = split.records;
	cr_expect_eq(packets, FLOWS * ROUNDS, "%lu records", packets);
	cr_expect_gt(split.early, FLOWS * ROUNDS - 4096 - 1);
	cr_expect_eq(split.waiting, 0);
	cr_expect_eq(split.merged, 0);
	rig_close(rig);
}

/* Conversations of all kinds, each packet on a worker that its direction chooses, or on any. */
static void converse(uint64_t seed, bool any)
{
	enum { FLOWS = 60, STEPS = 400 };
	struct both *both = open_both();
	struct prng prng = {seed};
	bool closed[FLOWS] = {false};

	for (int step = 0; step < STEPS; step++) {
		uint32_t flow = prng_below(&prng, FLOWS);
		uint8_t protocol = flow % 3 == 0 ? PROTOCOL_TCP : PROTOCOL_UDP;
		/* Seldom spoken on some, so that these end in between. */
		bool reverse = prng_one_in(&prng, 2),
		     quiet = flow % 5 == 0 && !prng_one_in(&prng, 8);
		bool reset = protocol == PROTOCOL_TCP && prng_one_in(&prng, 10);
		uint8_t flags = reset ? TCP_RST : TCP_ACK;
		struct shot shot =
			reverse ? back(flow, protocol, flags) : there(flow, protocol, flags);
		uint32_t worker = any ? prng_below(&prng, 4) : (flow + 2 * reverse) % 4;

		/* After its end one worker begins a new flow with what is still on its way. */
		if (quiet || closed[flow])
			continue;
		closed[flow] = reset;
		send(both, worker, &shot, 1 + prng_below(&prng, 3) * !reset);
		pass_ms(both, 20);
		if (prng_one_in(&prng, 4))
			pass(both, 1 + prng_below(&prng, 2));
		if (both->one->now - RIG_START > ACTIVE * 9 / 10)
			break;
	}
	rig_finish(both->four);
	rig_finish(both->one);
	expect_same(both);
	close_both(both);
}

Test(split, random_conversations_by_direction)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		converse(seed, false);
}

Test(split, random_conversations_on_any_worker)
{
	for (uint64_t seed = 101; seed <= 120; seed++)
		converse(seed, true);
}

/* A flow that one worker saw end, and what another one saw: as far apart as their clocks may be. */
Test(split, clocks_are_ten_milliseconds_apart)
{
	const struct split_timeouts timeouts = {.active = ACTIVE, .inactive = INACTIVE};
	struct flow_view ended = {.version = 4,
				  .protocol = PROTOCOL_TCP,
				  .end = FLOW_END_CLOSED,
				  .first = RIG_START,
				  .last = RIG_START + CLOCK_SECOND};
	struct flow_view other = ended;
	struct split_record earlier, later;

	split_record_make(&earlier, 0, &ended, &timeouts);
	other.end = FLOW_END_IDLE;
	for (uint64_t late = 0; late <= 20 * CLOCK_MILLISECOND; late += 5 * CLOCK_MILLISECOND) {
		other.first = other.last = ended.last + late;
		split_record_make(&later, 1, &other, &timeouts);
		cr_expect_eq(split_touches(&earlier, &later, &timeouts),
			     late <= 10 * CLOCK_MILLISECOND, "%lu ns", late);
		cr_expect_eq(split_touches(&later, &earlier, &timeouts),
			     late <= 10 * CLOCK_MILLISECOND, "%lu ns, the other way", late);
	}
	other.first = other.last = ended.last + 10 * CLOCK_MILLISECOND + 1;
	split_record_make(&later, 1, &other, &timeouts);
	cr_expect_not(split_touches(&earlier, &later, &timeouts));
}
