/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/print.h>

#include <stdlib.h>
#include <string.h>

#include <weir/format.h>

#include "parts.h"

static const struct print_sum fates = {STATISTICS_PREFILTER, "seen"};
static const struct print_sum arrivals = {STATISTICS_PREFILTER, "analysed"};
/* " = a + b" */
static void equals(FILE *out, const json_t *ledger, const struct print_sum *sum)
{
	if (print_sum(ledger, sum) > 0)
		fputs(" = ", out);
	print_terms(out, ledger, sum, " + ");
}

static void sentence(FILE *out, const json_t *ledger)
{
	char text[32];

	fprintf(out, "%s frames seen",
		format_count(text, sizeof(text), print_count(ledger, "seen")));
	equals(out, ledger, &fates);
	fprintf(out, "; %s analysed",
		format_count(text, sizeof(text), print_count(ledger, "analysed")));
	equals(out, ledger, &arrivals);
	if (print_count(ledger, "balanced") == 0)
		fputs(": IT DOES NOT BALANCE; this is a fault of weir, please report it", out);
}

void print_prefilter_sentence(struct printer *printer, const json_t *ledger)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL) {
		printer->failed = true;
		return;
	}
	sentence(out, ledger);
	if (fclose(out) != 0 || text == NULL)
		printer->failed = true;
	else
		print_pairs(printer, (const char *const[][2]){{"Prefilter", text}, {NULL}});
	free(text);
}

/* The table that is filled, and from what. */
struct rows {
	struct table *table;
	const json_t *octets;
	double seen;
};

static void fate_row(void *context, const struct statistic *fate, uint64_t frames)
{
	const struct rows *rows = context;
	char count[32], share[16], volume[32] = "";

	if (json_object_get(rows->octets, fate->name) != NULL)
		format_si(volume, sizeof(volume), print_number(rows->octets, fate->name), "B");
	table_cell(rows->table, "%s", fate->label);
	table_cell(rows->table, "%s", format_count(count, sizeof(count), frames));
	table_cell(rows->table, "%s",
		   print_share(share, sizeof(share), (double)frames, rows->seen));
	table_cell(rows->table, "%s", volume);
}

static void print_fates(struct printer *printer, const json_t *prefilter)
{
	static const struct table_column columns[] = {
		{.title = "Decided by XDP"},
		{.title = "Frames", .right = true},
		{.title = "Share", .right = true},
		{.title = "Octets", .right = true},
	};
	const json_t *packets = json_object_get(prefilter, "packets");
	struct rows rows = {table_create(columns, COUNT(columns)),
			    json_object_get(prefilter, "octets"), print_number(packets, "seen")};

	if (rows.table != NULL)
		print_each_term(packets, &fates, fate_row, &rows);
	print_table(printer, rows.table, 0);
}

static void print_sampling(struct printer *printer, const json_t *sampling)
{
	char text[400], lists[128] = "no one factor holds for flows and rows of lists";
	char out_of[32], all[32];
	double frames = print_number(sampling, "analysed");
	double octets = print_number(sampling, "analysed_octets");

	if (sampling == NULL || frames == 0 || octets == 0)
		return;
	if (print_count(sampling, "one_in") > 0)
		snprintf(lists, sizeof(lists),
			 "IP packets were sampled 1 in %llu, which flows and rows of lists can be "
			 "multiplied by, as an estimate",
			 (unsigned long long)print_count(sampling, "one_in"));
	snprintf(text, sizeof(text),
		 "the numbers of this report are of a sample: %s frames were sampled out of %s. "
		 "Multiply the total of frames by %.4g and of octets by %.4g; %s",
		 format_count(out_of, sizeof(out_of), print_count(sampling, "sampled_out")),
		 format_count(all, sizeof(all), print_count(sampling, "packets")),
		 print_number(sampling, "packets") / frames,
		 print_number(sampling, "octets") / octets, lists);
	print_pairs(printer, (const char *const[][2]){{"Sampling", text}, {NULL}});
}

/* Over telemetry a long rule comes in two parts. */
static void rule_row(struct table *table, const json_t *row)
{
	char packets[32], octets[32], over[32];

	table_cell(table, "%llu", (unsigned long long)print_count(row, "number"));
	table_cell(table, "%s%s", print_text(row, "rule"), print_text(row, "rule_more"));
	table_cell(table, "%s",
		   print_quantity(packets, sizeof(packets), print_count(row, "packets")));
	table_cell(table, "%s",
		   format_si(octets, sizeof(octets), print_number(row, "octets"), "B"));
	table_cell(table, "%s",
		   print_quantity(over, sizeof(over), print_count(row, "over_packets")));
}

void print_prefilter_counters(struct printer *printer, const json_t *document)
{
	static const struct table_column columns[] = {
		{.title = "#", .right = true},      {.title = "Rule", .wraps = true},
		{.title = "Frames", .right = true}, {.title = "Octets", .right = true},
		{.title = "Over", .right = true},
	};
	const json_t *rules = json_object_get(document, "rules");
	struct table *table = table_create(columns, COUNT(columns));

	for (size_t i = 0; table != NULL && i < print_items(rules); i++)
		rule_row(table, print_item(rules, i));
	print_table(printer, table, 0);
}

void print_prefilter_rules(struct printer *printer, const json_t *document)
{
	static const struct table_column columns[] = {
		{.title = "#", .right = true},
		{.title = "Rule", .wraps = true},
	};
	const json_t *rules = json_object_get(document, "rules");
	struct table *table = table_create(columns, COUNT(columns));

	for (size_t i = 0; table != NULL && i < print_items(rules); i++) {
		const json_t *row = print_item(rules, i);

		table_cell(table, "%llu", (unsigned long long)print_count(row, "number"));
		table_cell(table, "%s%s", print_text(row, "rule"), print_text(row, "rule_more"));
	}
	print_table(printer, table, 0);
}

void print_prefilter(struct printer *printer, const json_t *prefilter)
{
	bool sockets = strcmp(print_text(prefilter, "in_front_of"), "af_xdp") == 0;

	print_heading(printer, "XDP prefilter, %s mode, in front of %s%s",
		      print_text(prefilter, "mode"), sockets ? "AF_XDP" : "AF_PACKET",
		      print_count(prefilter, "interface_present") != 0 ? ""
								       : "; THE INTERFACE IS GONE");
	print_fates(printer, prefilter);
	print_prefilter_sentence(printer, json_object_get(prefilter, "packets"));
	print_sampling(printer, json_object_get(prefilter, "sampling"));
}
