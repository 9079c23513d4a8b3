/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/print.h>

#include <string.h>

#include <weir/format.h>

#include "parts.h"

/* Members of the ledger, and how they read after a number. */
struct part {
	const char *key, *words;
};

static const struct part buckets[] = {
	{"flow", "in flows"},         {"non_ip", "non-IP"},
	{"truncated", "truncated"},   {"malformed", "malformed"},
	{"filtered", "filtered out"}, {"overflow", "beyond the flow table"},
};
static const struct part losses[] = {
	{"missed", "missed for want of descriptors"},
	{"no_mbuf", "for want of buffers"},
	{"nic_errors", "broken on arrival"},
	{"no_socket", "on an RX queue without a socket"},
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t sum(const json_t *ledger, const struct part *parts, size_t count)
{
	uint64_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += print_count(ledger, parts[i].key);
	return total;
}

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

void print_ledger(struct printer *printer, const json_t *ledger)
{
	static const struct table_column columns[] = {
		{.title = "Where every frame went"},
		{.title = "Frames", .right = true},
		{.title = "Share", .right = true},
	};
	struct table *table = table_create(columns, COUNT(columns));
	uint64_t received = print_count(ledger, "received");
	uint64_t lost = sum(ledger, losses, COUNT(losses));

	if (table == NULL) {
		printer->failed = true;
		return;
	}
	count_row(table, "", "received", received, received);
	for (size_t i = 0; i < COUNT(buckets); i++) {
		uint64_t frames = print_count(ledger, buckets[i].key);

		if (frames == 0)
			continue;
		count_row(table, "  ", buckets[i].words, frames, received);
		reason_rows(table, ledger, buckets[i].key, received);
	}
	if (lost > 0)
		count_row(table, "", "lost before weir", lost, received + lost);
	for (size_t i = 0; i < COUNT(losses); i++) {
		uint64_t frames = print_count(ledger, losses[i].key);

		if (frames > 0)
			count_row(table, "  ", losses[i].words, frames, received + lost);
	}
	if (print_count(ledger, "host") > 0)
		count_row(table, "", "left to this host", print_count(ledger, "host"),
			  received + lost + print_count(ledger, "host"));
	print_table(printer, table, 0);
	if (json_object_get(ledger, "prefilter") != NULL) {
		fputc('\n', printer->out);
		print_prefilter_sentence(printer, json_object_get(ledger, "prefilter"));
	}
}

/* "1,200 in flows + 30 non-IP": what is 0 is left out. */
static void terms(FILE *out, const json_t *ledger, const struct part *parts, size_t count,
		  const char *between)
{
	const char *separator = "";

	for (size_t i = 0; i < count; i++) {
		uint64_t frames = print_count(ledger, parts[i].key);
		char text[32];

		if (frames == 0)
			continue;
		fprintf(out, "%s%s %s", separator, format_count(text, sizeof(text), frames),
			parts[i].words);
		separator = between;
	}
}

void print_ledger_sentence(struct printer *printer, const json_t *ledger)
{
	FILE *out = printer->out;
	uint64_t received = print_count(ledger, "received");
	uint64_t accounted = sum(ledger, buckets, COUNT(buckets));
	uint64_t lost = sum(ledger, losses, COUNT(losses));
	char text[32];

	format_count(text, sizeof(text), received);
	if (print_count(ledger, "balanced") == 0) {
		fprintf(out, "Ledger: IT DOES NOT BALANCE: %s frames received, but ", text);
		terms(out, ledger, buckets, COUNT(buckets), " + ");
		fprintf(out, " = %s accounted for; this is a fault of weir, please report it",
			format_count(text, sizeof(text), accounted));
	} else {
		fprintf(out, "Ledger: %s frames received", text);
		if (received > 0)
			fputs(" = ", out);
		terms(out, ledger, buckets, COUNT(buckets), " + ");
		fputs(": every frame is accounted for", out);
	}
	if (lost > 0) {
		fprintf(out,
			"; %s more never reached weir: ", format_count(text, sizeof(text), lost));
		terms(out, ledger, losses, COUNT(losses), ", ");
	}
	fputs(".\n", out);
}
