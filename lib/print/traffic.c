/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/print.h>

#include <string.h>

#include <weir/format.h>

#include "parts.h"

/* "65 - 127", "over 1518": the class of row `index`. */
static void class_label(char *out, size_t size, const json_t *histogram, size_t index)
{
	unsigned int above =
		index == 0 ? 0
			   : (unsigned int)print_count(print_item(histogram, index - 1), "upto");
	unsigned int upto = (unsigned int)print_count(print_item(histogram, index), "upto");

	if (index == 0)
		snprintf(out, size, "up to %u", upto);
	else if (upto == 0)
		snprintf(out, size, "over %u", above);
	else
		snprintf(out, size, "%u - %u", above + 1, upto);
}

static uint64_t largest_class(const json_t *histogram)
{
	uint64_t largest = 1;

	for (size_t i = 0; i < print_items(histogram); i++) {
		uint64_t packets = print_count(print_item(histogram, i), "packets");

		if (packets > largest)
			largest = packets;
	}
	return largest;
}

void print_sizes(struct printer *printer, const json_t *sizes)
{
	enum { BAR = 40 };
	static const struct table_column columns[] = {
		{.title = "Octets", .right = true},
		{.title = "Frames", .right = true},
		{.title = "Share", .right = true},
		{.title = ""},
	};
	const json_t *histogram = json_object_get(sizes, "histogram");
	uint64_t packets = print_count(sizes, "packets"), largest = largest_class(histogram);
	struct table *table = table_create(columns, COUNT(columns));

	print_heading(printer,
		      "Frame sizes with FCS: mean %.1f, smallest %llu, largest %llu octets",
		      print_number(sizes, "mean"), (unsigned long long)print_count(sizes, "min"),
		      (unsigned long long)print_count(sizes, "max"));
	for (size_t i = 0; table != NULL && i < print_items(histogram); i++) {
		uint64_t frames = print_count(print_item(histogram, i), "packets");
		char label[32], count[32], share[16], bar[PRINT_BAR(BAR)];

		class_label(label, sizeof(label), histogram, i);
		table_cell(table, "%s", label);
		table_cell(table, "%s", print_quantity(count, sizeof(count), frames));
		table_cell(table, "%s",
			   print_share(share, sizeof(share), (double)frames, (double)packets));
		table_cell(table, "%s",
			   print_bar(printer, bar, (double)frames / (double)largest, BAR));
	}
	print_table(printer, table, 2);
}

/* "" without any. */
static void fragments_text(char *out, size_t size, const json_t *fragments)
{
	const uint64_t first = print_count(fragments, "first");
	const uint64_t tiny = print_count(fragments, "tiny");
	const uint64_t later = print_count(fragments, "later");
	char a[32], b[32], c[32], note[48] = "";

	out[0] = '\0';
	if (first + later == 0)
		return;
	if (tiny > 0)
		snprintf(note, sizeof(note), " (%s tiny)", format_count(a, sizeof(a), tiny));
	snprintf(out, size, "%s first%s, %s later, %s of these without a first",
		 format_count(a, sizeof(a), first), note, format_count(b, sizeof(b), later),
		 format_count(c, sizeof(c), print_count(fragments, "unmatched")));
}

/* "" where a flow cannot meet several workers. */
static void split_text(char *out, size_t size, const json_t *split)
{
	char a[32], b[32], c[32];

	out[0] = '\0';
	if (print_count(split, "possible") == 0)
		return;
	snprintf(out, size, "%s (%u%% of records) made whole of %s pieces, %s left early",
		 format_count(a, sizeof(a), print_count(split, "merged")),
		 (unsigned int)print_count(split, "merged_percent"),
		 format_count(b, sizeof(b), print_count(split, "pieces")),
		 format_count(c, sizeof(c), print_count(split, "left_early")));
}

void print_flow_counters(struct printer *printer, const json_t *flows)
{
	static const char *const ends[] = {"end", "idle", "active", "forced", "resources"};
	const json_t *ended = json_object_get(flows, "ended");
	char created[32], active[96], reasons[256] = "", fragments[160], split[160];
	char unread[96] = "", a[32], b[32];
	size_t used = 0;

	format_count(created, sizeof(created), print_count(flows, "created"));
	snprintf(active, sizeof(active), "%s, room for %s",
		 format_count(a, sizeof(a), print_count(flows, "active")),
		 format_count(b, sizeof(b), print_count(flows, "capacity")));
	for (size_t i = 0; i < COUNT(ends); i++) {
		uint64_t count = print_count(ended, ends[i]);

		if (count > 0)
			used += (size_t)snprintf(reasons + used, sizeof(reasons) - used, "%s%s %s",
						 used > 0 ? ", " : "",
						 format_count(a, sizeof(a), count),
						 print_label(STATISTICS_FLOWS_ENDED, ends[i]));
	}
	fragments_text(fragments, sizeof(fragments), json_object_get(flows, "fragments"));
	split_text(split, sizeof(split), json_object_get(flows, "split_flows"));
	if (print_count(flows, "unread") > 0)
		snprintf(unread, sizeof(unread), "%s times for the top lists, and counted later",
			 format_count(a, sizeof(a), print_count(flows, "unread")));
	print_heading(printer, "Flows");
	print_pairs(printer, (const char *const[][2]){{"  created", created},
						      {"  live now", active},
						      {"  ended", reasons},
						      {"  fragments", fragments},
						      {"  split", split},
						      {"  not read", unread},
						      {NULL, NULL}});
}
