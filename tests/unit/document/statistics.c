/* SPDX-License-Identifier: BSD-3-Clause */
/* Statistics are what their list says of them, over any life of flows in tables that overflow. */
#include <string.h>

#include <weir/statistics.h>

#include "fixture.h"
#include "rig.h"

#define HOSTS 24

/* The object at `path` of a report, "flows.ended"; of several, the first. */
static const json_t *object_at(const json_t *report, const char *path)
{
	char names[64], *rest = names, *name;

	snprintf(names, sizeof(names), "%s", path);
	while ((name = strsep(&rest, ".")) != NULL) {
		report = json_object_get(report, name);
		if (json_is_array(report))
			report = json_array_get(report, 0);
	}
	return report;
}

/* Of a list whose object is not in this report: 0. In an object that is, all members are. */
static json_int_t value(const json_t *report, enum statistics_list list,
			const struct statistic *one)
{
	const json_t *object = object_at(report, statistics[list].path), *member;

	if (object == NULL)
		return 0;
	member = json_object_get(object, one->name);
	cr_assert_not_null(member, "%s.%s", statistics[list].path, one->name);
	return json_is_boolean(member) ? json_is_true(member)
				       : (json_int_t)json_number_value(member);
}

/* What the rig has: no ports, no prefilter and no outlets, so nothing is seen of those here. */
static void check_presence(const json_t *report)
{
	static const enum statistics_list there[] = {
		STATISTICS_LEDGER,      STATISTICS_RATES,     STATISTICS_SIZES, STATISTICS_FLOWS,
		STATISTICS_FLOWS_ENDED, STATISTICS_FRAGMENTS, STATISTICS_SPLIT, STATISTICS_OVERFLOW,
		STATISTICS_WORKERS,     STATISTICS_PROCESSORS};

	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		cr_assert_not_null(object_at(report, statistics[there[i]].path), "%s",
				   statistics[there[i]].path);
}

static void check_never_falls(const json_t *before, const json_t *now)
{
	for (int list = 0; list < STATISTICS_COUNT; list++)
		for (const struct statistic *one = statistics[list].members; one->name; one++)
			if (one->counter)
				cr_assert_leq(value(before, list, one), value(now, list, one),
					      "%s.%s", statistics[list].path, one->name);
}

/* Where a sum is a statistic itself, its terms come to it. */
static void check_sums(const json_t *report, enum statistics_list list)
{
	const struct statistic *sum = statistics[list].members, *term;

	for (; sum->name != NULL; sum++) {
		json_int_t total = 0;
		bool terms = false;

		for (term = statistics[list].members; term->name != NULL; term++)
			if (strcmp(term->sum, sum->name) == 0) {
				total += value(report, list, term);
				terms = true;
			}
		if (terms)
			cr_assert_eq(total, value(report, list, sum), "%s.%s",
				     statistics[list].path, sum->name);
	}
}

static json_t *report_now(struct rig *rig)
{
	const struct snapshot *snapshot = stats_acquire(rig->stats);
	json_t *report = document_report(snapshot, &fixture_info, 1);

	stats_release(rig->stats, snapshot);
	cr_assert_not_null(report);
	return report;
}

static void random_second(struct rig *rig, struct prng *random)
{
	for (int i = 0; i < 300; i++) {
		const struct shot shot = {
			.source = 0x0a000001 + prng_below(random, HOSTS),
			.destination = 0xc0000201,
			.source_port = (uint16_t)prng_below(random, 50),
			.destination_port = 53,
			.protocol = PROTOCOL_TCP,
			.tcp_flags = prng_one_in(random, 4) ? TCP_RST : TCP_ACK,
			.octets = (uint16_t)(40 + prng_below(random, 1400)),
		};

		rig_send(rig, &shot, 1 + prng_below(random, 3));
	}
	rig_step(rig, CLOCK_SECOND);
}

Test(statistics, counters_never_fall_and_terms_come_to_their_sum)
{
	struct rig *rig = rig_open(&(struct rig_settings){
		.workers = 2, .flow_capacity = 256, .inactive = CLOCK_SECOND});
	struct prng random = {4711};
	json_t *before = NULL;

	for (int second = 0; second < 30; second++) {
		random_second(rig, &random);
		if (second % 5 == 4)
			rig_linger(rig);
		json_t *now = report_now(rig);

		for (int list = 0; list < STATISTICS_COUNT; list++)
			check_sums(now, list);
		check_presence(now);
		if (before != NULL)
			check_never_falls(before, now);
		json_decref(before);
		before = now;
	}
	cr_expect_gt(json_integer_value(json_object_get(object_at(before, "ledger"), "flow")), 0);
	json_decref(before);
	rig_close(rig);
}

/* The ledger's buckets have the names of lib/packet. */
Test(statistics, buckets_are_those_of_the_parser)
{
	const struct statistic *one = statistics[STATISTICS_LEDGER].members;
	int bucket = 0;

	for (; one->name != NULL; one++)
		if (strcmp(one->sum, "received") == 0)
			cr_expect_str_eq(one->name, packet_bucket_name(bucket++));
	cr_expect_eq(bucket, PACKET_BUCKETS);
}
