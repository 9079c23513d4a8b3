/* SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <rte_lcore.h>
#include <rte_version.h>

#include <weir/check.h>
#include <weir/finding.h>
#include <weir/log.h>
#include <weir/memory.h>
#include <weir/output_name.h>
#include <weir/standard.h>

#include "capabilities.h"
#include "check_ports.h"
#include "eal.h"

/* Beside packet buffers: the EAL's own, rings, what captures for clients borrow. */
#define MORE_OCTETS (UINT64_C(16) << 20)

/* Files that a run has open: DPDK's, its own, clients of telemetry and of captures. */
#define DESCRIPTORS        64
#define DESCRIPTORS_EXPORT 2 /* each outlet */
#define DESCRIPTORS_QUEUE  4 /* each queue of an interface */

/* ---- the lines ---- */

static struct {
	bool json;
	bool complained[FINDING_COUNT];
} told;

static bool complained(enum finding finding)
{
	return told.complained[finding];
}

/* What mends it stands behind the last semicolon. */
static void print_json(enum finding finding, enum verdict verdict, const char *text)
{
	const char *mend = verdict == VERDICT_OK ? NULL : strrchr(text, ';');
	const int length = (int)(mend != NULL ? (size_t)(mend - text) : strlen(text));
	json_t *line = json_pack("{s:s, s:s, s:s%}", "verdict", verdict_name(verdict), "name",
				 finding_name(finding), "text", text, (size_t)length);

	if (line != NULL && mend != NULL)
		json_object_set_new(line, "mend", json_string(mend + 1 + (mend[1] == ' ')));
	if (line != NULL)
		json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(line);
}

static void print(void *context, enum finding finding, enum verdict verdict, const char *text)
{
	(void)context;
	told.complained[finding] |= verdict != VERDICT_OK;
	if (told.json)
		print_json(finding, verdict, text);
	else
		printf("%-4s %s: %s\n", verdict_name(verdict), finding_name(finding), text);
	fflush(stdout);
}

/* ---- what is to be run ---- */

static uint16_t count_workers(const struct options *options, const struct eal_words *eal)
{
	const struct source_settings *source = &options->source;
	unsigned int lcores = eal->lcores > 0 ? eal->lcores : eal_cpus();

	if (source->place_count > 0)
		lcores = source->place_count + 1; /* at most a queue a place */
	else if (source->workers > 0 || source->kind != SOURCE_PORTS)
		lcores = source_workers_wanted(source) + 1u;
	else
		lcores -= RTE_MIN(lcores, source->stats_lcore_count);
	return (uint16_t)RTE_MIN(RTE_MAX(lcores, 2u) - 1, (unsigned int)WORKERS_MAX);
}

static const char *file_of(const char *path)
{
	return path == NULL || strcmp(path, OUTPUT_STDOUT) == 0 || strcmp(path, OUTPUT_STDERR) == 0
		       ? NULL
		       : path;
}

static void describe_run(const struct options *options, struct check_run *run)
{
	static char prefix[64];

	*run = (struct check_run){.root = "",
				  .files = {file_of(options->flows), file_of(options->report)}};
	switch (options->source.kind) {
	case SOURCE_CAPTURES:
		run->source = CHECK_CAPTURES;
		break;
	case SOURCE_INTERFACE:
		run->source = CHECK_INTERFACE;
		break;
	case SOURCE_PORTS:
		run->source = CHECK_PORTS;
		eal_words_read(options->eal_count, options->eal_arguments, &run->eal);
		break;
	}
	if (run->source == CHECK_PORTS)
		snprintf(prefix, sizeof(prefix), "%s", run->eal.prefix);
	else
		eal_own_prefix(options, prefix, sizeof(prefix));
	run->prefix = run->eal.no_shared ? NULL : prefix;
	run->prefix_optional = run->source == CHECK_CAPTURES && options->file_prefix == NULL;
	run->workers = count_workers(options, &run->eal);
	const struct port_memory memory = port_memory(run->workers);

	run->device_octets = memory.usual;
	run->device_octets_least = memory.least;
	run->vdev_octets = memory.copied;
	run->more_octets = MORE_OCTETS;
	run->descriptors = DESCRIPTORS + DESCRIPTORS_EXPORT * options->exports.count +
			   DESCRIPTORS_QUEUE * run->workers;
}

int check_before(const struct options *options, struct error *error)
{
	struct check_run run;

	describe_run(options, &run);
	if (run.source != CHECK_PORTS)
		run.prefix = NULL; /* eal_start() takes it */
	return check_start(&run, error);
}

/* ---- lcores ---- */

static int cpu_of(unsigned int lcore)
{
	const cpu_set_t set = rte_lcore_cpuset(lcore);
	int found = -1;

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		if (found >= 0)
			return -1;
		found = cpu;
	}
	return found;
}

static void look_at_cpus(const struct source_settings *source, const struct plan *plan)
{
	struct check_lcore lcores[1 + STATS_LCORES_MAX + WORKERS_MAX];
	unsigned int count = 0, main_lcore = rte_get_main_lcore();

	lcores[count++] = (struct check_lcore){main_lcore, cpu_of(main_lcore), false};
	for (unsigned int i = 0; i < source->stats_lcore_count; i++)
		lcores[count++] = (struct check_lcore){source->stats_lcores[i],
						       cpu_of(source->stats_lcores[i]), false};
	for (uint16_t w = 0; w < plan->worker_count; w++)
		lcores[count++] = (struct check_lcore){plan->workers[w].lcore,
						       cpu_of(plan->workers[w].lcore), true};
	check_cpus("", lcores, count);
}

/* ---- all ---- */

static void look_at_memory(struct analyzer *analyzer)
{
	struct error error;
	int result = analyzer_make_workers(analyzer, &error);

	if (result == 0)
		result = analyzer_check_memory(analyzer, &error);
	if (result != 0)
		finding_fail(FINDING_MEMORY, "%s", error.text);
	else
		finding_ok(FINDING_MEMORY, "%zu MB for flow tables and statistics",
			   memory_reserved() / 1000000);
}

/* The source is prepared. */
static void look_behind_dpdk(const struct options *options, struct analyzer *analyzer)
{
	const bool live = options->source.kind != SOURCE_CAPTURES;
	struct error error;

	if (eal_start(options, source_lcores_wanted(&options->source), &error) != 0) {
		finding_fail(FINDING_EAL, "%s", error.text);
		return;
	}
	finding_ok(FINDING_EAL, "%s, %u lcores", rte_version(), rte_lcore_count());
	if (analyzer_open_source(analyzer, options, &error) != 0) {
		finding_fail(FINDING_PORTS, "%s", error.text);
	} else {
		check_ports(&analyzer->source, &analyzer->plan, complained);
		look_at_memory(analyzer);
		if (live)
			look_at_cpus(&options->source, &analyzer->plan);
	}
	analyzer_close(analyzer);
	eal_stop();
}

static void write_as(const void *writer, bool on)
{
	identity_write_as(writer, on);
}

static void look_at_user(const struct options *options, struct identity *identity)
{
	struct error error;

	if (identity_find(identity, options->user, &error) != 0)
		finding_fail(FINDING_USER, "%s", error.text);
	else if (identity->name != NULL)
		finding_ok(FINDING_USER, "%s", identity->name);
}

bool check(const struct options *options, struct analyzer *analyzer)
{
	struct check_run run;
	struct error error;

	told.json = options->json;
	finding_listen((struct finding_listener){print, NULL});
	/* What is said in lines is not logged as well. */
	log_set_level(options->log_level == LOG_LEVEL_DEBUG ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
	capabilities_no_new();
	describe_run(options, &run);
	look_at_user(options, &analyzer->identity);
	run.write_as = write_as;
	run.writer = &analyzer->identity;
	int prepared = source_prepare(&analyzer->source, &options->source, &error);

	if (prepared != 0)
		finding_fail(FINDING_SOURCE, "%s", error.text);
	else if (options->source.kind != SOURCE_PORTS)
		finding_ok(FINDING_SOURCE, "%s",
			   options->source.kind == SOURCE_INTERFACE ? options->source.interface
								    : options->source.captures.words[0]);
	if (check_host(&run) && prepared == 0)
		look_behind_dpdk(options, analyzer);
	else
		source_close(&analyzer->source);
	return finding_failures() == 0;
}
