/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/report.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/format.h>
#include <weir/print.h>

/* "a.pcap, b.pcap and 3 more" in newly allocated memory, NULL without. */
static char *source_text(const struct document_info *info)
{
	enum { NAMED = 4 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	for (uint32_t i = 0; i < info->source_count && i < NAMED; i++)
		fprintf(out, "%s%s", i > 0 ? ", " : "", info->sources[i]);
	if (info->source_count > NAMED)
		fprintf(out, " and %u more", info->source_count - NAMED);
	fclose(out);
	return text;
}

static void time_text(char *out, size_t size, const struct snapshot *snapshot)
{
	char first[40], last[40], lasted[32];

	if (snapshot->size_packets == 0) {
		snprintf(out, size, "no packet yet");
		return;
	}
	format_rfc3339(first, sizeof(first), snapshot->first);
	format_rfc3339(last, sizeof(last), snapshot->last);
	/* The day once, unless midnight lies between. */
	bool one_day = strncmp(first, last, 10) == 0;

	snprintf(out, size, "%.10s %.12s to %.*s%s%.12s UTC (%s)", first, first + 11,
		 one_day ? 0 : 10, last, one_day ? "" : " ", last + 11,
		 format_duration(lasted, sizeof(lasted), snapshot->last - snapshot->first));
}

static void rates_text(char *out, size_t size, const struct stats_rates *rates)
{
	char packets[32], l2[32], ip[32];

	snprintf(out, size, "%s packets/s, %s on layer 2, %s of IP",
		 format_si(packets, sizeof(packets), (double)rates->packets_per_second, ""),
		 format_si(l2, sizeof(l2), (double)rates->l2_bits_per_second, "bit/s"),
		 format_si(ip, sizeof(ip), (double)rates->ip_bits_per_second, "bit/s"));
}

static void print_remarks(struct printer *printer, const struct document_info *info)
{
	json_t *remarks = document_remarks(info);

	for (size_t i = 0; i < json_array_size(remarks); i++)
		print_pairs(printer,
			    (const char *const[][2]){
				    {"Note   ", json_string_value(json_array_get(remarks, i))},
				    {NULL, NULL}});
	printer->failed = printer->failed || remarks == NULL;
	json_decref(remarks);
}

static void print_summary(struct printer *printer, const struct snapshot *snapshot,
			  const struct document_info *info)
{
	char *source = source_text(info);
	char time[128], average[128], now[128] = "", traffic[128], frames[32], l2[32], ip[32];

	time_text(time, sizeof(time), snapshot);
	rates_text(average, sizeof(average), &snapshot->average);
	if (!snapshot->final)
		rates_text(now, sizeof(now), &snapshot->now);
	snprintf(traffic, sizeof(traffic), "%s frames, %s on layer 2, %s of IP",
		 format_count(frames, sizeof(frames), snapshot->received),
		 format_si(l2, sizeof(l2), (double)snapshot->frame_octets, "B"),
		 format_si(ip, sizeof(ip), (double)snapshot->ip_octets, "B"));
	fprintf(printer->out, "weir %s\n\n", info->version);
	print_pairs(printer, (const char *const[][2]){{"Source", source},
						      {"Time", time},
						      {"Traffic", traffic},
						      {"Average", average},
						      {"Now", now},
						      {NULL, NULL}});
	printer->failed = printer->failed || source == NULL;
	free(source);
}

/* One document, printed by one of print_*(), with a blank line before it. */
static void print_document(struct printer *printer, json_t *document,
			   void (*print)(struct printer *printer, const json_t *document))
{
	fputc('\n', printer->out);
	if (document != NULL)
		print(printer, document);
	else
		printer->failed = true;
	json_decref(document);
}

static void print_machine(struct printer *printer, const struct snapshot *snapshot)
{
	if (snapshot->worker_count > 0)
		print_document(printer, document_workers(snapshot), print_workers);
	if (snapshot->port_count > 0)
		print_document(printer, document_ports(snapshot), print_ports);
}

static void print_filtering(struct printer *printer, const struct snapshot *snapshot,
			    const struct document_info *info)
{
	print_document(printer, document_prefilter(&snapshot->prefilter), print_prefilter);
	if (info->prefilter_rules != NULL)
		print_document(printer, json_incref(info->prefilter_rules),
			       print_prefilter_counters);
}

int report_text(FILE *out, const struct snapshot *snapshot, const struct document_info *info,
		uint32_t top)
{
	struct printer printer = printer_make(out);

	print_summary(&printer, snapshot, info);
	print_remarks(&printer, info);
	print_document(&printer, document_sizes(snapshot), print_sizes);
	print_document(&printer, document_flow_counters(snapshot), print_flow_counters);
	for (int dimension = 0; dimension < STATS_DIMENSIONS; dimension++) {
		const struct document_list list = {dimension, STATS_OCTETS, STATS_TOTAL, top};

		print_document(&printer, document_top(snapshot, &list), print_top);
	}
	if (snapshot->buckets[PACKET_BUCKET_OVERFLOW] > 0)
		print_document(&printer, document_overflow(snapshot, top), print_overflow);
	if (snapshot->prefilter.rules)
		print_filtering(&printer, snapshot, info);
	if (!info->capture)
		print_machine(&printer, snapshot);
	print_document(&printer, document_ledger(snapshot), print_ledger);
	print_document(&printer, document_ledger(snapshot), print_ledger_sentence);
	return fflush(out) != 0 || ferror(out) || printer.failed ? -EIO : 0;
}

int report_json(FILE *out, const struct snapshot *snapshot, const struct document_info *info,
		uint32_t top)
{
	json_t *report = document_report(snapshot, info, top);
	/* Fifteen digits: 64.1 stays 64.1. */
	int result = report == NULL
			     ? -1
			     : json_dumpf(report, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15));

	json_decref(report);
	if (result == 0)
		fputc('\n', out);
	return fflush(out) != 0 || ferror(out) || result != 0 ? -EIO : 0;
}
