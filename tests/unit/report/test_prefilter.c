/* SPDX-License-Identifier: BSD-3-Clause */
/* What reports say of the prefilter. */
#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "fixture.h"

/* 10,000 frames of the wire, of which 1,000 were analysed as a sample of 1 in 8. */
static const struct snapshot_prefilter fixture_prefilter = {
	.present = true,
	.rules = true,
	.sockets = true,
	.attached = true,
	.seen = 10000,
	.analysed = 990,
	.xsk_full = 10,
	.passed = 1500,
	.dropped = 400,
	.limited = 100,
	.sampled_out = 7000,
	.received = 980,
	.in_flight = 10,
	.analysed_octets = 64000,
	.sampled_out_octets = 576000,
	.balanced = true,
	.sampling = true,
	.sample_every = 8,
};

static json_int_t count(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	cr_assert(json_is_integer(value), "%s is no integer", key);
	return json_integer_value(value);
}

Test(prefilter, is_a_part_of_the_ledger_only_where_there_is_one)
{
	struct snapshot *snapshot = fixture_snapshot();
	json_t *without = document_ledger(snapshot);

	snapshot->prefilter = fixture_prefilter;
	json_t *with = document_ledger(snapshot);
	const json_t *part = json_object_get(with, "prefilter");

	cr_expect_null(json_object_get(without, "prefilter"));
	cr_expect_eq(count(part, "seen"), 10000);
	cr_expect_eq(count(part, "xsk_full"), 10);
	cr_expect(json_is_true(json_object_get(part, "balanced")));
	json_decref(without);
	json_decref(with);
	fixture_free(snapshot);
}

Test(prefilter, a_sample_says_what_it_stands_for)
{
	json_t *document = document_prefilter(&fixture_prefilter);
	const json_t *sampling = json_object_get(document, "sampling");

	cr_expect_eq(count(sampling, "one_in"), 8);
	cr_expect_eq(count(sampling, "packets"), 8000);
	cr_expect_float_eq(json_real_value(json_object_get(sampling, "scale_packets")), 8, 1e-9);
	cr_expect_float_eq(json_real_value(json_object_get(sampling, "scale_octets")), 10, 1e-9);
	json_decref(document);
}

/* Rates that differed during the run leave the totals' factor alone. */
Test(prefilter, has_no_one_factor_for_rows_where_rates_differed)
{
	struct snapshot *snapshot = fixture_snapshot();
	struct document_info info = fixture_info;
	const uint32_t rates[] = {0, 1};

	setlocale(LC_ALL, "C");
	for (size_t i = 0; i < 2; i++) {
		char *text;

		snapshot->prefilter = fixture_prefilter;
		snapshot->prefilter.sample_every = rates[i];
		text = fixture_print(report_text, snapshot, &info, 3);
		cr_expect_null(strstr(text, "1 in "));
		cr_expect_not_null(strstr(text, "total of frames by 8"));
		cr_expect_not_null(strstr(text, "no one factor"));
		free(text);
	}
	fixture_free(snapshot);
}

/* 80 columns, also with the longest rule. */
Test(prefilter, the_text_report_has_rules_and_sums)
{
	static char rule[200];
	struct prefilter_rule_sum rules[] = {
		{.rule = "sample 1/8",
		 .action = "sample",
		 .matched = {8000, 640000},
		 .over = {7000}},
		{.rule = "drop from 192.0.2.1", .action = "drop"},
		{.rule = rule, .action = "pass", .matched = {1500, 96000}},
	};
	const struct prefilter_sums sums = {.total = 3, .count = 3, .rules = rules};
	struct document_info info = fixture_info;
	struct snapshot *snapshot = fixture_snapshot();
	char *rest, *text;

	for (size_t i = 0; i < sizeof(rule) - 1; i++)
		rule[i] = i % 8 == 7 ? ' ' : 'x';
	setlocale(LC_ALL, "C");
	snapshot->prefilter = fixture_prefilter;
	info.prefilter_rules = document_prefilter_matches(&sums);
	text = fixture_print(report_text, snapshot, &info, 3);
	cr_expect_not_null(strstr(text, "1  sample 1/8"));
	cr_expect_not_null(strstr(text, "3  xxx"));
	cr_expect_null(strstr(text, "drop from"), "it matched nothing");
	cr_expect_not_null(strstr(text, "1 in 8"));
	cr_expect_not_null(strstr(text, "10,000 frames seen"));
	cr_expect_not_null(strstr(text, "total of frames by 8"));
	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		cr_expect(strlen(line) <= 80 || strncmp(line, "Ledger:", 7) == 0, "%s", line);
	free(text);
	json_decref(info.prefilter_rules);
	fixture_free(snapshot);
}

/* What is longer than a string of the socket is not cut. */
Test(prefilter, long_texts_go_on_in_a_second_member)
{
	static char line[201];
	json_t *answer;
	const char *first, *more;

	memset(line, 'a', 150);
	memset(line + 150, 'b', 50);
	answer = answer_plain(answer_error(line));
	first = json_string_value(json_object_get(answer, "error"));
	more = json_string_value(json_object_get(answer, "error_more"));
	cr_assert(first != NULL && more != NULL);
	cr_expect_eq(strlen(first) + strlen(more), 200);
	cr_expect_eq(more[strlen(more) - 1], 'b');
	json_decref(answer);
	answer = answer_plain(answer_error("short"));
	cr_expect_null(json_object_get(answer, "error_more"));
	json_decref(answer);
}
