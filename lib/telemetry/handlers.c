/* SPDX-License-Identifier: BSD-3-Clause */
#include "handlers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>

#include "answer.h"

/* ---- lists ---- */

/* Take the member `name`, a list, out of a document, to be put back as far as it fits. */
static json_t *take_list(json_t *document, const char *name)
{
	json_t *entries = json_incref(json_object_get(document, name));

	json_object_del(document, name);
	return entries;
}

/* The entries that OFFSET and COUNT ask for; takes `entries`. */
static json_t *page_of(json_t *entries, const struct arguments *arguments)
{
	const uint64_t offset = arguments->number[PAGE_OFFSET];
	const uint64_t count = arguments->number[PAGE_COUNT];
	json_t *page = entries == NULL ? NULL : json_array();
	json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry) {
		if (i < offset || i - offset >= count)
			continue;
		if (json_array_append(page, entry) != 0) {
			json_decref(page);
			page = NULL;
			break;
		}
	}
	json_decref(entries);
	return page;
}

static void put_offset(json_t **answer, const struct command_request *request)
{
	if (*answer != NULL)
		json_object_set_new(
			*answer, "offset",
			json_integer((json_int_t)request->arguments.number[PAGE_OFFSET]));
}

/* Add what was asked for of the command's list; takes `entries`. */
static void put_page(json_t **answer, const struct command_request *request, json_t *entries)
{
	struct answer_list list =
		answer_list_named(request->command->list, json_array_size(entries));

	answer_put_list(answer, &list, page_of(entries, &request->arguments));
}

/* A page and nothing else. */
static json_t *answer_page(const struct command_request *request, json_t *entries)
{
	json_t *answer = json_object();

	put_offset(&answer, request);
	put_page(&answer, request, entries);
	return answer;
}

/* ---- the commands ---- */

static json_t *answer_info(struct command_request *request)
{
	json_t *answer = document_info(request->snapshot, request->info, clock_read().shift);
	json_t *sources = take_list(answer, "source"), *remarks = take_list(answer, "remarks");
	json_t *outputs = take_list(answer, "outputs");

	if (request->snapshot != NULL && answer != NULL)
		json_object_set_new(answer, "time", document_time(request->snapshot));
	struct answer_list source_list = answer_list_named("source", request->info->source_count);
	const struct answer_list output_list = {.name = "outputs",
						.total_name = "outputs_total",
						.shown_name = "outputs_shown",
						.total = json_array_size(outputs),
						.most = ANSWER_BYTES};
	const struct answer_list remark_list = {.name = "remarks",
						.total_name = "remarks_total",
						.shown_name = "remarks_shown",
						.total = json_array_size(remarks),
						.most = ANSWER_BYTES};

	/* Some room stays for the others. */
	source_list.most = ANSWER_BYTES * 3 / 4;
	answer_put_list(&answer, &source_list, sources);
	answer_put_list(&answer, &output_list, outputs);
	answer_put_list(&answer, &remark_list, remarks);
	return answer;
}

static json_t *answer_ledger(struct command_request *request)
{
	return document_ledger(request->snapshot);
}

static json_t *answer_sizes(struct command_request *request)
{
	json_t *answer = document_sizes(request->snapshot);
	const struct answer_list list = answer_list_named("histogram", SIZE_CLASSES);

	answer_put_list(&answer, &list, take_list(answer, "histogram"));
	return answer;
}

/* The entries that fit, and where the next page begins. */
static void put_live_flows(json_t **answer, const char *name, const struct stats_live_flow *flows,
			   uint32_t count, uint64_t total)
{
	const struct answer_list list = answer_list_named(name, total);
	json_t *entries = json_array();
	json_int_t shown;

	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(entries, document_flow(&flows[i].view));
	answer_put_list(answer, &list, entries);
	shown = json_integer_value(json_object_get(*answer, "shown"));
	if (shown > 0)
		json_object_set_new(*answer, "next",
				    json_integer((json_int_t)flows[shown - 1].next));
}

static json_t *live_flows(struct command_request *request)
{
	enum { NEXT = PAGE_COUNT + 1 };
	const uint64_t offset = request->arguments.number[PAGE_OFFSET];
	const uint32_t most = (uint32_t)request->arguments.number[PAGE_COUNT];
	const uint64_t from = request->arguments.number[NEXT]; /* where a page ended; 0: none */
	struct stats_live_flow *flows = calloc(most, sizeof(*flows));
	json_t *answer = NULL;
	uint32_t unread;

	if (flows == NULL)
		return NULL;
	uint32_t count =
		stats_live_flows(request->stats, from, from > 0 ? 0 : offset, flows, most, &unread);
	/* Counting goes through all tables: once for all pages. */
	uint64_t total =
		from > 0 ? request->snapshot->flows_active : stats_live_count(request->stats);

	answer =
		json_pack("{s:I, s:I}", "offset", (json_int_t)offset, "unread", (json_int_t)unread);
	put_live_flows(&answer, request->command->list, flows, count, total);
	free(flows);
	return answer;
}

static json_t *answer_flows(struct command_request *request)
{
	if (request->arguments.given == 0)
		return document_flow_counters(request->snapshot);
	return live_flows(request);
}

/* A page of the networks; the protocols beside them are few. */
static json_t *answer_overflow(struct command_request *request)
{
	json_t *answer = document_overflow(request->snapshot, UINT32_MAX);
	json_t *protocols = take_list(answer, "protocols");
	json_t *networks = take_list(answer, request->command->list);
	const struct answer_list protocol_list = {.name = "protocols",
						  .total_name = "protocols_total",
						  .shown_name = "protocols_shown",
						  .total = json_array_size(protocols),
						  .most = ANSWER_BYTES / 2};

	put_offset(&answer, request);
	answer_put_list(&answer, &protocol_list, protocols);
	put_page(&answer, request, networks);
	return answer;
}

static json_t *answer_top(struct command_request *request)
{
	enum { DIMENSION, COUNT, METRIC, WINDOW };
	const uint64_t *number = request->arguments.number;
	const struct document_list which = {
		.dimension = (enum stats_dimension)number[DIMENSION],
		.metric = (enum stats_metric)number[METRIC],
		.window = (enum stats_window)number[WINDOW],
		.count = (uint32_t)number[COUNT],
	};

	if (request->snapshot->top_pending) {
		error_set(&request->error, EAGAIN,
			  "the top lists of a capture come with its end; ask again");
		return NULL;
	}
	json_t *answer = document_top(request->snapshot, &which);
	const struct answer_list list = answer_list_named(
		"rows", (uint64_t)json_integer_value(json_object_get(answer, "total")));

	answer_put_list(&answer, &list, take_list(answer, "rows"));
	return answer;
}

static json_t *answer_workers(struct command_request *request)
{
	return answer_page(request, document_workers(request->snapshot));
}

static json_t *answer_ports(struct command_request *request)
{
	return answer_page(request, document_ports(request->snapshot));
}

static json_t *answer_export(struct command_request *request)
{
	return answer_page(request, document_outputs(request->snapshot));
}

static const struct handler handlers[] = {
	{"/weir/info", NAMES_SNAPSHOT, answer_info},
	{"/weir/ledger", NEEDS_SNAPSHOT, answer_ledger},
	{"/weir/throughput", NEEDS_SNAPSHOT, answer_throughput},
	{"/weir/sizes", NEEDS_SNAPSHOT, answer_sizes},
	{"/weir/flows", NEEDS_SNAPSHOT, answer_flows},
	{"/weir/overflow", NEEDS_SNAPSHOT, answer_overflow},
	{"/weir/top", NEEDS_SNAPSHOT, answer_top},
	{"/weir/workers", NEEDS_SNAPSHOT, answer_workers},
	{"/weir/ports", NEEDS_SNAPSHOT, answer_ports},
	{"/weir/export", NEEDS_SNAPSHOT, answer_export},
	{"/weir/events", NEEDS_NOTHING, answer_events},
	{"/weir/prefilter", NEEDS_SNAPSHOT | NEEDS_PREFILTER, answer_prefilter},
	{"/weir/prefilter/add", NEEDS_PREFILTER, answer_prefilter_add},
	{"/weir/prefilter/del", NEEDS_PREFILTER, answer_prefilter_delete},
	{"/weir/prefilter/replace", NEEDS_PREFILTER, answer_prefilter_replace},
};
#define HANDLERS (sizeof(handlers) / sizeof(handlers[0]))

const struct handler *handler_find(const char *path)
{
	for (unsigned int i = 0; i < HANDLERS; i++)
		if (strcmp(handlers[i].path, path) == 0)
			return &handlers[i];
	return NULL;
}

unsigned int handler_count(void)
{
	return HANDLERS;
}

/* ---- what is around them ---- */

static void put_snapshot(json_t *answer, const struct command_request *request)
{
	const struct snapshot *snapshot = request->snapshot;
	uint64_t age = request->clock - snapshot->clock;

	json_object_set_new(answer, "snapshot", json_integer((json_int_t)snapshot->number));
	if (age > 2 * snapshot->interval)
		json_object_set_new(answer, "age_ms", json_integer((json_int_t)document_ms(age)));
}

static int check_needs(unsigned int needs, struct command_request *request)
{
	if (needs & NEEDS_SNAPSHOT && request->snapshot == NULL)
		return error_set(&request->error, EAGAIN,
				 "no statistics yet: the first interval has not passed; ask again");
	if (needs & NEEDS_PREFILTER && request->prefilter == NULL)
		return error_set(
			&request->error, ENOENT,
			"there is no prefilter; start weir with --interface and --prefilter");
	return 0;
}

json_t *handler_answer(const struct handler *handler, struct command_request *request)
{
	json_t *answer;

	request->command = command_find(handler->path);
	if (check_needs(handler->needs, request) != 0 ||
	    arguments_read(request->command, request->text, &request->arguments, &request->error) !=
		    0)
		return NULL;
	answer = handler->answer(request);
	if (answer != NULL && request->snapshot != NULL &&
	    handler->needs & (NEEDS_SNAPSHOT | NAMES_SNAPSHOT))
		put_snapshot(answer, request);
	return answer;
}
