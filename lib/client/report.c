/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/client_report.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/client_words.h>
#include <weir/commands.h>
#include <weir/dimensions.h>

#define ATTEMPTS 3

/* As one would type them to weirctl. */
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A report on its way. */
struct gathering {
	struct client *client;
	enum report_depth depth;
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

/* The answer to weirctl's words (a new reference) without what is about the answer. */
static int ask(struct gathering *gathering, const char *const *words, json_t **answer)
{
	static const char *const about[] = {"snapshot", "age_ms",          "offset",
					    "shown",    "protocols_shown", "protocols_total"};
	struct question question;
	json_t *got, *age;
	int count = 0, result;

	while (words[count] != NULL)
		count++;
	result = words_read(words, count, &question, gathering->error);
	if (result == 0)
		result = client_ask(gathering->client, question.message, &got, gathering->error);
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
static int ask_part(struct gathering *gathering, const char *key, const char *const *words)
{
	json_t *answer;
	int result = ask(gathering, words, &answer);

	if (result != 0)
		return result;
	json_object_del(answer, "total");
	return json_object_set_new(gathering->report, key, answer);
}

/*
 * All pages of a command (`verb` may be NULL): *whole is the last answer with all rows in its list,
 * which is called *name.
 */
static int ask_pages(struct gathering *gathering, const char *word, const char *verb,
		     json_t **whole, const char **name)
{
	char offset[24], count[24];
	const char *const plain[] = {word, offset, count, NULL};
	const char *const verbal[] = {word, verb, offset, count, NULL};
	const char *const *words = verb != NULL ? verbal : plain;
	json_t *rows = json_array();
	json_int_t total;
	size_t before;
	int taken, result;

	*whole = NULL;
	*name = command_of_words(words, 2, &taken)->list;
	snprintf(count, sizeof(count), "%d", COMMAND_ENTRIES_MAX);
	do {
		before = json_array_size(rows);
		json_decref(*whole);
		snprintf(offset, sizeof(offset), "%zu", before);
		result = ask(gathering, words, whole);
		if (result != 0)
			break;
		json_array_extend(rows, json_object_get(*whole, *name));
		total = json_integer_value(json_object_get(*whole, "total"));
	} while (json_array_size(rows) > before && (json_int_t)json_array_size(rows) < total);
	if (result == 0)
		json_object_set(*whole, *name, rows);
	else
		*whole = NULL;
	json_decref(rows);
	return result;
}

/* All of a command's list as the member of the report that is called like it. */
static int ask_list(struct gathering *gathering, const char *word)
{
	const char *name;
	json_t *whole;
	int result = ask_pages(gathering, word, NULL, &whole, &name);

	if (result == 0)
		put_member(gathering, name, whole, name);
	json_decref(whole);
	return result;
}

static int ask_rates(struct gathering *gathering)
{
	json_t *answer;
	int result = ask(gathering, WORDS("throughput", "1"), &answer);

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

static int ask_lists(struct gathering *gathering, const char *rows)
{
	json_t *lists = json_pack("{s:{}, s:{}, s:i, s:{}}", "top", "top_total", "top_exact", 1,
				  "top_error");
	int result = 0;

	json_object_update(gathering->report, lists);
	json_decref(lists);
	for (int dimension = 0; result == 0 && dimension < STATS_DIMENSIONS; dimension++) {
		const char *name = stats_dimension_names[dimension];
		json_t *list;

		result = ask(gathering, WORDS("top", name, rows), &list);
		if (result != 0)
			break;
		put_list(gathering, name, list);
		json_decref(list);
	}
	return result;
}

/* Of its rules those that matched something. */
static int ask_prefilter_and_rules(struct gathering *gathering)
{
	json_t *prefilter, *rules = json_array(), *rule;
	const char *name;
	int result = ask_pages(gathering, "prefilter", "show", &prefilter, &name);
	size_t i;

	json_array_foreach(json_object_get(prefilter, name), i, rule)
		if (json_integer_value(json_object_get(rule, "packets")) > 0 &&
		    json_array_size(rules) < COMMAND_REPORT_RULES)
			json_array_append(rules, rule);
	if (result == 0) {
		json_object_set(prefilter, name, rules);
		json_object_set(prefilter, "rules_total", json_object_get(prefilter, "total"));
		json_object_del(prefilter, "total");
		json_object_set(gathering->report, "prefilter", prefilter);
	}
	json_decref(rules);
	json_decref(prefilter);
	return result;
}

static int ask_prefilter(struct gathering *gathering)
{
	return gathering->depth == REPORT_WHOLE
		       ? ask_prefilter_and_rules(gathering)
		       : ask_part(gathering, "prefilter", WORDS("prefilter", "show", "0", "1"));
}

/* As many as in weir's own report, up to what an answer holds. */
static unsigned int rows_of(const json_t *info)
{
	const char *top =
		json_string_value(json_object_get(json_object_get(info, "settings"), "top"));
	unsigned long rows = top != NULL ? strtoul(top, NULL, 10) : 0;

	return (unsigned int)(rows < COMMAND_ENTRIES_MAX ? rows : COMMAND_ENTRIES_MAX);
}

/* What is about traffic. */
static int gather_traffic(struct gathering *gathering, const json_t *info)
{
	const bool whole = gathering->depth == REPORT_WHOLE;
	char rows[16];
	int result = ask_part(gathering, "ledger", WORDS("ledger"));

	snprintf(rows, sizeof(rows), "%u", whole ? rows_of(info) : 1);
	if (result == 0)
		result = ask_rates(gathering);
	if (result == 0)
		result = ask_part(gathering, "packet_size", WORDS("sizes"));
	if (result == 0)
		result = ask_part(gathering, "flows", WORDS("flows"));
	if (result == 0)
		result = ask_part(gathering, "overflow", WORDS("overflow", "0", rows));
	if (result == 0 && whole)
		result = ask_lists(gathering, rows);
	/* Those of a capture come with its end, and a remark says so. */
	if (result == -EREMOTEIO && client_info_of_captures(info))
		result = 0;
	return result;
}

static int gather(struct gathering *gathering)
{
	static const char *const first[] = {"version", "source", "settings", "remarks", "time"};
	json_t *info;
	int result = ask(gathering, WORDS("info"), &info);

	if (result != 0)
		return result;
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		put_member(gathering, first[i], info, first[i]);
	put_member(gathering, "source_total", info, "total");
	result = gather_traffic(gathering, info);
	if (result == 0 &&
	    json_object_get(json_object_get(gathering->report, "ledger"), "prefilter") != NULL)
		result = ask_prefilter(gathering);
	if (result == 0)
		result = ask_list(gathering, "workers");
	if (result == 0)
		result = ask_list(gathering, "ports");
	if (result == 0)
		result = ask_list(gathering, "export");
	if (gathering->depth == REPORT_STATISTICS)
		put_member(gathering, "started", info, "started");
	json_object_set_new(gathering->report, "snapshot", json_integer(gathering->snapshot));
	json_decref(info);
	return result;
}

/* weir made new snapshots faster than it could be asked for all of one. */
static void add_remark(json_t *report)
{
	json_t *remarks = json_object_get(report, "remarks");
	json_t *all = json_is_array(remarks) ? json_copy(remarks) : json_array();

	json_array_append_new(all, json_string("The parts of this report are of several "
					       "snapshots: their sums need not agree."));
	json_object_set_new(report, "remarks", all);
}

int report_ask(struct client *client, enum report_depth depth, json_t **report, struct error *error)
{
	bool one_snapshot = false;
	int result;

	*report = NULL;
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		struct gathering gathering = {client, depth, json_object(), 0, true, error};

		json_decref(*report);
		*report = gathering.report;
		result = gather(&gathering);
		one_snapshot = gathering.one_snapshot;
		if (result != 0 || one_snapshot)
			break;
	}
	if (result == 0 && !one_snapshot)
		add_remark(*report);
	if (result != 0) {
		json_decref(*report);
		*report = NULL;
	}
	return result;
}
