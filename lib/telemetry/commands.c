/* SPDX-License-Identifier: BSD-3-Clause */
#include "commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>

#include "answer.h"
#include "arguments.h"

/* ---- lists ---- */

static struct answer_list list_named(const char *name, uint64_t total)
{
	return (struct answer_list){.name = name,
				    .total_name = "total",
				    .shown_name = "shown",
				    .total = total,
				    .most = ANSWER_BYTES};
}

/* Take the member `name`, a list, out of a document, to be put back as far as it fits. */
static json_t *take_list(json_t *document, const char *name)
{
	json_t *rows = json_incref(json_object_get(document, name));

	json_object_del(document, name);
	return rows;
}

/* The rows of `page`; takes `rows`. */
static json_t *cut_page(json_t *rows, const struct page *page)
{
	json_t *cut = rows == NULL ? NULL : json_array();
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		if (i < page->offset || i - page->offset >= page->count)
			continue;
		if (json_array_append(cut, row) != 0) {
			json_decref(cut);
			cut = NULL;
			break;
		}
	}
	json_decref(rows);
	return cut;
}

static void put_offset(json_t **answer, const struct page *page)
{
	if (*answer != NULL)
		json_object_set_new(*answer, "offset", json_integer((json_int_t)page->offset));
}

/* "{offset, total, shown, NAME: rows}" of the page that the arguments name; takes `rows`. */
static json_t *paged(struct command_request *request, const char *name, json_t *rows)
{
	struct answer_list list = list_named(name, json_array_size(rows));
	json_t *answer = NULL;
	struct page page;

	if (arguments_page(request->arguments, &page, &request->error) != 0) {
		json_decref(rows);
		return NULL;
	}
	answer = json_pack("{s:I}", "offset", (json_int_t)page.offset);
	answer_put_list(&answer, &list, cut_page(rows, &page));
	return answer;
}

/* ---- the commands ---- */

static json_t *answer_info(struct command_request *request)
{
	if (arguments_none(request->arguments, &request->error) != 0)
		return NULL;
	json_t *answer = document_info(request->info, clock_read().shift);
	json_t *sources = take_list(answer, "source"), *remarks = take_list(answer, "remarks");
	json_t *outputs = take_list(answer, "outputs");
	struct answer_list source_list = list_named("source", request->info->source_count);
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
	if (arguments_none(request->arguments, &request->error) != 0)
		return NULL;
	return document_ledger(request->snapshot);
}

static json_t *answer_sizes(struct command_request *request)
{
	if (arguments_none(request->arguments, &request->error) != 0)
		return NULL;
	json_t *answer = document_sizes(request->snapshot);
	const struct answer_list list = list_named("histogram", SIZE_CLASSES);

	answer_put_list(&answer, &list, take_list(answer, "histogram"));
	return answer;
}

static uint64_t per_second(uint64_t amount, uint64_t duration)
{
	if (duration == 0)
		return 0;
	return (uint64_t)((unsigned __int128)amount * CLOCK_SECOND / duration);
}

/* `count` entries as arrays side by side, which take far less room than objects. */
static json_t *history_arrays(const struct stats_history *entries, size_t count)
{
	json_t *time = json_array(), *covered = json_array(), *packets = json_array();
	json_t *l2 = json_array(), *ip = json_array(), *missed = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct stats_history *entry = &entries[i];
		uint64_t duration = entry->duration;

		json_array_append_new(time,
				      json_integer((json_int_t)(entry->time / CLOCK_MILLISECOND)));
		json_array_append_new(covered, json_integer((json_int_t)document_ms(duration)));
		json_array_append_new(
			packets, json_integer((json_int_t)per_second(entry->packets, duration)));
		json_array_append_new(l2, json_integer((json_int_t)per_second(
						  entry->frame_octets * 8, duration)));
		json_array_append_new(
			ip, json_integer((json_int_t)per_second(entry->ip_octets * 8, duration)));
		json_array_append_new(missed, json_integer((json_int_t)entry->missed));
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "time", time, "covered_ms", covered,
			 "packets_per_second", packets, "l2_bits_per_second", l2,
			 "ip_bits_per_second", ip, "missed", missed);
}

/* The newest entries that fit into `room` bytes. */
static json_t *fitting_history(const struct stats_history *entries, size_t *count, size_t room)
{
	size_t total = *count;

	if (*count > ANSWER_ARRAY)
		*count = ANSWER_ARRAY;
	for (;;) {
		json_t *history = history_arrays(entries + total - *count, *count);
		size_t bytes = answer_bytes(history);

		if (bytes <= room || *count == 0)
			return history;
		json_decref(history);
		/* In proportion, and always fewer. */
		*count = (*count - 1) * room / bytes;
	}
}

static json_t *rates_over(const struct stats_rates *rates, uint64_t ns)
{
	json_t *object = document_rates(rates);

	if (object != NULL)
		json_object_set_new(object, "covered_ms",
				    json_integer((json_int_t)document_ms(ns)));
	return object;
}

/* How many of the newest `count` entries it takes to cover so many seconds. */
static size_t entries_over(const struct stats_history *entries, size_t count, uint64_t seconds)
{
	uint64_t covered = 0;
	size_t taken = 0;

	/* An entry is a little early or late. */
	while (taken < count && covered + CLOCK_SECOND / 2 < seconds * CLOCK_SECOND)
		covered += entries[count - ++taken].duration;
	return taken;
}

static json_t *answer_throughput(struct command_request *request)
{
	const struct snapshot *snapshot = request->snapshot;
	struct page page;

	if (arguments_history(request->arguments, &page, &request->error) != 0)
		return NULL;
	size_t end = snapshot->history_count > page.offset
			     ? snapshot->history_count - (size_t)page.offset
			     : 0;
	size_t total = entries_over(snapshot->history, end, page.count), shown = total;
	json_t *history = fitting_history(snapshot->history + end - total, &shown,
					  ANSWER_BYTES - ANSWER_BYTES / 16);

	return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:o}", "now",
			 rates_over(&snapshot->now, snapshot->windows[STATS_NOW].time), "average",
			 rates_over(&snapshot->average, snapshot->windows[STATS_TOTAL].time),
			 "seconds", (json_int_t)page.count, "offset", (json_int_t)page.offset,
			 "total", (json_int_t)total, "shown", (json_int_t)shown, "history",
			 history);
}

/* The rows that fit, and where the next page begins. */
static void put_live_flows(json_t **answer, const struct stats_live_flow *flows, uint32_t count,
			   uint64_t total)
{
	const struct answer_list list = list_named("flows", total);
	json_t *rows = json_array();
	json_int_t shown;

	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(rows, document_flow(&flows[i].view));
	answer_put_list(answer, &list, rows);
	shown = json_integer_value(json_object_get(*answer, "shown"));
	if (shown > 0)
		json_object_set_new(*answer, "next",
				    json_integer((json_int_t)flows[shown - 1].next));
}

static json_t *live_flows(struct command_request *request, const struct page *page)
{
	struct stats_live_flow *flows = calloc(page->count, sizeof(*flows));
	bool goes_on = page->from > 0;
	json_t *answer = NULL;
	uint32_t unread;

	if (flows == NULL)
		return NULL;
	uint32_t count = stats_live_flows(request->stats, page->from, goes_on ? 0 : page->offset,
					  flows, page->count, &unread);
	/* Counting goes through all tables: once for all pages. */
	uint64_t total =
		goes_on ? request->snapshot->flows_active : stats_live_count(request->stats);

	answer = json_pack("{s:I, s:I}", "offset", (json_int_t)page->offset, "unread",
			   (json_int_t)unread);
	put_live_flows(&answer, flows, count, total);
	free(flows);
	return answer;
}

static json_t *answer_flows(struct command_request *request)
{
	struct page page;

	if (arguments_flows(request->arguments, &page, &request->error) != 0)
		return NULL;
	if (request->arguments == NULL || request->arguments[0] == '\0')
		return document_flow_counters(request->snapshot);
	return live_flows(request, &page);
}

/* A page of the networks; the protocols beside them are few. */
static json_t *answer_overflow(struct command_request *request)
{
	struct page page;

	if (arguments_page(request->arguments, &page, &request->error) != 0)
		return NULL;
	json_t *answer = document_overflow(request->snapshot, UINT32_MAX);
	json_t *protocols = take_list(answer, "protocols");
	json_t *networks = take_list(answer, "source_networks");
	const struct answer_list protocol_list = {.name = "protocols",
						  .total_name = "protocols_total",
						  .shown_name = "protocols_shown",
						  .total = json_array_size(protocols),
						  .most = ANSWER_BYTES / 2};
	const struct answer_list list = list_named("source_networks", json_array_size(networks));

	put_offset(&answer, &page);
	answer_put_list(&answer, &protocol_list, protocols);
	answer_put_list(&answer, &list, cut_page(networks, &page));
	return answer;
}

static json_t *answer_top(struct command_request *request)
{
	struct document_list which;

	if (arguments_list(request->arguments, &which, &request->error) != 0)
		return NULL;
	if (request->snapshot->top_pending) {
		error_set(&request->error, EAGAIN,
			  "the top lists of a capture come with its end; ask again");
		return NULL;
	}
	json_t *answer = document_top(request->snapshot, &which);
	const struct answer_list list =
		list_named("rows", (uint64_t)json_integer_value(json_object_get(answer, "total")));

	answer_put_list(&answer, &list, take_list(answer, "rows"));
	return answer;
}

static json_t *answer_workers(struct command_request *request)
{
	return paged(request, "workers", document_workers(request->snapshot));
}

static json_t *answer_ports(struct command_request *request)
{
	return paged(request, "ports", document_ports(request->snapshot));
}

static const struct command commands[] = {
	{"/weir/info", "version, source, start and settings of weir. No parameters", SNAPSHOT_NAMED,
	 answer_info},
	{"/weir/ledger", "where every received frame went. No parameters", SNAPSHOT_NEEDED,
	 answer_ledger},
	{"/weir/throughput",
	 "rates now, on average and each second. Parameters: int seconds (60), int offset (0)",
	 SNAPSHOT_NEEDED, answer_throughput},
	{"/weir/sizes", "frame sizes with FCS. No parameters", SNAPSHOT_NEEDED, answer_sizes},
	{"/weir/flows",
	 "flow counters; with parameters live flows: int offset, int count, int next",
	 SNAPSHOT_NEEDED, answer_flows},
	{"/weir/overflow",
	 "packets beyond the flow table by protocol and network. Parameters: int offset, int count",
	 SNAPSHOT_NEEDED, answer_overflow},
	{"/weir/top",
	 "a top list. Parameters: dimension, int count (10), metric (octets), window "
	 "(total)",
	 SNAPSHOT_NEEDED, answer_top},
	{"/weir/workers", "counters of each worker. Parameters: int offset, int count (all)",
	 SNAPSHOT_NEEDED, answer_workers},
	{"/weir/ports", "counters of each port. Parameters: int offset, int count (all)",
	 SNAPSHOT_NEEDED, answer_ports},
	{"/weir/events",
	 "what happened to the ports, newest first. Parameters: int offset, int count (all)",
	 SNAPSHOT_UNUSED, answer_events},
	{"/weir/prefilter",
	 "what the XDP prefilter did, and its rules. Parameters: int offset, int count (all)",
	 SNAPSHOT_NEEDED, answer_prefilter},
	{"/weir/prefilter/add", "add a rule. Parameters: [before=N,]RULE", SNAPSHOT_UNUSED,
	 answer_prefilter_add},
	{"/weir/prefilter/del", "take a rule out. Parameters: its number, or the rule",
	 SNAPSHOT_UNUSED, answer_prefilter_delete},
	{"/weir/prefilter/replace", "put a file's rules in force. Parameters: absolute path",
	 SNAPSHOT_UNUSED, answer_prefilter_replace},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

void command_put_snapshot(json_t *answer, const struct snapshot *snapshot, uint64_t clock)
{
	uint64_t age = clock - snapshot->clock;

	json_object_set_new(answer, "snapshot", json_integer((json_int_t)snapshot->number));
	if (age > 2 * snapshot->interval)
		json_object_set_new(answer, "age_ms", json_integer((json_int_t)document_ms(age)));
}

const struct command *command_at(unsigned int index)
{
	return index < COMMANDS ? &commands[index] : NULL;
}

const struct command *command_find(const char *name)
{
	for (unsigned int i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}
