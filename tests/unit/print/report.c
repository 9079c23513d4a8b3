/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include <weir/print.h>

#include "fixture.h"
#include "rig.h"

/* Columns of a line: UTF-8's continuation bytes take none. */
static size_t columns(const char *line, size_t bytes)
{
	size_t width = 0;

	for (size_t i = 0; i < bytes; i++)
		width += ((unsigned char)line[i] & 0xc0) != 0x80;
	return width;
}

/* The start of the last line; the text must end in one newline. */
static const char *last_line(char *text)
{
	size_t length = strlen(text);

	cr_assert_gt(length, 1);
	cr_assert_eq(text[length - 1], '\n');
	text[length - 1] = '\0';
	const char *newline = strrchr(text, '\n');

	cr_assert_not_null(newline);
	return newline + 1;
}

/* No line but the ledger's sentence is wider than 80 columns, and none ends in blanks. */
static void check_layout(char *text)
{
	const char *end = last_line(text), *line = text;

	while (line < end) {
		size_t bytes = strcspn(line, "\n");

		cr_expect_leq(columns(line, bytes), PRINT_WIDTH, "too wide: %.*s", (int)bytes,
			      line);
		cr_expect(bytes == 0 || line[bytes - 1] != ' ', "blanks at the end: %.*s|",
			  (int)bytes, line);
		line += bytes + 1;
	}
}

/* Numbers of a sentence ("1,234 in flows + 5 ..."), without their commas. */
static unsigned int numbers(const char *sentence, uint64_t *values, unsigned int most)
{
	unsigned int count = 0;

	for (const char *c = sentence; *c != '\0' && count < most; c++) {
		if (*c < '0' || *c > '9')
			continue;
		for (values[count] = 0; (*c >= '0' && *c <= '9') || *c == ','; c++)
			if (*c != ',')
				values[count] = values[count] * 10 + (uint64_t)(*c - '0');
		count++;
	}
	return count;
}

Test(text, fits_80_columns)
{
	struct snapshot *(*const make[])(void) = {fixture_empty, fixture_snapshot, fixture_huge};

	for (size_t i = 0; i < sizeof(make) / sizeof(make[0]); i++) {
		struct snapshot *snapshot = make[i]();
		char *text = rig_report(snapshot, &fixture_info, 100);

		check_layout(text);
		free(text);
		fixture_free(snapshot);
	}
}

Test(text, long_names_are_wrapped)
{
	struct snapshot *snapshot = fixture_snapshot();
	char name[400];
	const char *const names[] = {name, name, name, name, name, name};
	struct document_info info = fixture_info;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	info.sources = info.remarks = names;
	info.source_count = info.remark_count = 6;
	char *text = rig_report(snapshot, &info, 3);

	cr_expect_not_null(strstr(text, "and 2 more"));
	check_layout(text);
	free(text);
	fixture_free(snapshot);
}

Test(text, remarks_are_notes)
{
	struct snapshot *snapshot = fixture_snapshot();
	char *text = rig_report(snapshot, &fixture_info, 3);

	cr_expect_not_null(
		strstr(text, "\nNote     dns.pcap: cut in mid-record; analysed up to there\n"));
	free(text);
	fixture_free(snapshot);
}

Test(text, rates_of_now_while_weir_runs)
{
	struct snapshot *snapshot = fixture_snapshot();
	char *last = rig_report(snapshot, &fixture_info, 3);

	snapshot->final = false;
	char *running = rig_report(snapshot, &fixture_info, 3);

	cr_expect_null(strstr(last, "\nNow "));
	cr_expect_not_null(strstr(running, "\nNow      7 packets/s, 8 bit/s on layer 2, 9 bit/s"));
	free(running);
	free(last);
	fixture_free(snapshot);
}

Test(text, time_says_the_day_once)
{
	struct snapshot *snapshot = fixture_snapshot();
	char *text = rig_report(snapshot, &fixture_info, 3);

	cr_expect_not_null(strstr(text, "\nTime     2026-01-02 03:04:05.123 to 03:05:05.123 UTC "
					"(1 min 0 s)\n"));
	free(text);
	snapshot->last = snapshot->first + UINT64_C(86400000000000);
	text = rig_report(snapshot, &fixture_info, 3);
	cr_expect_not_null(strstr(text, "\nTime     2026-01-02 03:04:05.123 to "
					"2026-01-03 03:04:05.123 UTC (24 h 0 min)\n"));
	free(text);
	fixture_free(snapshot);
}

Test(text, bars_are_blocks_where_the_locale_has_them)
{
	struct snapshot *snapshot = fixture_snapshot();

	cr_assert_not_null(setlocale(LC_CTYPE, "C.UTF-8"));
	char *text = rig_report(snapshot, &fixture_info, 3);

	cr_expect_not_null(strstr(text, "█"));
	cr_expect_null(strstr(text, "###"));
	check_layout(text);
	free(text);
	setlocale(LC_CTYPE, "C");
	text = rig_report(snapshot, &fixture_info, 3);
	cr_expect_not_null(strstr(text, "###"));
	for (const char *c = text; *c != '\0'; c++)
		cr_assert_lt((unsigned char)*c, 0x80);
	free(text);
	fixture_free(snapshot);
}

Test(text, bars_are_in_proportion)
{
	struct snapshot *snapshot = fixture_snapshot();
	char *text = rig_report(snapshot, &fixture_info, 3);
	const char *largest = strstr(text, "1024 - 1518"), *half = strstr(text, " 512 - 1023");
	const char *least = strstr(text, "over 1518");

	cr_assert(largest != NULL && half != NULL && least != NULL);
	/* 350,000 frames fill the bar; 50,000 are a seventh of it; 10 are seen all the same. */
	size_t full = strspn(strchr(largest, '#'), "#");

	cr_expect_eq(full, 40);
	cr_expect_eq(strspn(strchr(half, '#'), "#"), 6);
	cr_expect_eq(strspn(strchr(least, '#'), "#"), 1);
	free(text);
	fixture_free(snapshot);
}

Test(text, last_line_is_the_ledger_and_sums)
{
	struct snapshot *snapshot = fixture_snapshot();
	char *text = rig_report(snapshot, &fixture_info, 3);
	const char *line = last_line(text);
	uint64_t values[16], total = 0;
	unsigned int count = numbers(line, values, 16);

	cr_expect_str_eq(line,
			 "Ledger: 1,234,570 frames received = 1,200,000 in flows + 30,000 non-IP + "
			 "500 truncated + 4,000 malformed + 60 filtered out + 10 beyond the flow "
			 "table: every frame is accounted for.");
	cr_assert_eq(count, 7);
	for (unsigned int i = 1; i < count; i++)
		total += values[i];
	cr_expect_eq(total, values[0]);
	free(text);
	fixture_free(snapshot);
}

Test(text, ledger_says_what_was_lost_before)
{
	struct snapshot *snapshot = fixture_snapshot();

	snapshot->missed = 1200;
	snapshot->nic_errors = 34;
	char *text = rig_report(snapshot, &fixture_info, 3);
	const char *line = last_line(text);

	cr_expect_not_null(strstr(line, "every frame is accounted for; 1,234 more never reached "
					"weir: 1,200 missed for want of descriptors, 34 broken on "
					"arrival."));
	free(text);
	fixture_free(snapshot);
}

Test(text, ledger_without_frames)
{
	struct snapshot *snapshot = fixture_empty();
	char *text = rig_report(snapshot, &fixture_info, 3);

	cr_expect_str_eq(last_line(text),
			 "Ledger: 0 frames received: every frame is accounted for.");
	free(text);
	fixture_free(snapshot);
}

Test(text, ledger_that_does_not_balance_is_said)
{
	struct snapshot *snapshot = fixture_snapshot();

	snapshot->received++;
	snapshot->balanced = false;
	char *text = rig_report(snapshot, &fixture_info, 3);
	const char *line = last_line(text);

	cr_expect_not_null(strstr(line, "IT DOES NOT BALANCE"));
	cr_expect_not_null(strstr(line, "1,234,571 frames received"));
	cr_expect_not_null(strstr(line, "1,234,570 accounted for"));
	cr_expect_null(strstr(line, "every frame"));
	free(text);
	fixture_free(snapshot);
}

Test(text, reasons_stand_below_their_bucket)
{
	struct snapshot *snapshot = fixture_snapshot();
	char *text = rig_report(snapshot, &fixture_info, 3);
	const char *table = strstr(text, "Where every frame went");

	cr_assert_not_null(table);
	const char *bucket = strstr(table, "\n  malformed ");
	const char *reason = strstr(table, "\n    ipv4 length ");

	cr_assert(bucket != NULL && reason != NULL);
	cr_expect_eq(strchr(bucket + 1, '\n'), reason, "the reason is in the line after");
	cr_expect_null(strstr(table, "lldp"), "reasons that are 0 are left out");
	free(text);
	fixture_free(snapshot);
}

Test(text, lists_say_what_they_are)
{
	struct snapshot *snapshot = fixture_snapshot();

	snapshot->top[STATS_SOURCE][STATS_OCTETS][STATS_TOTAL].keys = 2048;
	snapshot->top[STATS_PAIR][STATS_OCTETS][STATS_TOTAL].exact = false;
	snapshot->top[STATS_PAIR][STATS_OCTETS][STATS_TOTAL].error[STATS_PACKETS] = 77;
	char *text = rig_report(snapshot, &fixture_info, 2);

	cr_expect_not_null(strstr(text, "Top sources by octets over 1 min 0 s (2 of 2,048)"));
	cr_expect_not_null(
		strstr(text, "Top address pairs by octets over 1 min 0 s (2 of at least 2)"));
	cr_expect_not_null(strstr(text, "may be low by: 0 B, 77 packets, 0 flows"));
	cr_expect_not_null(strstr(text, "Top protocols by octets over 1 min 0 s (all 2)"));
	cr_expect_not_null(strstr(text, "192.0.2.1:1024 > 198.51.100.2:53 udp vlan 5"));
	cr_expect_not_null(strstr(text, "[2001:db8::1]:443 > [2001:db8::2]:50000 tcp"));
	/* 600 of 660 MB */
	cr_expect_not_null(strstr(text, "600 MB  900,000     30  90.9%"));
	free(text);
	fixture_free(snapshot);
}

static void expect_top(const struct snapshot *snapshot, const char *line, bool there)
{
	const struct document_list list = {STATS_SOURCE, STATS_OCTETS, STATS_TOTAL, .count = 5};
	json_t *top = document_top(snapshot, &list);
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);
	struct printer printer = printer_make(out);

	print_top(&printer, top);
	fclose(out);
	cr_expect_eq(strstr(text, line) != NULL, there, "%s", text);
	free(text);
	json_decref(top);
}

Test(text, lists_say_of_what_sample_they_are)
{
	struct snapshot *snapshot = fixture_snapshot();

	snapshot->prefilter.sampling = false;
	expect_top(snapshot, "of a sample", false);
	snapshot->sample = 5;
	expect_top(snapshot, "of a sample: each packet stands for 5\n", true);
	snapshot->prefilter.sampling = true;
	snapshot->prefilter.sample_every = 100;
	expect_top(snapshot, "stands for 500\n", true);
	snapshot->prefilter.sample_every = 0;
	expect_top(snapshot, "of a sample, at no one rate", true);
	fixture_free(snapshot);
}

Test(text, workers_and_ports_of_live_traffic_alone)
{
	struct snapshot *snapshot = fixture_huge();
	struct document_info info = fixture_info;
	char *live = rig_report(snapshot, &info, 1);

	cr_expect_not_null(strstr(live, "Cycles/packet"));
	cr_expect_not_null(strstr(live, "queue 3"));
	info.settings = json_pack("{s:s}", "input", "captures");
	char *capture = rig_report(snapshot, &info, 1);

	cr_expect_null(strstr(capture, "Cycles/packet"));
	cr_expect_null(strstr(capture, "queue 3"));
	json_decref(info.settings);
	free(capture);
	free(live);
	fixture_free(snapshot);
}

/* Where records go; the report's own outlet alone is worth no line, unless it has lost some. */
Test(text, outputs_that_matter)
{
	struct snapshot *snapshot = fixture_snapshot();
	char *text;

	snapshot->outlets[0] = (struct outlet_ledger){
		.option = "report", .name = "r", .what = "reports", .given = 5, .sent = 5};
	snapshot->outlet_count = 1;
	text = rig_report(snapshot, &fixture_info, 1);
	cr_expect_null(strstr(text, "Output "));
	free(text);

	snapshot->outlets[0].sent = 4;
	snapshot->outlets[0].lost_full = 1;
	text = rig_report(snapshot, &fixture_info, 1);
	cr_expect_not_null(strstr(text, "Output "));
	cr_expect_not_null(strstr(text, "r: 1 of 5 reports are lost"));
	free(text);

	snapshot->outlets[1] = (struct outlet_ledger){
		.option = "flows", .name = "f", .given = 12345, .sent = 12000, .waiting = 345};
	snapshot->outlet_count = 2;
	text = rig_report(snapshot, &fixture_info, 1);
	cr_expect_not_null(strstr(text, "flows   12,345   12,000      345"));
	free(text);

	snapshot->outlets[1].option = "export";
	snapshot->outlets[1].name = "json+tcp://[2001:db8::1]:4739";
	text = rig_report(snapshot, &fixture_info, 1);
	cr_expect_not_null(strstr(text, "export 1  12,345   12,000      345"), "%s", text);
	cr_expect_not_null(strstr(text, "\nexport 1: json+tcp://[2001:db8::1]:4739\n"), "%s", text);
	free(text);
	fixture_free(snapshot);
}
