/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/commands.h>
#include <weir/dimensions.h>

#define ATTEMPTS    3
#define TOP_USUAL   10
#define MATCHES_MAX 1000 /* of a prefilter's rules, as in weir's own report */

/* A report on its way. */
struct gathering {
	struct client *client;
	json_t *report;
	json_int_t snapshot; /* the first answer's */
	bool one_snapshot;   /* so far all are of it */
	struct error *error;
};

/* A list of objects comes keyed by rank, "1", "2", ...: in a report it is an array. */
static json_t *with_lists(json_t *value)
{
	if (!json_is_object(value))
		return json_incref(value);
	bool ranked = json_object_get(value, "1") != NULL;
	json_t *copy = ranked ? json_array() : json_object(), *member;
	const char *key;

	json_object_foreach(value, key, member) {
		if (ranked)
			json_array_append_new(copy, with_lists(member));
		else
			json_object_set_new(copy, key, with_lists(member));
	}
	return copy;
}

/* The answer to "PATH" or "PATH,ARGUMENTS" (a new reference) without what is about the answer. */
static int ask(struct gathering *gathering, const char *question, json_t **answer)
{
	static const char *const about[] = {"snapshot", "age_ms",          "offset",
					    "shown",    "protocols_shown", "protocols_total"};
	json_t *got, *age;
	int result = client_ask(gathering->client, question, &got, gathering->error);

	if (result != 0)
		return result;
	json_int_t snapshot = json_integer_value(json_object_get(got, "snapshot"));

	if (gathering->snapshot == 0)
		gathering->snapshot = snapshot;
	gathering->one_snapshot = gathering->one_snapshot && snapshot == gathering->snapshot;
	age = json_object_get(got, "age_ms");
	if (age != NULL)
		json_object_set(gathering->report, "age_ms", age);
	for (size_t i = 0; i < sizeof(about) / sizeof(about[0]); i++)
		json_object_del(got, about[i]);
	*answer = with_lists(got);
	json_decref(got);
	return 0;
}

static void put_member(struct gathering *gathering, const char *key, const json_t *of,
		       const char *name)
{
	json_object_set(gathering->report, key, json_object_get(of, name));
}

/* An answer as the member `key` of the report. */
static int ask_part(struct gathering *gathering, const char *key, const char *question)
{
	json_t *answer;
	int result = ask(gathering, question, &answer);

	if (result != 0)
		return result;
	json_object_del(answer, "total");
	return json_object_set_new(gathering->report, key, answer);
}

/*
 * All pages of `path`, whose list is `name`: *whole is the last answer with all rows in its list.
 */
static int ask_pages(struct gathering *gathering, const char *path, const char *name,
		     json_t **whole)
{
	json_t *rows = json_array();
	json_int_t total;
	size_t before;
	int result;

	*whole = NULL;
	do {
		char question[128];

		before = json_array_size(rows);
		json_decref(*whole);
		snprintf(question, sizeof(question), "%s,%zu,%d", path, before,
			 COMMAND_ENTRIES_MAX);
		result = ask(gathering, question, whole);
		if (result != 0)
			break;
		json_array_extend(rows, json_object_get(*whole, name));
		total = json_integer_value(json_object_get(*whole, "total"));
	} while (json_array_size(rows) > before && (json_int_t)json_array_size(rows) < total);
	if (result == 0)
		json_object_set(*whole, name, rows);
	else
		*whole = NULL;
	json_decref(rows);
	return result;
}

static int ask_list(struct gathering *gathering, const char *name)
{
	char path[64];
	json_t *whole;

	snprintf(path, sizeof(path), "/weir/%s", name);
	int result = ask_pages(gathering, path, name, &whole);

	if (result == 0)
		put_member(gathering, name, whole, name);
	json_decref(whole);
	return result;
}

static int ask_rates(struct gathering *gathering)
{
	json_t *answer;
	int result = ask(gathering, "/weir/throughput,1", &answer);

	if (result != 0)
		return result;
	put_member(gathering, "throughput", answer, "average");
	put_member(gathering, "throughput_now", answer, "now");
	json_decref(answer);
	json_object_del(json_object_get(gathering->report, "throughput"), "covered_ms");
	json_object_del(json_object_get(gathering->report, "throughput_now"), "covered_ms");
	return 0;
}

/* One list of all time among those of the report. */
static void put_list(struct gathering *gathering, const char *dimension, const json_t *list)
{
	json_t *report = gathering->report;

	json_object_set(json_object_get(report, "top"), dimension, json_object_get(list, "rows"));
	json_object_set(json_object_get(report, "top_total"), dimension,
			json_object_get(list, "total"));
	if (json_integer_value(json_object_get(list, "exact")) == 0) {
		json_object_set_new(report, "top_exact", json_integer(0));
		json_object_set(json_object_get(report, "top_error"), dimension,
				json_object_get(list, "error_bound"));
	}
	put_member(gathering, "top_missed_share_ppm", list, "missed_share_ppm");
	put_member(gathering, "top_covered_ms", list, "covered_ms");
	put_member(gathering, "top_sum", list, "sum");
}

static int ask_lists(struct gathering *gathering, unsigned int rows)
{
	json_t *lists = json_pack("{s:{}, s:{}, s:i, s:{}}", "top", "top_total", "top_exact", 1,
				  "top_error");
	int result = 0;

	json_object_update(gathering->report, lists);
	json_decref(lists);
	for (int dimension = 0; result == 0 && dimension < STATS_DIMENSIONS; dimension++) {
		const char *name = stats_dimension_names[dimension];
		char question[64];
		json_t *list;

		snprintf(question, sizeof(question), "/weir/top,%s,%u", name, rows);
		result = ask(gathering, question, &list);
		if (result != 0)
			break;
		put_list(gathering, name, list);
		json_decref(list);
	}
	return result;
}

/* Of its rules those that matched something. */
static int ask_prefilter(struct gathering *gathering)
{
	json_t *prefilter, *rules = json_array(), *rule;
	int result = ask_pages(gathering, "/weir/prefilter", "rules", &prefilter);
	size_t i;

	json_array_foreach(json_object_get(prefilter, "rules"), i, rule)
		if (json_integer_value(json_object_get(rule, "packets")) > 0 &&
		    json_array_size(rules) < MATCHES_MAX)
			json_array_append(rules, rule);
	if (result == 0) {
		json_object_set(prefilter, "rules", rules);
		json_object_set(prefilter, "rules_total", json_object_get(prefilter, "total"));
		json_object_del(prefilter, "total");
		json_object_set(gathering->report, "prefilter", prefilter);
	}
	json_decref(rules);
	json_decref(prefilter);
	return result;
}

static unsigned int rows_of(const json_t *settings)
{
	const char *top = json_string_value(json_object_get(settings, "top"));
	unsigned long rows = top != NULL ? strtoul(top, NULL, 10) : TOP_USUAL;

	return (unsigned int)(rows < COMMAND_ENTRIES_MAX ? rows : COMMAND_ENTRIES_MAX);
}

static bool reads_captures(const json_t *settings)
{
	const char *input = json_string_value(json_object_get(settings, "input"));

	return input != NULL && strcmp(input, "captures") == 0;
}

/* What is about traffic. */
static int gather_traffic(struct gathering *gathering, const json_t *settings)
{
	unsigned int rows = rows_of(settings);
	char overflow[64];
	int result = ask_part(gathering, "ledger", "/weir/ledger");

	snprintf(overflow, sizeof(overflow), "/weir/overflow,0,%u", rows);
	if (result == 0)
		result = ask_rates(gathering);
	if (result == 0)
		result = ask_part(gathering, "packet_size", "/weir/sizes");
	if (result == 0)
		result = ask_part(gathering, "flows", "/weir/flows");
	if (result == 0)
		result = ask_part(gathering, "overflow", overflow);
	if (result == 0)
		result = ask_lists(gathering, rows);
	/* Those of a capture come with its end, and a remark says so. */
	if (result == -EREMOTEIO && reads_captures(settings))
		result = 0;
	return result;
}

static int gather(struct gathering *gathering)
{
	static const char *const first[] = {"version", "source", "settings", "remarks", "time"};
	json_t *info;
	int result = ask(gathering, "/weir/info", &info);

	if (result != 0)
		return result;
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		put_member(gathering, first[i], info, first[i]);
	put_member(gathering, "source_total", info, "total");
	result = gather_traffic(gathering, json_object_get(info, "settings"));
	if (result == 0 &&
	    json_object_get(json_object_get(gathering->report, "ledger"), "prefilter") != NULL)
		result = ask_prefilter(gathering);
	if (result == 0)
		result = ask_list(gathering, "workers");
	if (result == 0)
		result = ask_list(gathering, "ports");
	put_member(gathering, "outputs", info, "outputs");
	json_object_set_new(gathering->report, "snapshot", json_integer(gathering->snapshot));
	json_decref(info);
	return result;
}

int report_ask(struct client *client, json_t **report, struct error *error)
{
	int result;

	*report = NULL;
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		struct gathering gathering = {client, json_object(), 0, true, error};

		json_decref(*report);
		*report = gathering.report;
		result = gather(&gathering);
		if (result != 0 || gathering.one_snapshot)
			break;
	}
	if (result != 0) {
		json_decref(*report);
		*report = NULL;
	}
	return result;
}
