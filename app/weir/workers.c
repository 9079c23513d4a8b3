/* SPDX-License-Identifier: BSD-3-Clause */
#include "workers.h"

#include <errno.h>
#include <inttypes.h>

#include <weir/clock.h>

/* Ended records on their way to the stats core, per worker: 16 MB, a tenth of a second at
 * a rate of a million ends a second. */
#define ENDED_RING (1u << 17)

/* Where all of its queues have a socket that tells of frames, it may sleep until then. */
static void let_rest(struct worker *worker, const struct plan_worker *planned,
		     const struct source *source)
{
	struct worker_rest *rest = &worker->rest;

	rest->longest = CLOCK_MILLISECOND;
	for (uint16_t q = 0; q < planned->queue_count; q++) {
		rest->sockets[q] = source_queue_socket(source, &planned->queues[q]);
		if (rest->sockets[q] < 0)
			return;
	}
	rest->socket_count = planned->queue_count;
}

static bool captures_at_end(void *reader)
{
	return reader_at_end(reader);
}

static uint64_t captures_final_clock(const void *reader)
{
	struct reader_result result;

	reader_result(reader, &result);
	return result.clock;
}

/* Captures end by themselves, by their own time, and nothing may be lost on the way. */
static void tie_to_reader(struct worker *worker, struct reader *reader)
{
	worker->at_end = captures_at_end;
	worker->final_clock = captures_final_clock;
	worker->context = reader;
	worker->lossless = true;
}

static void set_up(struct worker *worker, const struct plan_worker *planned,
		   const struct analyzer *analyzer)
{
	const struct options *options = analyzer->options;
	const struct source *source = &analyzer->source;

	worker->lcore = planned->lcore;
	worker->queue_count = planned->queue_count;
	for (uint16_t q = 0; q < planned->queue_count; q++)
		worker->queues[q] =
			(struct worker_queue){planned->queues[q].port, planned->queues[q].queue};
	worker->filter = analyzer->filter;
	worker->fields = source->fields;
	worker->vlan_key = !options->no_vlan_key;
	worker->trust_time = source->trust_time;
	worker->handed_frames = source->handed_frames;
	if (options->source.kind != SOURCE_PORTS || options->idle_sleep)
		let_rest(worker, planned, source);
	worker->stop = &analyzer->stop_workers;
	if (source->reader != NULL)
		tie_to_reader(worker, source->reader);
}

/* Of a capture always the same frames: nobody can choose what its numbers fall on. */
static int make_sample(const struct options *options, struct sample *sample)
{
	*sample = (struct sample){
		.one_in = options->sample,
		.secret = {{0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb,
			    0x2545f4914f6cdd1d}},
	};
	if (options->source.kind == SOURCE_CAPTURES)
		return 0;
	return hash_secret_draw(&sample->secret);
}

int workers_make(struct analyzer *analyzer, struct error *error)
{
	const struct options *options = analyzer->options;
	struct flow_settings settings = {
		.capacity = options->flow_capacity,
		.active_timeout = options->active_timeout,
		.inactive_timeout = options->inactive_timeout,
		.live = options->source.kind != SOURCE_CAPTURES,
	};
	struct sample sample;
	int result = hash_secret_draw(&settings.secret);

	if (result == 0)
		result = make_sample(options, &sample);
	if (result != 0)
		return error_set(error, -result,
				 "secret: the kernel gives no random bytes; try again");
	for (uint16_t w = 0; w < analyzer->plan.worker_count; w++) {
		struct worker *worker = &analyzer->workers[w];

		result = worker_shared_init(&worker->shared, w, &settings, ENDED_RING);
		if (result != 0)
			return error_set(error, -result,
					 "flow table: no memory for %" PRIu32 " records; lower "
					 "--flow-capacity",
					 options->flow_capacity);
		analyzer->shared[w] = &worker->shared;
		analyzer->workers_ready++;
		if (!settings.live && (worker->shared.timeline = timeline_create()) == NULL)
			return error_set(error, ENOMEM,
					 "timeline: no memory for it; use fewer --workers");
		set_up(worker, &analyzer->plan.workers[w], analyzer);
		worker->sample = sample;
		result = frames_prepare(&analyzer->frames, w, worker, &analyzer->source, error);
		if (result != 0)
			return result;
	}
	return 0;
}
