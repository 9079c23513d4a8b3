/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The intervals of a capture: reader, workers and stats core as in weir, and a consumer that writes
 * down what it is given. That is the same in every run, with any number of workers, and it is what
 * the capture holds.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include <kit/prng.h>
#include <weir/clock.h>
#include <weir/handover.h>
#include <weir/reader.h>
#include <weir/rendezvous.h>
#include <weir/stats.h>
#include <weir/worker.h>

#include "capture_rig.h"
#include "eal_rig.h"

#define START        (UINT64_C(1700000000) * CLOCK_SECOND + 123456789)
#define YEAR         (UINT64_C(365) * 86400 * CLOCK_SECOND)
#define WORKERS_MOST 4
#define TOP_LENGTH   10
#define ENDED_RING   1024 /* of each worker: less than may end at one border */
#define FRAMES_MAX   60000

/* ---- a capture, and what the clock of each of its frames is ---- */

struct traffic {
	struct capture capture;
	struct prng prng;
	uint64_t now;    /* the clock */
	uint64_t behind; /* a frame's time is so much less: after the clock of the host was set back
			  */
	uint32_t frames;
	uint64_t clocks[FRAMES_MAX];
};

static void add(struct traffic *traffic, uint64_t time, uint32_t flow, bool reverse)
{
	uint8_t frame[400];
	size_t length = 64 + flow % 300;

	cr_assert_lt(traffic->frames, FRAMES_MAX);
	if (flow % 3 == 0)
		frame_udp6(frame, length, flow, reverse);
	else
		frame_udp4(frame, length, flow, reverse);
	capture_add(&traffic->capture, time, frame, (uint32_t)length, (uint32_t)length);
	traffic->clocks[traffic->frames++] = traffic->now;
}

/* A frame at `clock`, of one of many flows. */
static void add_at(struct traffic *traffic, uint64_t clock)
{
	uint32_t flow = prng_below(&traffic->prng, 400);

	traffic->now = clock;
	add(traffic, clock - traffic->behind, flow % 8 ? flow : flow / 80,
	    prng_percent(&traffic->prng, 40));
}

/* Frames over `seconds`, at borders, too. */
static void add_steady(struct traffic *traffic, uint32_t seconds)
{
	uint64_t upto = traffic->now + seconds * CLOCK_SECOND;

	while (traffic->now < upto) {
		uint64_t border = (traffic->now / CLOCK_SECOND + 1) * CLOCK_SECOND;
		uint64_t next = traffic->now + prng_below(&traffic->prng, 4 * CLOCK_MILLISECOND);

		if (next >= border) {
			add_at(traffic, border - 1);
			add_at(traffic, border);
			add_at(traffic, border);
		}
		add_at(traffic, next >= border ? border + 1 : next);
	}
}

/* One packet each of so many flows, within a few ms. */
static void add_scan(struct traffic *traffic, uint32_t flows)
{
	for (uint32_t i = 0; i < flows; i++) {
		traffic->now += 500;
		add(traffic, traffic->now - traffic->behind, 1000 + i, false);
	}
}

static struct traffic *make_traffic(const char *name)
{
	struct traffic *traffic = calloc(1, sizeof(*traffic));

	traffic->prng.state = 11;
	capture_create(&traffic->capture, eal_rig_path(name), CAPTURE_PCAP_NS, 1);
	add_at(traffic, START);
	add_steady(traffic, 12); /* longer than the active timeout */
	add_scan(traffic, 6000); /* end all at once, in seconds with little else */
	for (int i = 0; i < 40; i++)
		add_at(traffic, traffic->now + CLOCK_SECOND / 4);
	/* Wild stamps: their clock is that of the frame before. */
	add(traffic, traffic->now + YEAR, 7, false);
	add_steady(traffic, 2);
	add(traffic, 0, 7, false);
	add_steady(traffic, 2);
	add_at(traffic, traffic->now + 3600 * CLOCK_SECOND); /* nothing came */
	add_steady(traffic, 3);
	add_at(traffic, traffic->now + 2 * YEAR); /* set forward */
	add_steady(traffic, 3);
	/* Set back: the first frame finds the clock where it stands. */
	traffic->behind = 3600 * CLOCK_SECOND;
	add_at(traffic, traffic->now);
	add_steady(traffic, 3);
	capture_close(&traffic->capture);
	return traffic;
}

/* ---- what the consumer is given, as text ---- */

struct notes {
	FILE *out;
	char *text;
	size_t size;
	/* Of the interval under way. */
	char (*lines)[160];
	uint32_t count, records;
	uint64_t packets;
	/* Of all: packets of each interval, and when it was. */
	struct {
		struct stats_interval interval;
		uint64_t packets;
	} intervals[300];
	uint32_t interval_count, records_most;
	uint32_t room, asked; /* records that may be given now; how often there were none */
};
#define LINES_MAX 20000

static void add_line(struct notes *notes, char kind, const struct flow_view *view,
		     const uint64_t packets[2], const uint64_t octets[2], bool is_new)
{
	cr_assert_lt(notes->count, LINES_MAX);
	snprintf(notes->lines[notes->count++], sizeof(notes->lines[0]),
		 "%c %d %08x%08x %08x%08x %u %u end %d: %lu %lu, %lu %lu%s; %lu..%lu\n", kind,
		 view->version, *(const uint32_t *)view->source,
		 *(const uint32_t *)(view->source + 12), *(const uint32_t *)view->destination,
		 *(const uint32_t *)(view->destination + 12), view->source_port,
		 view->destination_port, view->end, packets[0], packets[1], octets[0], octets[1],
		 is_new ? " new" : "", view->first, view->last);
}

static void note_deltas(void *context, const struct stats_batch *batch)
{
	struct notes *notes = context;

	for (uint32_t i = 0; i < batch->count; i++) {
		const struct stats_delta *delta = &batch->deltas[i];

		notes->packets += delta->packets[0] + delta->packets[1];
		add_line(notes, 'd', &batch->views[i], delta->packets, delta->octets,
			 delta->first[0] && delta->first[1]);
	}
}

static void note_record(void *context, const struct flow_view *view)
{
	struct notes *notes = context;

	cr_assert_gt(notes->room, 0);
	notes->room--;
	notes->records++;
	add_line(notes, 'r', view, view->packets, view->octets, false);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Often there is none, also while all others have met: the interval ends when there was. */
static uint32_t scarce_room(void *context)
{
	struct notes *notes = context;

	if (notes->room == 0 && ++notes->asked % 3 == 0)
		notes->room = 1000;
	return notes->room;
}

static void note_interval(void *context, const struct stats_interval *interval)
{
	struct notes *notes = context;

	cr_assert_lt(notes->interval_count, RTE_DIM(notes->intervals));
	notes->intervals[notes->interval_count].interval = *interval;
	notes->intervals[notes->interval_count++].packets = notes->packets;
	fprintf(notes->out, "from %lu to %lu%s\n", interval->from, interval->to,
		interval->last ? ", the last" : "");
	qsort(notes->lines, notes->count, sizeof(notes->lines[0]), compare_lines);
	for (uint32_t i = 0; i < notes->count; i++)
		fputs(notes->lines[i], notes->out);
	notes->records_most = RTE_MAX(notes->records_most, notes->records);
	notes->count = notes->records = 0;
	notes->packets = 0;
}

static void open_notes(struct notes *notes)
{
	memset(notes, 0, sizeof(*notes));
	notes->out = open_memstream(&notes->text, &notes->size);
	notes->lines = calloc(LINES_MAX, sizeof(notes->lines[0]));
}

static void close_notes(struct notes *notes)
{
	fclose(notes->out);
	free(notes->lines);
}

/* ---- weir in little ---- */

struct rig {
	struct reader *reader;
	struct port port;
	struct rendezvous rendezvous;
	struct worker workers[WORKERS_MOST];
	struct worker_shared *shared[WORKERS_MOST];
	pthread_t threads[WORKERS_MOST];
	uint16_t worker_count;
	struct stats *stats;
	bool stop_workers;
};

static bool at_end(void *reader)
{
	return reader_at_end(reader);
}

static uint64_t final_clock(const void *reader)
{
	struct reader_result result;

	reader_result(reader, &result);
	return result.clock;
}

static void make_worker(struct rig *rig, uint16_t w, const struct port_fields *fields)
{
	struct flow_settings settings = {
		.capacity = 16384,
		.active_timeout = 5 * CLOCK_SECOND,
		.inactive_timeout = 3 * CLOCK_SECOND,
	};
	struct worker *worker = &rig->workers[w];

	cr_assert_eq(hash_secret_draw(&settings.secret), 0);
	cr_assert_eq(worker_shared_init(&worker->shared, w, &settings, ENDED_RING), 0);
	worker->shared.timeline = timeline_create();
	cr_assert_not_null(worker->shared.timeline);
	rig->shared[w] = &worker->shared;
	worker->handover = handover_create(HANDOVER_FRAMES);
	cr_assert_not_null(worker->handover);
	worker->queues[0] = (struct worker_queue){rig->port.id, w};
	worker->queue_count = 1;
	worker->fields = *fields;
	worker->vlan_key = true;
	worker->handed_frames = true;
	worker->lossless = true;
	worker->rest.longest = CLOCK_MILLISECOND;
	worker->stop = &rig->stop_workers;
	worker->at_end = at_end;
	worker->final_clock = final_clock;
	worker->context = rig->reader;
}

static void make_stats(struct rig *rig)
{
	static const unsigned int lcores[WORKERS_MOST];
	struct stats_settings settings = {
		.interval = CLOCK_SECOND,
		.top_length = TOP_LENGTH,
		.capture = true,
		.workers = rig->shared,
		.lcores = lcores,
		.worker_count = rig->worker_count,
		.flow_capacity = 16384,
	};

	cr_assert_eq(hash_secret_draw(&settings.secret), 0);
	cr_assert_eq(stats_create(&settings, clock_read(), &rig->stats), 0);
}

static void open_rig(struct rig *rig, const char *path, uint16_t workers)
{
	struct port_fields fields;
	struct error error;
	uint16_t id;

	memset(rig, 0, sizeof(*rig));
	rig->worker_count = workers;
	cr_assert_eq(port_fields_register(&fields, &error), 0, "%s", error.text);
	cr_assert_eq(reader_open(&path, 1, &rig->reader, &error), 0, "%s", error.text);
	cr_assert_eq(reader_attach(rig->reader, workers, &fields, &id, &error), 0, "%s",
		     error.text);
	eal_rig_open(id, workers, &rig->port);
	rendezvous_init(&rig->rendezvous, workers);
	for (uint16_t w = 0; w < workers; w++)
		make_worker(rig, w, &fields);
	make_stats(rig);
}

static void arrange_meetings(struct rig *rig)
{
	for (uint16_t w = 0; w < rig->worker_count; w++)
		rig->workers[w].rendezvous = &rig->rendezvous;
	reader_meet(rig->reader, &rig->rendezvous, CLOCK_SECOND);
	stats_meet(rig->stats, &rig->rendezvous);
}

static void close_rig(struct rig *rig)
{
	stats_destroy(rig->stats);
	for (uint16_t w = 0; w < rig->worker_count; w++)
		handover_destroy(rig->workers[w].handover);
	port_close(&rig->port);
	reader_close(rig->reader);
	for (uint16_t w = 0; w < rig->worker_count; w++)
		worker_shared_release(rig->shared[w]);
	rendezvous_destroy(&rig->rendezvous);
}

static void *run_worker(void *worker)
{
	worker_main(worker);
	return NULL;
}

static bool workers_done(const struct rig *rig)
{
	for (uint16_t w = 0; w < rig->worker_count; w++)
		if (!__atomic_load_n(&rig->shared[w]->done, __ATOMIC_ACQUIRE))
			return false;
	return true;
}

/* From the first frame to the last; with `stop_after`, only until so many intervals have ended. */
static void analyse(struct rig *rig, const struct notes *notes, uint32_t stop_after)
{
	struct reader_result result;
	struct error error;
	cpu_set_t all;

	CPU_ZERO(&all); /* else all threads have this one's core, to which the EAL has tied it */
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		CPU_SET(cpu, &all);
	pthread_setaffinity_np(pthread_self(), sizeof(all), &all);
	for (uint16_t w = 0; w < rig->worker_count; w++)
		cr_assert_eq(pthread_create(&rig->threads[w], NULL, run_worker, &rig->workers[w]),
			     0);
	cr_assert_eq(reader_start(rig->reader, &error), 0, "%s", error.text);
	while (!workers_done(rig)) {
		if (stop_after > 0 && notes->interval_count >= stop_after)
			reader_stop(rig->reader);
		if (stats_step(rig->stats, clock_read()) == 0)
			rendezvous_nap(&rig->rendezvous, 1000);
	}
	for (uint16_t w = 0; w < rig->worker_count; w++)
		pthread_join(rig->threads[w], NULL);
	reader_result(rig->reader, &result);
	stats_set_capture_end(rig->stats, &(struct stats_capture_end){.clock = result.clock,
								      .span = result.span});
	stats_finish(rig->stats, clock_read());
}

static void add_notes(struct rig *rig, struct notes *notes)
{
	const struct stats_consumer consumer = {.deltas = note_deltas,
						.interval = note_interval,
						.record = note_record,
						.room = scarce_room,
						.context = notes};

	open_notes(notes);
	cr_assert_not(stats_needs_intervals(rig->stats), "nobody has asked for them");
	cr_assert_eq(stats_add_consumer(rig->stats, &consumer), 0);
	cr_assert(stats_needs_intervals(rig->stats));
}

/* ---- tests ---- */

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
	traffic = make_traffic("traffic");
	for (unsigned int run = 0; run < RTE_DIM(notes); run++) {
		open_rig(&rig, eal_rig_path("traffic"), (uint16_t)(1 << run % 3));
		arrange_meetings(&rig);
		add_notes(&rig, &notes[run]);
		analyse(&rig, &notes[run], 0);
		close_rig(&rig);
		close_notes(&notes[run]);
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
	free(make_traffic("traffic"));
	for (unsigned int run = 0; run < 4; run++) {
		open_rig(&rig, eal_rig_path("traffic"), run / 2 == 0 ? 1 : 4);
		if (run % 2 == 1) {
			arrange_meetings(&rig);
			add_notes(&rig, &notes);
		}
		analyse(&rig, &notes, 0);
		snapshot = stats_acquire(rig.stats);
		if (run == 0)
			first = snapshot->over_time;
		cr_expect_gt(snapshot->over_time.count, 10);
		cr_expect_eq(memcmp(&first, &snapshot->over_time, sizeof(first)), 0,
			     "run %u differs", run);
		stats_release(rig.stats, snapshot);
		close_rig(&rig);
		if (run % 2 == 1) {
			close_notes(&notes);
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
	      compare_lines);
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
	free(make_traffic("traffic"));
	for (unsigned int run = 0; run < RTE_DIM(answers); run++) {
		struct stats_consumer all = {.record = note_record,
					     .room = scarce_room,
					     .context = &answers[run].records};

		open_rig(&rig, eal_rig_path("traffic"), run / 2 == 0 ? 1 : 4);
		open_notes(&answers[run].records);
		if (run % 2 == 1) {
			arrange_meetings(&rig);
			add_notes(&rig, &notes);
		}
		cr_assert_eq(stats_add_consumer(rig.stats, &all), 0);
		analyse(&rig, &notes, 0);
		take_answer(&answers[run], rig.stats);
		close_rig(&rig);
		expect_same_answer(&answers[0], &answers[run], run);
		if (run % 2 == 1) {
			close_notes(&notes);
			free(notes.text);
		}
	}
	cr_expect_gt(answers[0].records.count, 6000);
	for (unsigned int run = 0; run < RTE_DIM(answers); run++) {
		close_notes(&answers[run].records);
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
	free(make_traffic("traffic"));
	open_rig(&rig, eal_rig_path("traffic"), 2);
	arrange_meetings(&rig);
	add_notes(&rig, &notes);
	analyse(&rig, &notes, 5);
	reader_result(rig.reader, &result);
	for (uint32_t i = 0; i < notes.interval_count; i++)
		packets += notes.intervals[i].packets;
	cr_expect_eq(packets, result.frames);
	cr_expect_lt(notes.interval_count, 12, "%u intervals", notes.interval_count);
	cr_expect(notes.intervals[notes.interval_count - 1].interval.last);
	close_rig(&rig);
	close_notes(&notes);
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
	free(make_traffic("traffic"));
	open_rig(&rig, eal_rig_path("traffic"), 1);
	arrange_meetings(&rig);
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
	close_rig(&rig);
	eal_rig_stop();
}
