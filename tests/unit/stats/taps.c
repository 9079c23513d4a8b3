/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h" /* lib/flow's, to change records; before DPDK, which has a likely(), too */

#include "mirror.h"
#include "rig.h"

/*
 * Every packet that is in a record passes the tap of deltas once, and that of records once,
 * whatever becomes of its flow: the sums of a consumer beside the top lists are those of the
 * ledger.
 */

#define CLIENT 0x0a000001
#define SERVER 0xc0000201

/* What came out of each tap. */
struct taken {
	uint64_t packets, octets, records, begun; /* deltas; `begun`: of new records */
	uint64_t record_packets, record_octets, ended;
	uint64_t intervals, until;
	bool last;
	bool extended; /* what comes out has MIRROR_EXTENSIONS, as it was then */
};

static void expect_lines(const struct taken *taken, const struct flow_view *view)
{
	const char *wrong = taken->extended ? mirror_wrong(view) : NULL;

	cr_assert_null(wrong, "%s", wrong);
}

static void take_deltas(void *context, uint32_t shard, const struct stats_batch *batch)
{
	struct taken *taken = context;

	cr_assert_eq(shard, 0);
	cr_assert(batch->count > 0 && batch->count <= STATS_BATCH);
	cr_assert_not(taken->last, "nothing comes after the last interval");
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct stats_delta *delta = &batch->deltas[i];
		struct flow_view view;

		flow_view(batch->records[i], &view);
		expect_lines(taken, &view);
		cr_assert(delta->packets[0] + delta->packets[1] > 0);
		for (int d = 0; d < 2; d++) {
			taken->packets += delta->packets[d];
			taken->octets += delta->octets[d];
			cr_assert_leq(delta->packets[d], view.packets[d]);
			cr_assert_eq(delta->first[d], delta->packets[d] == view.packets[d],
				     "first: all that the record has of it");
		}
		taken->begun += delta->first[0] && delta->first[1];
	}
}

static void take_record(void *context, const struct flow_view *view)
{
	struct taken *taken = context;

	expect_lines(taken, view);
	taken->record_packets += view->packets[0] + view->packets[1];
	taken->record_octets += view->octets[0] + view->octets[1];
	taken->ended++;
}

static void take_interval(void *context, const struct stats_interval *interval)
{
	struct taken *taken = context;

	cr_assert_not(taken->last);
	cr_assert_eq(interval->from, taken->intervals == 0 ? RIG_START : taken->until,
		     "one begins where the other ended");
	taken->until = interval->to;
	taken->last = interval->last;
	taken->intervals++;
}

static struct rig *open_rig(const struct rig_settings *settings, struct taken *taken)
{
	struct rig *rig = rig_open(settings);
	const struct stats_consumer consumer = {.deltas = take_deltas,
						.interval = take_interval,
						.record = take_record,
						.context = taken};

	cr_assert_eq(stats_add_consumer(rig->stats, &consumer), 0);
	return rig;
}

static struct flow_counters counters_of(const struct rig *rig)
{
	struct flow_counters sum = {0};

	for (uint32_t w = 0; w < rig->worker_count; w++) {
		const struct flow_counters *one = flow_table_counters(rig->workers[w]->table);

		sum.packets += one->packets;
		sum.octets += one->octets;
		sum.created += one->created;
		sum.continued += one->continued;
		sum.ended[FLOW_END_RESOURCES] += one->ended[FLOW_END_RESOURCES];
	}
	return sum;
}

static void expect_all(struct rig *rig, const struct taken *taken)
{
	const struct flow_counters ledger = counters_of(rig);

	cr_expect_eq(taken->packets, ledger.packets, "deltas: %lu packets, %lu were sent",
		     taken->packets, ledger.packets);
	cr_expect_eq(taken->octets, ledger.octets);
	cr_expect_eq(taken->begun, ledger.created + ledger.continued);
	cr_expect_eq(taken->record_packets, ledger.packets);
	cr_expect_eq(taken->record_octets, ledger.octets);
	rig_close(rig);
}

/* ---- any life of flows ---- */

static void live(struct rig *rig, uint64_t seed, const struct taken *taken, bool split)
{
	struct prng random = {seed};

	for (int i = 0; i < 5000; i++) {
		struct shot shot = {
			.source = CLIENT + prng_below(&random, 16),
			.destination = SERVER + prng_below(&random, 16),
			.source_port = (uint16_t)prng_below(&random, 16),
			.destination_port = 443,
			.protocol = PROTOCOL_TCP,
			.tcp_flags = prng_below(&random, 4) ? TCP_ACK : TCP_RST,
			.octets = (uint16_t)(40 + prng_below(&random, 1400)),
		};
		uint32_t count = 1 + prng_below(&random, 3);

		if (split)
			rig_send_on(rig, prng_below(&random, rig->worker_count), &shot, count);
		else
			rig_send(rig, &shot, count);
		if (prng_one_in(&random, 4))
			rig_flush(rig);
		if (prng_one_in(&random, 16)) {
			rig->now += CLOCK_SECOND / 3;
			stats_step(rig->stats, rig_clock(rig));
			cr_assert_leq(taken->packets, counters_of(rig).packets);
		}
	}
	rig_finish(rig);
}

Test(taps, every_packet_once_while_tables_are_full_and_records_end)
{
	for (uint32_t workers = 1; workers <= 4; workers++) {
		struct taken taken = {0};
		struct rig *rig = open_rig(
			&(struct rig_settings){.workers = workers, .flow_capacity = 256}, &taken);

		live(rig, workers, &taken, false);
		cr_expect_gt(counters_of(rig).ended[FLOW_END_RESOURCES], 0, "no eviction");
		cr_expect(taken.last && taken.intervals > 50, "%lu intervals", taken.intervals);
		cr_expect_eq(taken.until, rig->now);
		expect_all(rig, &taken);
	}
}

Test(taps, every_packet_once_where_flows_split)
{
	struct taken taken = {0};
	struct rig *rig =
		open_rig(&(struct rig_settings){.workers = 4, .flow_capacity = 4096}, &taken);

	cr_assert_eq(stats_merge_splits(rig->stats, 3600 * CLOCK_SECOND, 3600 * CLOCK_SECOND), 0);
	live(rig, 5, &taken, true);
	cr_expect_lt(taken.ended, taken.begun, "pieces were merged");
	expect_all(rig, &taken);
}

/* Full tables, walks, ended records: by ring and by batch, each with the lines of its moment. */
Test(taps, lines_come_with_their_records)
{
	struct taken taken = {.extended = true};
	struct rig *rig = open_rig(&(struct rig_settings){.workers = 2,
							  .flow_capacity = 256,
							  .extensions = MIRROR_EXTENSIONS},
				   &taken);

	live(rig, 7, &taken, false);
	expect_all(rig, &taken);
}

/* Nobody walks, and there are no intervals: deltas are what ended. */
Test(taps, every_packet_of_a_capture_once)
{
	struct taken taken = {0};
	struct rig *rig = open_rig(
		&(struct rig_settings){.workers = 2, .flow_capacity = 256, .capture = true},
		&taken);

	live(rig, 6, &taken, false);
	cr_expect_eq(taken.intervals, 0);
	expect_all(rig, &taken);
}

static const struct shot datagram = {.source = CLIENT,
				     .destination = SERVER,
				     .source_port = 40000,
				     .destination_port = 53,
				     .protocol = PROTOCOL_UDP,
				     .octets = 100};

/* ---- two records of one slot ---- */

/* While a record that was looked at is on its way, the next one in its slot waits: no longer. */
Test(taps, a_record_like_the_one_before_counts_once_that_has_come)
{
	const struct stats_consumer gate = {.room = rig_room_now};
	struct taken taken = {0};
	struct rig *rig = open_rig(
		&(struct rig_settings){.inactive = CLOCK_SECOND, .active = 60 * CLOCK_SECOND},
		&taken);

	cr_assert_eq(stats_add_consumer(rig->stats, &gate), 0);
	rig_send(rig, &datagram, 1);
	rig_step(rig, CLOCK_SECOND);
	cr_expect_eq(taken.packets, 1);
	rig->now += 5 * CLOCK_SECOND;
	rig_send(rig, &datagram, 1);
	cr_assert_eq(flow_table_used(rig->workers[0]->table), 1);
	rig_room = 0;
	rig_step(rig, CLOCK_SECOND);
	cr_expect_eq(taken.packets, 1);
	rig_room = UINT32_MAX;
	rig_step(rig, CLOCK_SECOND);
	cr_expect_eq(taken.packets, 2, "without a packet more");
	cr_expect_eq(taken.begun, 2);
	rig_finish(rig);
	expect_all(rig, &taken);
}

/* ---- a table that grows while it is walked ---- */

struct grower {
	struct rig *rig;
	uint32_t flows, more; /* sent; to be sent when deltas come */
};

static void send_flows(struct grower *grower, uint32_t count)
{
	for (; count > 0; count--)
		rig_send(grower->rig,
			 &(struct shot){.source = CLIENT + grower->flows++,
					.destination = SERVER,
					.destination_port = 53,
					.protocol = PROTOCOL_UDP,
					.octets = 100},
			 1);
}

static void grow(void *context, uint32_t shard, const struct stats_batch *batch)
{
	struct grower *grower = context;
	const uint32_t more = grower->more;

	(void)shard, (void)batch;
	grower->more = 0;
	send_flows(grower, more);
}

Test(taps, flows_that_begin_during_a_walk_are_in_the_next_at_the_latest)
{
	/* So many that the walk takes marks of the last slots after its first batch. */
	struct grower grower = {.more = 20};
	const struct stats_consumer consumer = {.deltas = grow, .context = &grower};
	struct taken taken = {0};
	struct rig *rig = open_rig(&(struct rig_settings){0}, &taken);

	cr_assert_eq(stats_add_consumer(rig->stats, &consumer), 0);
	grower.rig = rig;
	send_flows(&grower, 3 * FLOW_MARKED + FLOW_GROUP + 2);
	rig_step(rig, CLOCK_SECOND);
	cr_assert_eq(grower.more, 0);
	rig_step(rig, CLOCK_SECOND);
	cr_expect_eq(taken.packets, grower.flows);
	rig_finish(rig);
	expect_all(rig, &taken);
}

/* ---- counters larger than the hot line's ---- */

Test(taps, every_packet_once_across_a_carry)
{
	struct taken taken = {0};
	struct rig *rig = open_rig(&(struct rig_settings){0}, &taken);
	struct flow_table *table = rig->workers[0]->table;

	rig_send(rig, &datagram, 1);
	for (int carry = 0; carry < 3; carry++) {
		/* As if so many had come, up to one packet before the limit. */
		uint32_t more = (uint32_t)FLOW_CARRY - table->hot[0].packets[0];

		table->hot[0].packets[0] += more;
		table->counters.packets += more;
		rig_send(rig, &datagram, 1);
		cr_assert_eq(table->cold[0].carried_packets[0], carry + 1);
		rig_step(rig, CLOCK_SECOND);
		cr_expect_eq(taken.packets, table->counters.packets);
	}
	cr_expect_eq(taken.begun, 1);
	rig_finish(rig);
	expect_all(rig, &taken);
}
