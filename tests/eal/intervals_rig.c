/* SPDX-License-Identifier: BSD-3-Clause */
#include "intervals_rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include <weir/clock.h>
#include <weir/handover.h>

#include "eal_rig.h"

#define START (UINT64_C(1700000000) * CLOCK_SECOND + 123456789)
#define YEAR  (UINT64_C(365) * 86400 * CLOCK_SECOND)

/* ---- a capture, and what the clock of each of its frames is ---- */

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

struct traffic *traffic_make(const char *name)
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

static void note_deltas(void *context, uint32_t shard, const struct stats_batch *batch)
{
	struct notes *notes = context;

	cr_assert_eq(shard, 0);
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct stats_delta *delta = &batch->deltas[i];
		struct flow_view view;

		flow_view(batch->records[i], &view);
		notes->packets += delta->packets[0] + delta->packets[1];
		add_line(notes, 'd', &view, delta->packets, delta->octets,
			 delta->first[0] && delta->first[1]);
	}
}

void notes_record(void *context, const struct flow_view *view)
{
	struct notes *notes = context;

	cr_assert_gt(notes->room, 0);
	notes->room--;
	notes->records++;
	add_line(notes, 'r', view, view->packets, view->octets, false);
}

int notes_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Often there is none, also while all others have met: the interval ends when there was. */
uint32_t notes_room(void *context)
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
	qsort(notes->lines, notes->count, sizeof(notes->lines[0]), notes_compare);
	for (uint32_t i = 0; i < notes->count; i++)
		fputs(notes->lines[i], notes->out);
	notes->records_most = RTE_MAX(notes->records_most, notes->records);
	notes->count = notes->records = 0;
	notes->packets = 0;
}

void notes_open(struct notes *notes)
{
	memset(notes, 0, sizeof(*notes));
	notes->out = open_memstream(&notes->text, &notes->size);
	notes->lines = calloc(LINES_MAX, sizeof(notes->lines[0]));
}

void notes_close(struct notes *notes)
{
	fclose(notes->out);
	free(notes->lines);
}

/* ---- weir in little ---- */

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

void intervals_open(struct rig *rig, const char *path, uint16_t workers)
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

void intervals_arrange(struct rig *rig)
{
	for (uint16_t w = 0; w < rig->worker_count; w++)
		rig->workers[w].rendezvous = &rig->rendezvous;
	reader_meet(rig->reader, &rig->rendezvous, CLOCK_SECOND);
	stats_meet(rig->stats, &rig->rendezvous);
}

void intervals_close(struct rig *rig)
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

void intervals_analyse(struct rig *rig, const struct notes *notes, uint32_t stop_after)
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

void notes_add(struct rig *rig, struct notes *notes)
{
	const struct stats_consumer consumer = {.deltas = note_deltas,
						.interval = note_interval,
						.record = notes_record,
						.room = notes_room,
						.context = notes};

	notes_open(notes);
	cr_assert_not(stats_needs_intervals(rig->stats), "nobody has asked for them");
	cr_assert_eq(stats_add_consumer(rig->stats, &consumer), 0);
	cr_assert(stats_needs_intervals(rig->stats));
}
