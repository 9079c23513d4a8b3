/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/print.h>

#include <string.h>

#include <weir/format.h>

#include "parts.h"

static const struct print_sum buckets = {STATISTICS_LEDGER, "received"};
static const struct print_sum losses = {STATISTICS_LEDGER, "lost"};

static void count_row(struct table *table, const char *indent, const char *label, uint64_t frames,
		      uint64_t received)
{
	char count[32], share[16];

	table_cell(table, "%s%s", indent, label);
	table_cell(table, "%s", format_count(count, sizeof(count), frames));
	table_cell(table, "%s",
		   print_share(share, sizeof(share), (double)frames, (double)received));
}

/* "malformed_ipv4_length" stands below "malformed" as "ipv4 length". */
static void reason_rows(struct table *table, const json_t *ledger, const char *bucket,
			uint64_t received)
{
	json_t *reasons = json_object_get(ledger, "reasons");
	size_t prefix = strlen(bucket);
	const char *name;
	json_t *value;

	json_object_foreach(reasons, name, value) {
		char label[64];

		if (strncmp(name, bucket, prefix) != 0 || name[prefix] != '_')
			continue;
		snprintf(label, sizeof(label), "%s", name + prefix + 1);
		for (char *c = label; *c != '\0'; c++)
			if (*c == '_')
				*c = ' ';
		count_row(table, "    ", label, (uint64_t)json_integer_value(value), received);
	}
}

/* The table that is filled, and of how many frames it tells shares. */
struct rows {
	struct table *table;
	const json_t *ledger;
	uint64_t frames;
};

static void bucket_rows(void *context, const struct statistic *bucket, uint64_t frames)
{
	const struct rows *rows = context;

	count_row(rows->table, "  ", bucket->label, frames, rows->frames);
	reason_rows(rows->table, rows->ledger, bucket->name, rows->frames);
}

static void loss_row(void *context, const struct statistic *loss, uint64_t frames)
{
	const struct rows *rows = context;

	count_row(rows->table, "  ", loss->label, frames, rows->frames);
}

static void all_rows(struct table *table, const json_t *ledger)
{
	uint64_t received = print_count(ledger, "received"), host = print_count(ledger, "host");
	uint64_t lost = print_sum(ledger, &losses);
	struct rows rows = {table, ledger, received};

	count_row(table, "", print_label(STATISTICS_LEDGER, "received"), received, received);
	print_each_term(ledger, &buckets, bucket_rows, &rows);
	rows.frames = received + lost;
	if (lost > 0)
		count_row(table, "", "lost before weir", lost, rows.frames);
	print_each_term(ledger, &losses, loss_row, &rows);
	if (host > 0)
		count_row(table, "", print_label(STATISTICS_LEDGER, "host"), host,
			  rows.frames + host);
}

void print_ledger(struct printer *printer, const json_t *ledger)
{
	static const struct table_column columns[] = {
		{.title = "Where every frame went"},
		{.title = "Frames", .right = true},
		{.title = "Share", .right = true},
	};
	struct table *table = table_create(columns, COUNT(columns));

	if (table != NULL)
		all_rows(table, ledger);
	print_table(printer, table, 0);
	if (json_object_get(ledger, "prefilter") != NULL) {
		fputc('\n', printer->out);
		print_prefilter_sentence(printer, json_object_get(ledger, "prefilter"));
	}
}

void print_ledger_sentence(struct printer *printer, const json_t *ledger)
{
	FILE *out = printer->out;
	uint64_t received = print_count(ledger, "received");
	uint64_t accounted = print_sum(ledger, &buckets);
	uint64_t lost = print_sum(ledger, &losses);
	char text[32];

	format_count(text, sizeof(text), received);
	if (print_count(ledger, "balanced") == 0) {
		fprintf(out, "Ledger: IT DOES NOT BALANCE: %s frames received, but ", text);
		print_terms(out, ledger, &buckets, " + ");
		fprintf(out, " = %s accounted for; this is a fault of weir, please report it",
			format_count(text, sizeof(text), accounted));
	} else {
		fprintf(out, "Ledger: %s frames received", text);
		if (received > 0)
			fputs(" = ", out);
		print_terms(out, ledger, &buckets, " + ");
		fputs(": every frame is accounted for", out);
	}
	if (lost > 0) {
		fprintf(out,
			"; %s more never reached weir: ", format_count(text, sizeof(text), lost));
		print_terms(out, ledger, &losses, ", ");
	}
	fputs(".\n", out);
	if (print_count(ledger, "sample_one_in") > 1)
		fprintf(out,
			"A sample: one frame in %llu is analysed (--sample). All numbers are of "
			"these; multiply them for an estimate of all.\n",
			(unsigned long long)print_count(ledger, "sample_one_in"));
}
