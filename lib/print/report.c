/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/print.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <weir/clock.h>
#include <weir/format.h>

#include "parts.h"

/* "a.pcap, b.pcap and 3 more" (over the socket not all of very many come) in newly allocated
 * memory, NULL without. */
static char *source_text(const json_t *report)
{
	enum { NAMED = 4 };
	const json_t *sources = json_object_get(report, "source");
	size_t known = json_array_size(sources), total = print_count(report, "source_total"), size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	if (total < known)
		total = known;
	for (size_t i = 0; i < known && i < NAMED; i++)
		fprintf(out, "%s%s", i > 0 ? ", " : "",
			json_string_value(json_array_get(sources, i)));
	if (total > NAMED)
		fprintf(out, " and %zu more", total - NAMED);
	return fclose(out) == 0 ? text : NULL;
}

/* What format_rfc3339() made, in ns since 1970. */
static uint64_t instant(const char *rfc3339)
{
	struct tm tm = {0};
	const char *rest = strptime(rfc3339, "%Y-%m-%dT%H:%M:%S.", &tm);

	return rest == NULL ? 0 : (uint64_t)timegm(&tm) * CLOCK_SECOND + strtoull(rest, NULL, 10);
}

static void time_text(char *out, size_t size, const json_t *time)
{
	const char *first = print_text(time, "first"), *last = print_text(time, "last");
	char from[40], to[40], lasted[32];

	if (first[0] == '\0' || last[0] == '\0') {
		snprintf(out, size, "no packet yet");
		return;
	}
	print_instant(from, sizeof(from), first);
	print_instant(to, sizeof(to), last);
	/* The day once, unless midnight lies between. */
	bool one_day = strncmp(first, last, 10) == 0;

	snprintf(out, size, "%s to %s UTC (%s)", from, one_day ? to + 11 : to,
		 format_duration(lasted, sizeof(lasted), instant(last) - instant(first)));
}

/* "" without. */
static void rates_text(char *out, size_t size, const json_t *rates)
{
	char packets[32], l2[32], ip[32];

	out[0] = '\0';
	if (rates == NULL)
		return;
	format_si(packets, sizeof(packets), print_number(rates, "packets_per_second"), "");
	format_si(l2, sizeof(l2), print_number(rates, "l2_bits_per_second"), "bit/s");
	format_si(ip, sizeof(ip), print_number(rates, "ip_bits_per_second"), "bit/s");
	snprintf(out, size, "%s packets/s, %s on layer 2, %s of IP", packets, l2, ip);
}

static void traffic_text(char *out, size_t size, const json_t *ledger)
{
	char frames[32], l2[32], ip[32];

	format_count(frames, sizeof(frames), print_count(ledger, "received"));
	format_si(l2, sizeof(l2), print_number(ledger, "frame_octets"), "B");
	format_si(ip, sizeof(ip), print_number(ledger, "ip_octets"), "B");
	snprintf(out, size, "%s frames, %s on layer 2, %s of IP", frames, l2, ip);
}

static void print_summary(struct printer *printer, const json_t *report)
{
	const json_t *remarks = json_object_get(report, "remarks");
	char *source = source_text(report);
	char time[128], traffic[128], average[128], now[128];

	time_text(time, sizeof(time), json_object_get(report, "time"));
	traffic_text(traffic, sizeof(traffic), json_object_get(report, "ledger"));
	rates_text(average, sizeof(average), json_object_get(report, "throughput"));
	rates_text(now, sizeof(now), json_object_get(report, "throughput_now"));
	print_heading(printer, "weir %s\n", print_text(report, "version"));
	print_pairs(printer, (const char *const[][2]){{"Source", source},
						      {"Time", time},
						      {"Traffic", traffic},
						      {"Average", average},
						      {"Now", now},
						      {NULL, NULL}});
	for (size_t i = 0; i < json_array_size(remarks); i++)
		print_pairs(printer,
			    (const char *const[][2]){
				    {"Note   ", json_string_value(json_array_get(remarks, i))},
				    {NULL, NULL}});
	printer->failed = printer->failed || source == NULL;
	free(source);
}

/* A part of the report, if it is there, with a blank line before it. */
static void print_part(struct printer *printer, const json_t *part,
		       void (*print)(struct printer *printer, const json_t *part))
{
	if (part == NULL)
		return;
	fputc('\n', printer->out);
	print(printer, part);
}

/* The report has its lists as those of all dimensions: as document_top() makes one of them. */
static json_t *list_of(const json_t *report, const char *dimension, const json_t *rows)
{
	const json_t *error = json_object_get(json_object_get(report, "top_error"), dimension);

	return json_pack("{s:s, s:s, s:s, s:O, s:O, s:I, s:b, s:O*, s:O, s:O, s:O}", "dimension",
			 dimension, "metric", "octets", "window", "total", "covered_ms",
			 json_object_get(report, "top_covered_ms"), "total",
			 json_object_get(json_object_get(report, "top_total"), dimension), "shown",
			 (json_int_t)print_items(rows), "exact", error == NULL, "error_bound",
			 error, "missed_share_ppm", json_object_get(report, "top_missed_share_ppm"),
			 "sum", json_object_get(report, "top_sum"), "rows", rows);
}

static void print_lists(struct printer *printer, const json_t *report)
{
	const char *dimension;
	json_t *rows;

	json_object_foreach(json_object_get(report, "top"), dimension, rows) {
		json_t *list = list_of(report, dimension, rows);

		print_part(printer, list, print_top);
		printer->failed = printer->failed || list == NULL;
		json_decref(list);
	}
}

static void print_prefilter_part(struct printer *printer, const json_t *prefilter)
{
	print_prefilter(printer, prefilter);
	if (json_object_get(prefilter, "rules") != NULL)
		print_part(printer, prefilter, print_prefilter_counters);
}

/* Of live traffic: what each worker and port did says nothing of a capture. */
static void print_machine(struct printer *printer, const json_t *report)
{
	const json_t *workers = json_object_get(report, "workers");
	const json_t *ports = json_object_get(report, "ports");

	if (print_items(workers) > 0)
		print_part(printer, workers, print_workers);
	if (print_items(ports) > 0)
		print_part(printer, ports, print_ports);
}

/* The report itself has an outlet: of that alone people hear only when something is lost. */
static bool outputs_matter(const json_t *outputs)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < print_items(outputs); i++)
		lost += print_count(print_item(outputs, i), "lost_full") +
			print_count(print_item(outputs, i), "lost_remote");
	return print_items(outputs) > 1 || lost > 0;
}

void print_report(struct printer *printer, const json_t *report)
{
	const json_t *outputs = json_object_get(report, "outputs");
	const json_t *ledger = json_object_get(report, "ledger");
	const json_t *settings = json_object_get(report, "settings");

	print_summary(printer, report);
	print_part(printer, json_object_get(report, "packet_size"), print_sizes);
	print_part(printer, json_object_get(report, "flows"), print_flow_counters);
	print_over_time(printer, json_object_get(report, "throughput_over_time"),
			json_object_get(report, "throughput"),
			print_number(json_object_get(report, "time"), "seconds"));
	print_lists(printer, report);
	if (print_count(ledger, "overflow") > 0)
		print_part(printer, json_object_get(report, "overflow"), print_overflow);
	print_part(printer, json_object_get(report, "prefilter"), print_prefilter_part);
	if (strcmp(print_text(settings, "input"), "captures") != 0)
		print_machine(printer, report);
	if (outputs_matter(outputs))
		print_part(printer, outputs, print_outputs);
	print_part(printer, ledger, print_ledger);
	print_part(printer, ledger, print_ledger_sentence);
}
