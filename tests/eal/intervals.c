/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The intervals of a capture: what a consumer is given is the same in every run, with any number of
 * workers, and it is what the capture holds.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_mempool.h>

#include <weir/clock.h>

#include "eal_rig.h"
#include "intervals_rig.h"

/* All that came in an interval, by the clock of the frames, and only that; and time is whole. */
static void expect_traffic(const struct traffic *traffic, const struct notes *notes)
{
	uint32_t frame = 0;

	for (uint32_t i = 0; i < notes->interval_count; i++) {
		const struct stats_interval *interval = &notes->intervals[i].interval;
		uint64_t packets = 0, length = interval->to - interval->from;
		bool last = i == notes->interval_count - 1;

		while (frame < traffic->frames && (last || traffic->clocks[frame] < interval->to)) {
			cr_assert_geq(traffic->clocks[frame++], interval->from);
			packets++;
		}
		cr_assert_eq(notes->intervals[i].packets, packets, "from %lu to %lu: %lu packets",
			     interval->from, interval->to, notes->intervals[i].packets);
		cr_assert_eq(interval->last, last);
		cr_assert_eq(interval->shift, 0);
		cr_assert_eq(interval->from % CLOCK_SECOND, 0);
		cr_assert(i == 0 || interval->from == notes->intervals[i - 1].interval.to);
		cr_assert(last ? interval->to == traffic->now
			       : length == CLOCK_SECOND ||
					  (length % CLOCK_SECOND == 0 && packets == 0));
	}
	cr_assert_eq(frame, traffic->frames);
}

Test(intervals, are_the_same_in_every_run_with_any_number_of_workers, .timeout = 120)
{
	static struct notes notes[9];
	static struct rig rig;
	struct traffic *traffic;

	eal_rig_start(NULL);
	traffic = traffic_make("traffic");
	for (unsigned int run = 0; run < RTE_DIM(notes); run++) {
		intervals_open(&rig, eal_rig_path("traffic"), (uint16_t)(1 << run % 3));
		intervals_arrange(&rig);
		notes_add(&rig, &notes[run]);
		intervals_analyse(&rig, &notes[run], 0);
		intervals_close(&rig);
		notes_close(&notes[run]);
		expect_traffic(traffic, &notes[run]);
		cr_assert_eq(notes[run].size, notes[0].size);
		cr_assert_eq(memcmp(notes[run].text, notes[0].text, notes[0].size), 0,
			     "run %u differs", run);
	}
	cr_expect_gt(notes[0].records_most, WORKERS_MOST * ENDED_RING,
		     "more ended in one interval than the rings hold");
	for (unsigned int run = 0; run < RTE_DIM(notes); run++)
		free(notes[run].text);
	free(traffic);
	eal_rig_stop();
}

/* Meetings cut a capture's time, too: what came when does not depend on whether there are any. */
Test(intervals, throughput_over_time_is_the_same_with_and_without, .timeout = 120)
{
	static struct stats_over_time first;
	const struct snapshot *snapshot;
	static struct notes notes;
	static struct rig rig;

	eal_rig_start(NULL);
	free(traffic_make("traffic"));
	for (unsigned int run = 0; run < 4; run++) {
		intervals_open(&rig, eal_rig_path("traffic"), run / 2 == 0 ? 1 : 4);
		if (run % 2 == 1) {
			intervals_arrange(&rig);
			notes_add(&rig, &notes);
		}
		intervals_analyse(&rig, &notes, 0);
		snapshot = stats_acquire(rig.stats);
		if (run == 0)
			first = snapshot->over_time;
		cr_expect_gt(snapshot->over_time.count, 10);
		cr_expect_eq(memcmp(&first, &snapshot->over_time, sizeof(first)), 0,
			     "run %u differs", run);
		stats_release(rig.stats, snapshot);
		intervals_close(&rig);
		if (run % 2 == 1) {
			notes_close(&notes);
			free(notes.text);
		}
	}
	eal_rig_stop();
}

/* What a report and the records tell of a capture. */
struct answer {
	struct notes records;
	uint64_t ledger[5], reasons[PACKET_REASONS];
	struct flow_counters flows;
	struct stats_row top[STATS_DIMENSIONS][STATS_METRICS][TOP_LENGTH];
};

static void take_answer(struct answer *answer, struct stats *stats)
{
	const struct snapshot *snapshot = stats_acquire(stats);
	const uint64_t ledger[] = {snapshot->received, snapshot->frame_octets, snapshot->ip_octets,
				   snapshot->first, snapshot->last};

	memcpy(answer->ledger, ledger, sizeof(ledger));
	memcpy(answer->reasons, snapshot->reasons, sizeof(answer->reasons));
	answer->flows = snapshot->flows;
	answer->flows.relookups = 0; /* how bursts came, not what was in them */
	for (unsigned int d = 0; d < STATS_DIMENSIONS; d++)
		for (unsigned int m = 0; m < STATS_METRICS; m++) {
			const struct stats_top *top = &snapshot->top[d][m][STATS_TOTAL];

			memcpy(answer->top[d][m], top->rows, top->shown * sizeof(*top->rows));
		}
	stats_release(stats, snapshot);
	qsort(answer->records.lines, answer->records.count, sizeof(answer->records.lines[0]),
	      notes_compare);
}

static void expect_same_answer(const struct answer *one, const struct answer *other,
			       unsigned int run)
{
	cr_assert_eq(one->records.count, other->records.count, "run %u", run);
	for (uint32_t i = 0; i < one->records.count; i++)
		cr_assert_str_eq(one->records.lines[i], other->records.lines[i], "run %u", run);
	cr_expect_arr_eq(one->ledger, other->ledger, sizeof(one->ledger), "run %u", run);
	cr_expect_arr_eq(one->reasons, other->reasons, sizeof(one->reasons), "run %u", run);
	cr_expect_eq(memcmp(&one->flows, &other->flows, sizeof(one->flows)), 0, "run %u", run);
	cr_expect_eq(memcmp(one->top, other->top, sizeof(one->top)), 0, "run %u", run);
}

/* With somebody who counts by intervals and without: a capture has one answer. */
Test(intervals, records_and_report_are_the_same_with_and_without, .timeout = 120)
{
	static struct answer answers[4];
	static struct notes notes;
	static struct rig rig;

	eal_rig_start(NULL);
	free(traffic_make("traffic"));
	for (unsigned int run = 0; run < RTE_DIM(answers); run++) {
		struct stats_consumer all = {.record = notes_record,
					     .room = notes_room,
					     .context = &answers[run].records};

		intervals_open(&rig, eal_rig_path("traffic"), run / 2 == 0 ? 1 : 4);
		notes_open(&answers[run].records);
		if (run % 2 == 1) {
			intervals_arrange(&rig);
			notes_add(&rig, &notes);
		}
		cr_assert_eq(stats_add_consumer(rig.stats, &all), 0);
		intervals_analyse(&rig, &notes, 0);
		take_answer(&answers[run], rig.stats);
		intervals_close(&rig);
		expect_same_answer(&answers[0], &answers[run], run);
		if (run % 2 == 1) {
			notes_close(&notes);
			free(notes.text);
		}
	}
	cr_expect_gt(answers[0].records.count, 6000);
	for (unsigned int run = 0; run < RTE_DIM(answers); run++) {
		notes_close(&answers[run].records);
		free(answers[run].records.text);
	}
	eal_rig_stop();
}

/* What was handed out before the stop is counted, and the rest is not waited for. */
Test(intervals, a_stop_ends_them, .timeout = 60)
{
	struct reader_result result;
	static struct notes notes;
	static struct rig rig;
	uint64_t packets = 0;

	eal_rig_start(NULL);
	free(traffic_make("traffic"));
	intervals_open(&rig, eal_rig_path("traffic"), 2);
	intervals_arrange(&rig);
	notes_add(&rig, &notes);
	intervals_analyse(&rig, &notes, 5);
	reader_result(rig.reader, &result);
	for (uint32_t i = 0; i < notes.interval_count; i++)
		packets += notes.intervals[i].packets;
	cr_expect_eq(packets, result.frames);
	cr_expect_lt(notes.interval_count, 12, "%u intervals", notes.interval_count);
	cr_expect(notes.intervals[notes.interval_count - 1].interval.last);
	intervals_close(&rig);
	notes_close(&notes);
	free(notes.text);
	eal_rig_stop();
}

/* Neither workers nor stats core ever come: the reader does not wait for them when it shall stop.
 */
Test(intervals, nobody_comes, .timeout = 60)
{
	const struct rte_mempool *pool = NULL;
	struct reader_result result;
	static struct rig rig;
	struct error error;

	eal_rig_start(NULL);
	free(traffic_make("traffic"));
	intervals_open(&rig, eal_rig_path("traffic"), 1);
	intervals_arrange(&rig);
	cr_assert_eq(reader_start(rig.reader, &error), 0, "%s", error.text);
	while (rendezvous_called(&rig.rendezvous) == 0)
		usleep(1000);
	cr_expect_not(reader_finished(rig.reader));
	reader_stop(rig.reader);
	while (!reader_finished(rig.reader))
		usleep(1000);
	reader_result(rig.reader, &result);
	cr_expect_eq(eal_rig_poll(&rig.port, result.frames, NULL, NULL), result.frames);
	pool = rte_mempool_lookup("weir_reader");
	cr_expect_eq(rte_mempool_avail_count(pool), pool->populated_size,
		     "the reader leaked mbufs");
	intervals_close(&rig);
	eal_rig_stop();
}
