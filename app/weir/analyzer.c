/* SPDX-License-Identifier: BSD-3-Clause */
#include "analyzer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pdump.h>

#include <weir/clock.h>
#include <weir/log.h>
#include <weir/memory.h>
#include <weir/signals.h>
#include <weir/telemetry.h>

#include "capabilities.h"
#include "describe.h"
#include "privileges.h"
#include "stats_lcores.h"
#include "workers.h"

/*
 * The main thread's naps while nothing happens: ever longer, so that idling costs next to nothing.
 */
#define NAP_SHORTEST_US 1000
#define NAP_LONGEST_US  10000

/* Captures of so many bytes are analysed before huge pages are cleared. */
#define LITTLE (8u << 20)

/* How often it looks, at the end, whether to tell anew how far outlets are. */
#define WRITE_LOOK (100 * CLOCK_MILLISECOND)

static int make_stats(struct analyzer *analyzer, struct error *error)
{
	const struct options *options = analyzer->options;
	struct port *ports[PORTS_MAX];
	unsigned int lcores[WORKERS_MAX];
	struct stats_settings settings = {
		.interval = options->interval,
		/* telemetry clients may ask for more than the report shows */
		.top_length = RTE_MAX(options->top, 100u),
		.capture = options->source.kind == SOURCE_CAPTURES,
		.sample = options->sample,
		.flow_capacity = options->flow_capacity,
		.workers = analyzer->shared,
		.lcores = lcores,
		.worker_count = analyzer->workers_ready,
		.ports = ports,
		.port_count = analyzer->source.port_count,
		.prefilter = analyzer->source.front.prefilter != NULL ? describe_front : NULL,
		.prefilter_context = &analyzer->source,
		.outlets = outputs_fill,
		.outlets_context = &analyzer->outputs,
	};
	int result = hash_secret_draw(&settings.secret);

	stats_lcores_set(&options->source, &settings);
	for (uint32_t p = 0; p < settings.port_count; p++)
		ports[p] = &analyzer->source.ports[p];
	for (uint32_t w = 0; w < settings.worker_count; w++)
		lcores[w] = analyzer->workers[w].lcore;
	if (result == 0)
		result = stats_create(&settings, clock_read(), &analyzer->stats);
	if (result != 0)
		return error_set(error, -result, "statistics: %s; free some memory",
				 strerror(-result));
	return outputs_consume(&analyzer->outputs, analyzer->stats, analyzer->shared[0]->extensions,
			       error);
}

/* Somebody counts by intervals: those of a capture are of its own time. */
static void arrange_meetings(struct analyzer *analyzer)
{
	if (analyzer->source.reader == NULL || !stats_needs_intervals(analyzer->stats))
		return;
	rendezvous_init(&analyzer->rendezvous, analyzer->workers_ready);
	analyzer->meets = true;
	reader_meet(analyzer->source.reader, &analyzer->rendezvous, analyzer->options->interval);
	stats_meet(analyzer->stats, &analyzer->rendezvous);
	for (uint16_t w = 0; w < analyzer->workers_ready; w++)
		analyzer->workers[w].rendezvous = &analyzer->rendezvous;
}

/* Nobody knows of a pipe how much it will bring; a compressed capture takes its time anyway. */
static void expect_size(const struct analyzer *analyzer)
{
	const struct reader *reader = analyzer->source.reader;
	const uint64_t bytes = reader != NULL ? reader_progress(reader).size : 0;

	if (bytes > 0 && bytes <= LITTLE)
		memory_expect_little();
}

int analyzer_open_source(struct analyzer *analyzer, const struct options *options,
			 struct error *error)
{
	int result;

	analyzer->options = options;
	expect_size(analyzer);
	events_init(&analyzer->events);
	analyzer->workers = calloc(WORKERS_MAX, sizeof(analyzer->workers[0]));
	if (analyzer->workers == NULL)
		return error_set(error, ENOMEM, "workers: out of memory; free some");
	/*
	 * Before the source, because it can take seconds in which frames would be taken and lost.
	 */
	result = stats_lcores_check(&options->source, error);
	if (result == 0 && options->filter != NULL)
		result = filter_create(options->filter, &analyzer->source.fields, &analyzer->filter,
				       error);
	return result != 0 ? result : source_open(&analyzer->source, &analyzer->plan, error);
}

int analyzer_make_workers(struct analyzer *analyzer, struct error *error)
{
	int result = workers_make(analyzer, error);

	return result != 0 ? result : make_stats(analyzer, error);
}

int analyzer_open(struct analyzer *analyzer, const struct options *options, struct error *error)
{
	int result = analyzer_open_source(analyzer, options, error);

	if (result == 0)
		result = outputs_open(&analyzer->outputs, options, &analyzer->identity, error);
	if (result == 0)
		result = analyzer_make_workers(analyzer, error);
	if (result != 0)
		return result;
	arrange_meetings(analyzer);
	frames_start(&analyzer->frames, &analyzer->source, analyzer->workers_ready);
	describe(analyzer);
	worker_register_lcore_usage(analyzer->workers, analyzer->workers_ready);
	/* Without shared memory nobody can attach; that is no reason not to run. */
	if (!rte_eal_has_hugepages() || rte_pdump_init() != 0)
		log_debug("packet capture: dpdk-dumpcap cannot attach here");
	return telemetry_start(analyzer->stats, &analyzer->info, error);
}

static bool workers_done(const struct analyzer *analyzer)
{
	for (uint16_t w = 0; w < analyzer->workers_ready; w++)
		if (!__atomic_load_n(&analyzer->workers[w].shared.done, __ATOMIC_ACQUIRE))
			return false;
	return true;
}

/*
 * A signal ends it, and a meeting; a record waits no longer than it takes to fill a small part of
 * the rings.
 */
static void nap(struct analyzer *analyzer, unsigned int *us)
{
	if (analyzer->meets)
		rendezvous_nap(&analyzer->rendezvous, *us);
	else
		usleep(*us);
	*us = RTE_MIN(*us + *us / 8, (unsigned int)NAP_LONGEST_US);
}

static int print_report(struct analyzer *analyzer, struct error *error)
{
	const struct snapshot *snapshot = stats_acquire(analyzer->stats);
	int result;

	if (snapshot == NULL)
		return 0;
	if (snapshot->number == analyzer->reported) { /* --report-every is less than --interval */
		stats_release(analyzer->stats, snapshot);
		return 0;
	}
	analyzer->reported = snapshot->number;
	progress_hide(analyzer);
	analyzer->info.prefilter_rules = describe_rules(&analyzer->source.front);
	result = outputs_report(&analyzer->outputs, snapshot, &analyzer->info, error);
	stats_release(analyzer->stats, snapshot);
	json_decref(analyzer->info.prefilter_rules);
	return result;
}

static bool report_due(struct analyzer *analyzer, uint64_t now, uint64_t *reported)
{
	const struct options *options = analyzer->options;
	bool asked = signals_take_report();

	if (asked)
		analyzer->reported = 0; /* whoever asks gets one, also the same again */
	if (options->report_every == 0 || now - *reported < options->report_every)
		return asked;
	*reported += options->report_every;
	return true;
}

/* SIGHUP. What cannot be had anew stays as it was. */
static void reopen(struct analyzer *analyzer)
{
	log_info("SIGHUP: files are opened and rules read again");
	outputs_reopen(&analyzer->outputs);
	front_reload(&analyzer->source.front);
}

/*
 * All interfaces and devices are gone. Nothing more can come, also not when one of the same name is
 * made; whoever starts weir may start it again.
 */
static int nothing_left(const struct analyzer *analyzer, struct error *error)
{
	return error_set(error, ENODEV,
			 "%s: it is gone, so weir ended; start it again when it is back",
			 analyzer->info.sources[0]);
}

/* Receive, drain, snapshot, until it is time to end. The main lcore's life. */
static int receive(struct analyzer *analyzer, struct error *error)
{
	const struct options *options = analyzer->options;
	uint64_t started = clock_monotonic_ns(), reported = started;
	unsigned int nap_us = NAP_SHORTEST_US;
	int result = 0;

	progress_start(analyzer, started);
	while (!signals_stop() && !outputs_left_alone(&analyzer->outputs) &&
	       !workers_done(analyzer)) {
		uint32_t drained = stats_step(analyzer->stats, clock_read());
		const struct clock_reading reading = clock_read();
		uint64_t now = reading.clock;

		if (options->duration > 0 && now - started >= options->duration)
			break;
		progress_step(analyzer, now);
		watch_step(&analyzer->watch, reading);
		if (watch_is_blind(&analyzer->watch))
			return nothing_left(analyzer, error);
		if (signals_take_reopen())
			reopen(analyzer);
		if (outputs_take_report(&analyzer->outputs) &&
		    report_due(analyzer, now, &reported)) {
			describe_xstats(analyzer);
			result = print_report(analyzer, error);
			if (result != 0)
				break;
		}
		if (drained > 0) {
			nap_us = NAP_SHORTEST_US;
			continue;
		}
		outputs_rest(&analyzer->outputs);
		nap(analyzer, &nap_us);
	}
	progress_hide(analyzer);
	return result;
}

/* A capture that is stopped ends where the reader is: what it has handed over is analysed. */
static void stop_reading(struct analyzer *analyzer)
{
	struct reader *reader = analyzer->source.reader;

	reader_stop(reader);
	while (!reader_finished(reader))
		if (stats_step(analyzer->stats, clock_read()) == 0)
			usleep(NAP_SHORTEST_US / 10);
}

/* The workers end all flows while the stats core keeps taking the records. */
static void wind_down(struct analyzer *analyzer)
{
	telemetry_offer_prefilter(NULL);
	source_end_front(&analyzer->source);
	if (analyzer->source.reader != NULL)
		stop_reading(analyzer);
	__atomic_store_n(&analyzer->stop_workers, true, __ATOMIC_RELEASE);
	outputs_wind_down(&analyzer->outputs);
	while (!workers_done(analyzer))
		if (stats_step(analyzer->stats, clock_read()) == 0)
			usleep(NAP_SHORTEST_US / 10);
	for (uint16_t w = 0; w < analyzer->workers_ready; w++)
		rte_eal_wait_lcore(analyzer->workers[w].lcore);
	if (analyzer->source.reader != NULL)
		describe_result(analyzer);
	else
		describe_xstats(analyzer); /* the last time that the ports are asked */
	describe_stamps(analyzer);
	while (!stats_take_rest(analyzer->stats))
		if (stats_step(analyzer->stats, clock_read()) == 0)
			usleep(NAP_SHORTEST_US / 10);
	stats_finish(analyzer->stats, clock_read());
	stats_lcores_wait(&analyzer->options->source);
}

/* Known only when the ports have started: some drivers tell no earlier how they spread. */
static int merge_splits(struct analyzer *analyzer, struct error *error)
{
	const struct options *options = analyzer->options;
	int result = stats_merge_splits(analyzer->stats, options->active_timeout,
					options->inactive_timeout);

	if (result != 0)
		return error_set(
			error, -result,
			"split flows: no memory to merge them; lower --flow-capacity or use "
			"--workers 1");
	return 0;
}

int analyzer_check_memory(const struct analyzer *analyzer, struct error *error)
{
	size_t needed = memory_reserved(), room = memory_room();

	if (analyzer->options->source.kind == SOURCE_CAPTURES || needed <= room)
		return 0;
	return error_set(error, ENOMEM,
			 "memory: %zu MB more are needed, and this host or cgroup has %zu MB; "
			 "lower --flow-capacity or --workers, or give it more",
			 needed / 1000000, room / 1000000);
}

/*
 * What runs for long takes all of its memory before the first frame, or says now that there is too
 * little; a capture takes what it needs.
 */
static int take_memory(struct analyzer *analyzer, struct error *error)
{
	int result = analyzer_check_memory(analyzer, error);

	if (result != 0 || analyzer->options->source.kind == SOURCE_CAPTURES)
		return result;
	/* Workers first: a page lies on the node of the lcore that touches it. */
	for (uint16_t w = 0; w < analyzer->workers_ready; w++)
		rte_eal_remote_launch(worker_prefault, &analyzer->workers[w],
				      analyzer->workers[w].lcore);
	rte_eal_mp_wait_lcore();
	memory_take_all();
	return 0;
}

/* When ports have started, and with what merging takes: from here on it stays as it is. */
static void tell_memory(struct analyzer *analyzer)
{
	size_t bytes = memory_resident();

	if (analyzer->options->source.kind == SOURCE_CAPTURES)
		return;
	__atomic_store_n(&analyzer->info.memory, bytes, __ATOMIC_RELEASE);
	log_info("memory: %zu MB, all of it taken now (--flow-capacity %" PRIu32 ")",
		 bytes / 1000000, analyzer->options->flow_capacity);
}

/* Records are still on their way out: who asks meanwhile is told how far they are. */
static void write_out(struct analyzer *analyzer)
{
	uint64_t renewed = clock_monotonic_ns();

	while (!outputs_written(&analyzer->outputs, WRITE_LOOK)) {
		const struct clock_reading now = clock_read();

		if (now.clock - renewed >= analyzer->options->interval &&
		    stats_renew(analyzer->stats, now))
			renewed = now.clock;
	}
}

/* The report is the last, and knows what became of the records. 0, or the first failure. */
static int hand_out(struct analyzer *analyzer, struct error *error)
{
	struct error later;

	write_out(analyzer);
	int records = outputs_finish_records(&analyzer->outputs, error);

	while (!stats_renew(analyzer->stats, clock_read()))
		usleep(NAP_SHORTEST_US);
	int report = print_report(analyzer, records == 0 ? error : &later);
	int written = outputs_finish_report(&analyzer->outputs,
					    records == 0 && report == 0 ? error : &later);

	analyzer->left_alone = outputs_left_alone(&analyzer->outputs);
	return records != 0 ? records : report != 0 ? report : written;
}

/* What is needed from here on is open. */
static int give_up_privileges(struct analyzer *analyzer, struct error *error)
{
	const struct privileges keep = privileges_of(&analyzer->source);
	int result;

	if (analyzer->identity.name != NULL)
		telemetry_read_only();
	result = identity_become(&analyzer->identity, rte_eal_get_runtime_dir(), error);
	return result != 0 ? result : capabilities_drop(keep.running, keep.closing, error);
}

static bool let_go(void *context, uint16_t port)
{
	struct analyzer *analyzer = context;

	return workers_let_go(analyzer->workers, analyzer->workers_ready, port);
}

static void take_up(void *context, uint16_t port, uint16_t id)
{
	struct analyzer *analyzer = context;

	workers_take_up(analyzer->workers, analyzer->workers_ready, port, id);
}

static void start_watch(struct analyzer *analyzer)
{
	const struct watch_settings settings = {
		.ports = analyzer->source.ports,
		.count = analyzer->source.port_count,
		.filtered = analyzer->options->source.prefilter != NULL,
		.pollers = {.let_go = let_go, .take_up = take_up, .context = analyzer},
	};

	watch_start(&analyzer->watch, &settings, &analyzer->events, clock_read());
}

int analyzer_run(struct analyzer *analyzer, struct error *error)
{
	struct error later;
	int result = take_memory(analyzer, error);
	int handed_out;

	if (result == 0)
		result = source_start(&analyzer->source, error);
	if (result == 0 && source_may_split(&analyzer->source, &analyzer->plan))
		result = merge_splits(analyzer, error);
	if (result == 0)
		result = give_up_privileges(analyzer, error);
	if (result == 0)
		result = source_read(&analyzer->source, error);
	if (result != 0)
		return result;
	tell_memory(analyzer);
	telemetry_offer_prefilter(front_offer(&analyzer->source.front));
	if (analyzer->options->source.kind != SOURCE_CAPTURES)
		start_watch(analyzer);
	stats_lcores_launch(analyzer->stats, &analyzer->options->source);
	for (uint16_t w = 0; w < analyzer->workers_ready; w++)
		rte_eal_remote_launch(worker_main, &analyzer->workers[w],
				      analyzer->workers[w].lcore);
	service_start(&analyzer->service, analyzer->stats, analyzer->options->interval);
	result = receive(analyzer, error);
	service_ends(&analyzer->service);
	wind_down(analyzer);
	source_stop(&analyzer->source);
	handed_out = hand_out(analyzer, result == 0 ? error : &later);
	return result != 0 ? result : handed_out;
}

void analyzer_close(struct analyzer *analyzer)
{
	telemetry_stop();
	service_stop(&analyzer->service);
	frames_stop(&analyzer->frames);
	capabilities_take_up();
	rte_pdump_uninit();
	outputs_close(&analyzer->outputs);
	watch_stop(&analyzer->watch);
	if (analyzer->stats != NULL)
		stats_destroy(analyzer->stats);
	for (uint16_t w = 0; w < analyzer->workers_ready; w++)
		worker_shared_release(&analyzer->workers[w].shared);
	filter_destroy(analyzer->filter);
	json_decref(analyzer->info.xstats);
	json_decref(analyzer->info.settings);
	source_close(&analyzer->source);
	if (analyzer->meets)
		rendezvous_destroy(&analyzer->rendezvous);
	free(analyzer->workers);
}
