/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/document.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/error.h>
#include <weir/format.h>

#include "parts.h"

#define FCS 4 /* packet sizes are told with it, as RMON does */

static json_t *texts(const char *const *list, uint32_t count)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < count; i++)
		append(&array, document_text(list[i]));
	return array;
}

static void append_remark(void *context, const char *text)
{
	append(context, document_text(text));
}

/* What was to be written and is not there. */
static void append_loss(json_t **array, const struct outlet_ledger *ledger)
{
	char text[640], lost[32], given[32];

	if (ledger->lost_full + ledger->lost_remote == 0)
		return;
	snprintf(text, sizeof(text), "%s: %s of %s %s are lost", ledger->name,
		 format_count(lost, sizeof(lost), ledger->lost_full + ledger->lost_remote),
		 format_count(given, sizeof(given), ledger->given), ledger->what);
	append(array, document_text(text));
}

json_t *document_remarks(const struct snapshot *snapshot, const struct document_info *info)
{
	json_t *array =
		texts(info->remarks, __atomic_load_n(&info->remark_count, __ATOMIC_ACQUIRE));

	if (info->events != NULL)
		events_each_remark(info->events, append_remark, &array);
	for (uint32_t i = 0; snapshot != NULL && i < snapshot->outlet_count; i++)
		append_loss(&array, &snapshot->outlets[i]);
	return array;
}

json_t *document_outputs(const struct snapshot *snapshot)
{
	json_t *array = json_array();

	for (uint32_t i = 0; snapshot != NULL && i < snapshot->outlet_count; i++) {
		const struct outlet_ledger *of = &snapshot->outlets[i];
		json_t *object = json_object();

		put(&object, "output", json_string(of->option));
		put(&object, "to", document_text(of->name));
		OUTPUT_STATISTICS(PUT_STATISTIC, PUT_OBJECT)
		put(&object, "failure",
		    of->failure == 0 ? json_null() : json_string(error_words(of->failure)));
		append(&array, object);
	}
	return array;
}

json_t *document_info(const struct snapshot *snapshot, const struct document_info *info,
		      int64_t shift)
{
	uint64_t memory = __atomic_load_n(&info->memory, __ATOMIC_ACQUIRE);
	json_t *object = json_object();

	put(&object, "version", json_string(info->version));
	put(&object, "source", texts(info->sources, info->source_count));
	put(&object, "started", document_instant(info->started + (uint64_t)shift));
	if (memory > 0)
		put_count(&object, "memory_bytes", memory);
	if (info->capture_socket != NULL)
		put(&object, "capture_socket", json_string(info->capture_socket));
	if (info->flows_socket != NULL)
		put(&object, "flows_socket", json_string(info->flows_socket));
	put(&object, "settings", json_deep_copy(info->settings));
	put(&object, "remarks", document_remarks(snapshot, info));
	put(&object, "outputs", document_outputs(snapshot));
	return object;
}

json_t *document_time(const struct snapshot *snapshot)
{
	bool none = snapshot->size_packets == 0; /* a packet may well be of 1970 */
	json_t *object = json_object();

	put(&object, "first", none ? json_null() : document_date(snapshot->first));
	put(&object, "last", none ? json_null() : document_date(snapshot->last));
	put(&object, "seconds", json_real(snapshot->seconds));
	return object;
}

static json_t *reasons(const struct snapshot *snapshot)
{
	json_t *object = json_object();

	for (int reason = 0; reason < PACKET_REASONS; reason++)
		if (snapshot->reasons[reason] != 0)
			put_count(&object, packet_reason_name(reason), snapshot->reasons[reason]);
	return object;
}

json_t *document_ledger(const struct snapshot *of)
{
	json_t *object = json_object();

	LEDGER_STATISTICS(PUT_STATISTIC, PUT_OBJECT)
	if (of->sample > 1)
		put_count(&object, "sample_one_in", of->sample);
	if (of->prefilter.rules)
		put(&object, "prefilter", document_prefilter_ledger(&of->prefilter));
	return object;
}

static uint64_t octets_with_fcs(const struct snapshot *snapshot)
{
	return snapshot->frame_octets + FCS * snapshot->size_packets;
}

static double mean_size(const struct snapshot *snapshot)
{
	uint64_t packets = snapshot->size_packets;
	double mean = packets == 0 ? 0 : (double)octets_with_fcs(snapshot) / (double)packets;

	return round(mean * 10) / 10;
}

static json_t *histogram(const struct snapshot *snapshot)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < SIZE_CLASSES; i++) {
		json_t *object = json_object();

		if (i < SIZE_CLASSES - 1)
			put_count(&object, "upto", size_class_upto[i]);
		else
			put(&object, "upto", json_string("jumbo"));
		put_count(&object, "packets", snapshot->sizes[i]);
		append(&array, object);
	}
	return array;
}

json_t *document_sizes(const struct snapshot *of)
{
	json_t *object = json_object();

	SIZE_STATISTICS(PUT_STATISTIC, PUT_OBJECT)
	return object;
}

static json_t *ended(const struct flow_counters *of)
{
	json_t *object = json_object();

	FLOW_ENDED_STATISTICS(PUT_STATISTIC, PUT_OBJECT)
	return object;
}

static json_t *fragments(const struct flow_counters *of)
{
	json_t *object = json_object();

	FRAGMENT_STATISTICS(PUT_STATISTIC, PUT_OBJECT)
	return object;
}

static long merged_percent(const struct snapshot_split *split)
{
	double share = split->records == 0 ? 0 : (double)split->merged / (double)split->records;

	return lround(share * 100);
}

static json_t *split_flows(const struct snapshot_split *of)
{
	json_t *object = json_object();

	SPLIT_STATISTICS(PUT_STATISTIC, PUT_OBJECT)
	return object;
}

static uint64_t capacity(const struct snapshot *snapshot)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < snapshot->worker_count; i++)
		sum += snapshot->workers[i].table_capacity;
	return sum;
}

json_t *document_flow_counters(const struct snapshot *of)
{
	json_t *object = json_object();

	FLOW_STATISTICS(PUT_STATISTIC, PUT_OBJECT)
	return object;
}

/* The report's lists: by octets, over all time. */
static const struct stats_top *report_list(const struct snapshot *snapshot, int dimension)
{
	return &snapshot->top[dimension][STATS_OCTETS][STATS_TOTAL];
}

static void put_lists(json_t **report, const struct snapshot *snapshot, uint32_t count)
{
	json_t *rows = json_object(), *totals = json_object(), *errors = json_object();
	bool exact = true;

	for (int dimension = 0; dimension < STATS_DIMENSIONS; dimension++) {
		const struct stats_top *top = report_list(snapshot, dimension);
		const char *name = stats_dimension_names[dimension];

		put(&rows, name, document_top_rows(top, dimension, count));
		put_count(&totals, name, top->keys);
		exact = exact && top->exact;
		if (!top->exact)
			put(&errors, name, document_top_error(top));
	}
	put(report, "top", rows);
	put(report, "top_total", totals);
	put(report, "top_exact", json_boolean(exact));
	put(report, "top_error", errors);
	put_count(report, "top_missed_share_ppm", snapshot->windows[STATS_TOTAL].missed_share_ppm);
	put_count(report, "top_covered_ms", document_ms(snapshot->windows[STATS_TOTAL].time));
	put(report, "top_sum", document_top_sum(snapshot));
}

static void put_prefilter(json_t **report, const struct snapshot *snapshot,
			  const struct document_info *info)
{
	json_t *prefilter = document_prefilter(&snapshot->prefilter);

	if (info->prefilter_rules != NULL &&
	    json_object_update(prefilter, info->prefilter_rules) != 0) {
		json_decref(prefilter);
		prefilter = NULL;
	}
	put(report, "prefilter", prefilter);
}

static json_t *ports_with_xstats(const struct snapshot *snapshot, const struct document_info *info)
{
	json_t *ports = document_ports(snapshot), *port;
	size_t i;

	json_array_foreach(ports, i, port)
		if (info->xstats != NULL)
			json_object_set(port, "xstats", json_array_get(info->xstats, i));
	return ports;
}

json_t *document_report(const struct snapshot *snapshot, const struct document_info *info,
			uint32_t count)
{
	json_t *report = json_object();

	put(&report, "version", json_string(info->version));
	put(&report, "source", texts(info->sources, info->source_count));
	put(&report, "settings", json_deep_copy(info->settings));
	put(&report, "remarks", document_remarks(snapshot, info));
	put(&report, "time", document_time(snapshot));
	put(&report, "ledger", document_ledger(snapshot));
	put(&report, "throughput", document_rates(&snapshot->average));
	if (!snapshot->final)
		put(&report, "throughput_now", document_rates(&snapshot->now));
	if (snapshot->over_time.present)
		put(&report, "throughput_over_time", document_over_time(&snapshot->over_time));
	put(&report, "packet_size", document_sizes(snapshot));
	put(&report, "flows", document_flow_counters(snapshot));
	put(&report, "overflow", document_overflow(snapshot, count));
	put_lists(&report, snapshot, count);
	if (snapshot->prefilter.rules)
		put_prefilter(&report, snapshot, info);
	put(&report, "workers", document_workers(snapshot));
	put(&report, "ports", ports_with_xstats(snapshot, info));
	put(&report, "outputs", document_outputs(snapshot));
	return report;
}

int document_write(const json_t *document, FILE *out)
{
	/* Fifteen digits: 64.1 stays 64.1. */
	int result = json_dumpf(document, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15));

	if (result == 0)
		fputc('\n', out);
	return result != 0 || fflush(out) != 0 || ferror(out) ? -EIO : 0;
}
