/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/metrics.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <weir/packet.h>
#include <weir/print.h>
#include <weir/statistics.h>

#include "exposition.h"

static const struct labels no_labels = {{0}, 0};

const char *metrics_content_type(enum metrics_format format)
{
	return format == METRICS_OPENMETRICS
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}

static void add_count(struct exposition *exposition, const char *suffix,
		      const struct labels *labels, uint64_t count)
{
	json_t *value = json_integer((json_int_t)count);

	exposition_add(exposition, suffix, labels, value);
	json_decref(value);
}

/* ---- the lists of statistics ---- */

/* A statistic on its way down its path. */
struct descent {
	struct exposition *exposition;
	const struct statistic *statistic;
	const char *path; /* of its list: "ports.queues" */
};

/* Which member tells the objects at the first `length` of a path apart; "": there is but one. */
static const char *told_by(const char *path, size_t length)
{
	for (int list = 0; list < STATISTICS_COUNT; list++)
		if (strlen(statistics[list].path) == length &&
		    strncmp(statistics[list].path, path, length) == 0)
			return statistics[list].each;
	return "";
}

static void add_statistic(const struct descent *descent, const json_t *object,
			  const struct labels *labels)
{
	const json_t *value = json_object_get(object, descent->statistic->name);
	unsigned int divisor = statistic_metric_divisor(descent->statistic);
	json_t *quotient;

	if (divisor == 1) {
		exposition_add(descent->exposition, "", labels, value);
		return;
	}
	quotient = json_is_number(value) ? json_real(json_number_value(value) / divisor) : NULL;
	exposition_add(descent->exposition, "", labels, quotient);
	json_decref(quotient);
}

/* "ports": port="eth0". */
static void label_item(struct labels *labels, const char *list, size_t length, const json_t *name)
{
	char label[32], number[24];

	snprintf(label, sizeof(label), "%.*s", (int)length - 1, list);
	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(name));
	labels_add(labels, label, json_is_string(name) ? json_string_value(name) : number);
}

/* All objects at the rest of a path, from `begin` on. */
static void descend(const struct descent *descent, const json_t *object, size_t begin,
		    const struct labels *labels)
{
	const char *part = descent->path + begin;
	size_t length = strcspn(part, "."), end = begin + length;
	const char *each = told_by(descent->path, end);
	const json_t *members;
	char name[32];

	if (length == 0) {
		add_statistic(descent, object, labels);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)length, part);
	members = json_object_get(object, name);
	end += descent->path[end] == '.';
	if (each[0] == '\0') {
		descend(descent, members, end, labels);
		return;
	}
	for (size_t i = 0; i < print_items(members); i++) {
		struct labels with = *labels;
		const json_t *item = print_item(members, i);

		label_item(&with, part, length, json_object_get(item, each));
		descend(descent, item, end, &with);
	}
}

/* Rates are those of the last interval: averages since the start are nothing to look at again. */
static const char *path_of(enum statistics_list list)
{
	return list == STATISTICS_RATES ? "throughput_now" : statistics[list].path;
}

static void add_list(struct exposition *exposition, enum statistics_list list, const json_t *report)
{
	const struct statistic *one = statistics[list].members;

	for (; one->name != NULL; one++) {
		const struct descent descent = {exposition, one, path_of(list)};
		char name[128];
		struct family family = {.name = name,
					.type = one->counter ? "counter" : "gauge",
					.unit = one->unit,
					.help = one->meaning};

		statistic_metric(name, sizeof(name), list, one);
		if (one->counter)
			name[strlen(name) - strlen("_total")] = '\0';
		exposition_begin(exposition, &family);
		descend(&descent, report, 0, &no_labels);
	}
}

/* ---- what is beside them ---- */

/* All of them, also those that are 0 and so not in the report: a series begins at 0. */
static void add_reasons(struct exposition *exposition, const json_t *report)
{
	static const struct family family = {.name = "weir_ledger_reasons_frames",
					     .type = "counter",
					     .unit = "frames",
					     .help = "of each bucket, by reason"};
	const json_t *reasons = json_object_get(json_object_get(report, "ledger"), "reasons");

	exposition_begin(exposition, &family);
	for (int reason = 0; reasons != NULL && reason < PACKET_REASONS; reason++) {
		struct labels labels = no_labels;

		labels_add(&labels, "bucket", packet_bucket_name(packet_reason_bucket(reason)));
		labels_add(&labels, "reason", packet_reason_name(reason));
		add_count(exposition, "", &labels,
			  print_count(reasons, packet_reason_name(reason)));
	}
}

static void add_sizes(struct exposition *exposition, const json_t *report)
{
	static const struct family family = {.name = "weir_frame_size_octets",
					     .type = "histogram",
					     .unit = "octets",
					     .help = "sizes of frames with FCS"};
	const json_t *sizes = json_object_get(report, "packet_size");
	const json_t *classes = json_object_get(sizes, "histogram");
	uint64_t sum = 0;

	exposition_begin(exposition, &family);
	for (size_t i = 0; i < print_items(classes); i++) {
		const json_t *class = print_item(classes, i);
		const json_t *upto = json_object_get(class, "upto");
		struct labels labels = no_labels;
		char text[24] = "+Inf"; /* "jumbo" */

		if (json_is_integer(upto))
			snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT ".0",
				 json_integer_value(upto));
		labels_add(&labels, "le", text);
		sum += print_count(class, "packets");
		add_count(exposition, "_bucket", &labels, sum);
	}
	exposition_add(exposition, "_sum", &no_labels, json_object_get(sizes, "octets"));
	exposition_add(exposition, "_count", &no_labels, json_object_get(sizes, "packets"));
}

static void add_info(struct exposition *exposition, const json_t *report)
{
	static const struct family family = {
		.name = "weir", .type = "info", .help = "what runs, and what it analyses"};
	struct labels labels = no_labels;

	labels_add(&labels, "version", print_text(report, "version"));
	labels_add(&labels, "input", print_text(json_object_get(report, "settings"), "input"));
	exposition_begin(exposition, &family);
	add_count(exposition, "", &labels, 1);
}

static void add_start(struct exposition *exposition, const json_t *report)
{
	static const struct family family = {.name = "weir_start_time_seconds",
					     .type = "gauge",
					     .unit = "seconds",
					     .help = "when weir started, since 1970"};
	struct tm date = {0};

	exposition_begin(exposition, &family);
	if (strptime(print_text(report, "started"), "%Y-%m-%dT%H:%M:%S", &date) != NULL)
		add_count(exposition, "", &no_labels, (uint64_t)timegm(&date));
}

static void add_age(struct exposition *exposition, const json_t *report)
{
	static const struct family family = {
		.name = "weir_statistics_age_seconds",
		.type = "gauge",
		.unit = "seconds",
		.help = "how old these numbers are; 0 for less than two intervals. More: the "
			"statistics are stuck, or cannot keep up"};
	json_t *age = json_real(print_number(report, "age_ms") / 1000);

	exposition_begin(exposition, &family);
	exposition_add(exposition, "", &no_labels, age);
	json_decref(age);
}

void metrics_write(FILE *out, enum metrics_format format, const json_t *report)
{
	struct exposition exposition = {.out = out, .format = format};

	add_info(&exposition, report);
	add_start(&exposition, report);
	add_age(&exposition, report);
	for (int list = 0; list < STATISTICS_COUNT; list++)
		add_list(&exposition, list, report);
	add_reasons(&exposition, report);
	add_sizes(&exposition, report);
	exposition_end(&exposition);
}
