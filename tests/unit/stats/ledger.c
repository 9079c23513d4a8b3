/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <errno.h>
#include <string.h>

/* What comes from counters: ledger, sizes, throughput, history, flows, workers. */

static struct shot shot_of(uint32_t number, uint16_t octets)
{
	return (struct shot){.source = 0x0a000000 + number,
			     .destination = 0xc0000201,
			     .source_port = 5,
			     .destination_port = 53,
			     .protocol = PROTOCOL_UDP,
			     .octets = octets};
}

/* Verdicts without a flow, as the worker would publish them. */
static void count_reason(struct rig *rig, uint32_t worker, enum packet_reason reason,
			 uint64_t frames)
{
	rig->workers[worker]->counters.received += frames;
	rig->workers[worker]->counters.reasons[reason] += frames;
}

Test(ledger, sums_over_workers_and_balances)
{
	struct rig *rig = rig_open(&(struct rig_settings){.workers = 4});
	const struct snapshot *snapshot;

	for (uint32_t i = 0; i < 40; i++) {
		struct shot shot = shot_of(i, (uint16_t)(46 + i * 40));

		rig_send(rig, &shot, i + 1);
	}
	for (uint32_t w = 0; w < 4; w++) {
		count_reason(rig, w, PACKET_NON_IP_ARP, 10 + w);
		count_reason(rig, w, PACKET_MALFORMED_TCP, w);
		count_reason(rig, w, PACKET_FILTERED_EXPRESSION, 100);
	}
	rig_step(rig, CLOCK_SECOND);
	snapshot = stats_acquire(rig->stats);
	cr_assert(snapshot->balanced);
	cr_assert_eq(snapshot->received, 820 + 46 + 6 + 400);
	cr_assert_eq(snapshot->buckets[PACKET_BUCKET_FLOW], 820);
	cr_assert_eq(snapshot->buckets[PACKET_BUCKET_NON_IP], 46);
	cr_assert_eq(snapshot->buckets[PACKET_BUCKET_MALFORMED], 6);
	cr_assert_eq(snapshot->buckets[PACKET_BUCKET_FILTERED], 400);
	cr_assert_eq(snapshot->buckets[PACKET_BUCKET_TRUNCATED], 0);
	cr_assert_eq(snapshot->reasons[PACKET_NON_IP_ARP], 46);
	cr_assert_eq(snapshot->size_packets, 820 + 46 + 6);
	cr_assert_eq(snapshot->flows.packets, 820);
	cr_assert_eq(snapshot->flows.created, 40);
	cr_assert_eq(snapshot->flows_active, 40);

	/* sum over i of (i + 1) * (46 + 40 i) = 46 * 820 + 40 * sum of i (i + 1) */
	cr_assert_eq(snapshot->ip_octets, 46 * 820 + 40 * 21320);
	cr_assert_eq(snapshot->frame_octets, 46 * 820 + 40 * 21320 + 14 * 820);
	cr_assert_eq(snapshot->size_min, 64);
	cr_assert_eq(snapshot->size_max, 64 + 39 * 40);
	cr_assert_eq(snapshot->sizes[0], 1, "one frame of 64 bytes");
	cr_assert_eq(snapshot->sizes[1], 2, "two of 104");
	cr_assert_eq(snapshot->sizes[6], 38 + 39 + 40, "1544, 1584 and 1624 bytes");
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}

Test(ledger, one_worker_out_of_balance_is_seen)
{
	struct rig *rig = rig_open(&(struct rig_settings){.workers = 2});
	const struct snapshot *snapshot;

	/* Together they would agree. */
	rig->workers[0]->counters.received = 9;
	rig->workers[0]->counters.reasons[PACKET_NON_IP_ARP] = 10;
	rig->workers[1]->counters.received = 11;
	rig->workers[1]->counters.reasons[PACKET_NON_IP_ARP] = 10;
	rig_step(rig, CLOCK_SECOND);
	snapshot = stats_acquire(rig->stats);
	cr_assert_not(snapshot->balanced);
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}

Test(ledger, throughput_is_over_the_real_time)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});
	struct shot shot = shot_of(1, 986);
	const struct snapshot *snapshot;

	rig_send(rig, &shot, 1000);
	rig_step(rig, CLOCK_SECOND);
	rig_send(rig, &shot, 600);
	count_reason(rig, 0, PACKET_FILTERED_EXPRESSION, 5000);
	rig_step(rig, 2 * CLOCK_SECOND);
	snapshot = stats_acquire(rig->stats);
	cr_assert_eq(snapshot->now.packets_per_second, 300, "filtered frames are none of it");
	cr_assert_eq(snapshot->now.l2_bits_per_second, 300 * 1000 * 8);
	cr_assert_eq(snapshot->now.ip_bits_per_second, 300 * 986 * 8);
	cr_assert_eq(snapshot->average.packets_per_second, 1600 / 3);
	cr_assert_float_eq(snapshot->seconds, 3.0, 1e-9);
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}

Test(ledger, a_capture_has_its_own_time)
{
	struct rig *rig = rig_open(&(struct rig_settings){.capture = true, .workers = 2});
	struct shot shot = shot_of(1, 100), other = shot_of(2, 100);
	const struct snapshot *snapshot;

	rig_send(rig, &shot, 10);
	rig->now += 5 * CLOCK_SECOND;
	rig_send(rig, &other, 30);
	stats_step(rig->stats, (struct clock_reading){.clock = RIG_START + 2 * CLOCK_SECOND});
	snapshot = stats_acquire(rig->stats);
	cr_assert_eq(snapshot->first, RIG_START);
	cr_assert_eq(snapshot->last, RIG_START + 5 * CLOCK_SECOND);
	cr_assert_float_eq(snapshot->seconds, 5.0, 1e-9);
	cr_assert_eq(snapshot->average.packets_per_second, 8);
	cr_assert_eq(snapshot->now.packets_per_second, 20, "the wall clock's two seconds");
	cr_assert(snapshot->top_pending);
	cr_assert_eq(snapshot->top[STATS_SOURCE][STATS_OCTETS][STATS_TOTAL].shown, 0);
	stats_release(rig->stats, snapshot);
	rig_finish(rig);
	snapshot = stats_acquire(rig->stats);
	cr_assert(!snapshot->top_pending);
	const struct stats_top *top = &snapshot->top[STATS_PROTOCOL][STATS_PACKETS][STATS_TOTAL];

	cr_assert_eq(top->shown, 1);
	cr_assert_eq(top->rows[0].metrics[STATS_PACKETS], 40, "the lists come with the end");
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}

Test(ledger, nothing_came_in_no_time)
{
	for (int capture = 0; capture < 2; capture++) {
		struct rig *rig = rig_open(&(struct rig_settings){.capture = capture});
		const struct snapshot *snapshot;

		cr_assert_null(stats_acquire(rig->stats));
		rig_finish(rig);
		snapshot = stats_acquire(rig->stats);
		cr_assert(snapshot->balanced && snapshot->final);
		cr_assert_eq(snapshot->received, 0);
		cr_assert_eq(snapshot->average.packets_per_second, 0);
		cr_assert_eq(snapshot->now.packets_per_second, 0);
		cr_assert_eq(snapshot->history_count, 0);
		cr_assert_eq(snapshot->size_min, 0);
		stats_release(rig->stats, snapshot);
		rig_close(rig);
	}
}

Test(ledger, history_has_steps_of_a_second_and_an_hour)
{
	struct rig *rig = rig_open(&(struct rig_settings){.interval = CLOCK_SECOND / 4});
	struct shot shot = shot_of(1, 86);
	const struct snapshot *snapshot;

	for (uint32_t second = 0; second < 3700; second++) {
		for (int quarter = 0; quarter < 4; quarter++) {
			if (quarter == (int)(second % 4))
				rig_send(rig, &shot, second % 100 + 1);
			rig_step(rig, CLOCK_SECOND / 4);
		}
		if (second != 9 && second != 3699)
			continue;
		snapshot = stats_acquire(rig->stats);
		cr_assert_eq(snapshot->history_count, second == 9 ? 10 : STATS_HISTORY_MAX);
		for (uint32_t i = 0; i < snapshot->history_count; i++) {
			const struct stats_history *entry = &snapshot->history[i];
			uint32_t of = second + 1 - snapshot->history_count + i;

			cr_assert_eq(entry->time, RIG_START + (of + 1) * CLOCK_SECOND);
			cr_assert_eq(entry->duration, CLOCK_SECOND);
			cr_assert_eq(entry->packets, of % 100 + 1);
			cr_assert_eq(entry->frame_octets, (of % 100 + 1) * 100);
			cr_assert_eq(entry->ip_octets, (of % 100 + 1) * 86);
		}
		stats_release(rig->stats, snapshot);
	}
	rig_close(rig);
}

Test(ledger, history_ends_with_what_was_left)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});
	struct shot shot = shot_of(1, 86);
	const struct snapshot *snapshot;

	rig_send(rig, &shot, 10);
	rig_step(rig, CLOCK_SECOND);
	rig_send(rig, &shot, 3);
	rig->now += CLOCK_SECOND / 2;
	rig_finish(rig);
	snapshot = stats_acquire(rig->stats);
	cr_assert_eq(snapshot->history_count, 2);
	cr_assert_eq(snapshot->history[1].packets, 3);
	cr_assert_eq(snapshot->history[1].duration, CLOCK_SECOND / 2);
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}

Test(ledger, workers_show_their_last_interval)
{
	struct rig *rig = rig_open(&(struct rig_settings){.workers = 2});
	struct worker_counters *counters = &rig->workers[1]->counters;
	const struct snapshot *snapshot;

	counters->cycles_total = 1000000;
	counters->cycles_busy = 900000;
	count_reason(rig, 1, PACKET_NON_IP_ARP, 1000);
	rig_step(rig, CLOCK_SECOND);
	counters->cycles_total += 1000000;
	counters->cycles_busy += 250000;
	count_reason(rig, 1, PACKET_NON_IP_ARP, 2000);
	rig_step(rig, CLOCK_SECOND);
	snapshot = stats_acquire(rig->stats);
	cr_assert_eq(snapshot->worker_count, 2);
	cr_assert_eq(snapshot->workers[1].cycles_per_packet, 125);
	cr_assert_float_eq(snapshot->workers[1].busy, 0.25, 1e-9);
	cr_assert_eq(snapshot->workers[1].lcore, 4);
	cr_assert_eq(snapshot->workers[1].table_capacity, 1024);
	cr_assert_eq(snapshot->workers[1].counters.received, 3000);
	cr_assert_eq(snapshot->workers[0].cycles_per_packet, 0);
	cr_assert_float_eq(snapshot->workers[0].busy, 0, 1e-9);
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}

Test(ledger, the_final_snapshot_shows_workers_since_the_start)
{
	struct rig *rig = rig_open(&(struct rig_settings){.workers = 1});
	struct worker_counters *counters = &rig->workers[0]->counters;
	const struct snapshot *snapshot;

	counters->cycles_total = 1000000;
	counters->cycles_busy = 400000;
	count_reason(rig, 0, PACKET_NON_IP_ARP, 1000);
	rig_step(rig, CLOCK_SECOND);
	counters->cycles_total += 1000000; /* an idle end */
	rig_finish(rig);
	snapshot = stats_acquire(rig->stats);
	cr_assert(snapshot->final);
	cr_assert_eq(snapshot->workers[0].cycles_per_packet, 400);
	cr_assert_float_eq(snapshot->workers[0].busy, 0.2, 1e-9);
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}

Test(ledger, the_final_snapshot_has_no_live_flow)
{
	struct rig *rig = rig_open(&(struct rig_settings){.workers = 4});
	const struct snapshot *snapshot;

	for (uint32_t i = 0; i < 300; i++) {
		struct shot shot = shot_of(i, 100);

		rig_send(rig, &shot, 2);
	}
	rig_step(rig, CLOCK_SECOND);
	rig_finish(rig);
	snapshot = stats_acquire(rig->stats);
	cr_assert(snapshot->final);
	cr_assert_eq(snapshot->number, 2);
	cr_assert_eq(snapshot->flows_active, 0);
	cr_assert_eq(snapshot->flows.ended[FLOW_END_FORCED], 300);
	cr_assert_eq(snapshot->flows.packets, 600);
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}

Test(ledger, settings_that_cannot_be_are_refused)
{
	struct worker_shared worker = {0}, *workers[] = {&worker};
	unsigned int lcore = 0;
	const struct stats_settings good = {.interval = CLOCK_SECOND,
					    .top_length = 1,
					    .workers = workers,
					    .lcores = &lcore,
					    .worker_count = 1,
					    .flow_capacity = 64};
	const struct clock_reading start = {.clock = RIG_START};
	struct stats_settings bad[6] = {good, good, good, good, good, good};
	struct stats *stats = NULL;

	bad[0].interval = 0;
	bad[1].top_length = 0;
	bad[2].worker_count = 0;
	bad[3].worker_count = WORKERS_MAX + 1;
	bad[4].port_count = PORTS_MAX + 1;
	bad[5].flow_capacity = 0;
	for (unsigned int i = 0; i < 6; i++)
		cr_assert_eq(stats_create(&bad[i], start, &stats), -EINVAL, "%u", i);
	cr_assert_eq(stats_create(&good, start, &stats), 0);
	stats_destroy(stats);
	stats_destroy(NULL);
}

/* The same packets through one table and through four. */
Test(ledger, the_number_of_workers_changes_no_total)
{
	struct rig *rigs[2] = {rig_open(&(struct rig_settings){.top_length = 1000}),
			       rig_open(&(struct rig_settings){.top_length = 1000, .workers = 4})};
	const struct snapshot *snapshots[2];
	struct prng random = {1};

	for (int i = 0; i < 10000; i++) {
		struct shot shot = shot_of(prng_below(&random, 20), 60);
		bool step = prng_one_in(&random, 100);

		shot.destination += prng_below(&random, 20);
		shot.source_port += (uint16_t)prng_below(&random, 2);
		shot.octets += (uint16_t)prng_below(&random, 1000);
		for (int r = 0; r < 2; r++) {
			rig_send(rigs[r], &shot, 1);
			if (step)
				rig_step(rigs[r], CLOCK_SECOND);
		}
	}
	for (int r = 0; r < 2; r++) {
		rig_finish(rigs[r]);
		snapshots[r] = stats_acquire(rigs[r]->stats);
	}
	cr_assert_eq(snapshots[0]->received, snapshots[1]->received);
	cr_assert_eq(snapshots[0]->ip_octets, snapshots[1]->ip_octets);
	cr_assert_eq(snapshots[0]->flows.created, snapshots[1]->flows.created);
	for (int d = 0; d < STATS_DIMENSIONS; d++) {
		for (int m = 0; m < STATS_METRICS; m++) {
			for (int w = 0; w < STATS_WINDOWS; w++) {
				const struct stats_top *one = &snapshots[0]->top[d][m][w];
				const struct stats_top *four = &snapshots[1]->top[d][m][w];

				cr_assert_eq(one->shown, four->shown);
				cr_assert_arr_eq(one->rows, four->rows,
						 one->shown * sizeof(struct stats_row));
			}
		}
	}
	for (int r = 0; r < 2; r++) {
		stats_release(rigs[r]->stats, snapshots[r]);
		rig_close(rigs[r]);
	}
}
