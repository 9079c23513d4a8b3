/* SPDX-License-Identifier: BSD-3-Clause */
/* What the text says of the prefilter. */
#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "rig.h"

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
		text = rig_report(snapshot, &info, 3);
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
	text = rig_report(snapshot, &info, 3);
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
