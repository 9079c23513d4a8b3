/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

#include <weir/statistics.h>

#define METRIC_MAX 128

static void each(void (*check)(enum statistics_list list, const struct statistic *statistic))
{
	for (int list = 0; list < STATISTICS_COUNT; list++)
		for (const struct statistic *one = statistics[list].members; one->name; one++)
			check(list, one);
}

/* What a name may be on the telemetry socket, and so of a metric. */
static void check_name(enum statistics_list list, const struct statistic *one)
{
	char metric[METRIC_MAX];

	statistic_metric(metric, sizeof(metric), list, one);
	cr_expect_lt(strlen(metric), sizeof(metric) - 1, "%s", metric);
	for (const char *c = metric; *c != '\0'; c++)
		cr_expect(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_',
			  "%s", metric);
	cr_expect_eq(statistic_find(list, one->name), one, "%s is there twice", metric);
}

Test(statistics, names_are_valid_and_there_once)
{
	each(check_name);
	cr_expect_null(statistic_find(STATISTICS_LEDGER, "nothing"));
}

static void check_metric(enum statistics_list list, const struct statistic *one)
{
	static char known[256][METRIC_MAX];
	static unsigned int count;
	const char *end;

	cr_assert_lt(count, 256);
	end = statistic_metric(known[count], METRIC_MAX, list, one);
	for (unsigned int i = 0; i < count; i++)
		cr_expect_str_neq(known[i], known[count]);
	end += strlen(end) < 6 ? 0 : strlen(end) - 6;
	cr_expect_eq(strcmp(end, "_total") == 0, one->counter, "%s", known[count]);
	count++;
}

/* Prometheus: a counter's name ends in _total, and no other does. */
Test(statistics, metrics_are_distinct_and_say_what_counts)
{
	each(check_metric);
}

Test(statistics, metrics_name_the_unit_once)
{
	static const struct {
		enum statistics_list list;
		const char *name, *metric;
	} known[] = {
		{STATISTICS_LEDGER, "missed", "weir_ledger_missed_frames_total"},
		{STATISTICS_LEDGER, "ip_octets", "weir_ledger_ip_octets_total"},
		{STATISTICS_LEDGER, "balanced", "weir_ledger_balanced"},
		{STATISTICS_FLOWS, "active", "weir_flows_active"},
		{STATISTICS_FLOWS_ENDED, "idle", "weir_flows_ended_idle_total"},
		{STATISTICS_SIZES, "mean", "weir_packet_size_mean_octets"},
		{STATISTICS_RATES, "ip_bits_per_second", "weir_throughput_ip_octets_per_second"},
		{STATISTICS_PROCESSORS, "ring_pause_microseconds",
		 "weir_workers_cpu_ring_pause_seconds"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		char metric[METRIC_MAX];

		statistic_metric(metric, sizeof(metric), known[i].list,
				 statistic_find(known[i].list, known[i].name));
		cr_expect_str_eq(metric, known[i].metric);
	}
}

/* A HELP line, and a cell of a table, have no room for more. */
static void check_text(enum statistics_list list, const struct statistic *one)
{
	const char *const texts[] = {one->unit, one->label, one->meaning};

	for (size_t i = 0; i < 3; i++)
		cr_expect(texts[i][0] != '\0' && strpbrk(texts[i], "\n|\\\"") == NULL, "%s.%s: %s",
			  statistics[list].path, one->name, texts[i]);
}

Test(statistics, texts_are_one_line)
{
	each(check_text);
}
