/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <rte_telemetry.h>
#include <string.h>

#include <weir/clock.h>

#include "answer.h"
#include "fixture.h"
#include "handlers.h"

static json_t *ask(const struct snapshot *snapshot, const char *path, const char *text,
		   struct error *error)
{
	struct command_request request = {.text = text,
					  .info = &fixture_info,
					  .snapshot = snapshot,
					  .clock = snapshot->clock};
	const struct handler *handler = handler_find(path);

	cr_assert_not_null(handler, "%s", path);
	json_t *answer = answer_plain(handler_answer(handler, &request));

	if (error != NULL)
		*error = request.error;
	return answer;
}

static json_int_t member(const json_t *answer, const char *key)
{
	const json_t *value = json_object_get(answer, key);

	cr_assert(json_is_integer(value), "%s is no integer", key);
	return json_integer_value(value);
}

Test(commands, every_one_fits_into_an_answer)
{
	static const struct {
		const char *name, *arguments;
	} asked[] = {
		{"/weir/info", NULL},      {"/weir/ledger", ""},    {"/weir/throughput", "3600"},
		{"/weir/sizes", NULL},     {"/weir/flows", NULL},   {"/weir/top", "flow,250"},
		{"/weir/top", "pair,250"}, {"/weir/workers", NULL}, {"/weir/ports", NULL},
		{"/weir/overflow", NULL},  {"/weir/export", NULL},
	};
	struct snapshot *snapshot = fixture_huge();

	snapshot->worker_count = WORKERS_MAX;
	snapshot->port_count = PORTS_MAX;
	for (int i = 1; i < PORTS_MAX; i++)
		snapshot->ports[i] = snapshot->ports[0];
	for (int i = 0; i < PORTS_MAX; i++)
		snapshot->ports[i].counters.queues = PORT_QUEUES_MAX;
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		json_t *answer = ask(snapshot, asked[i].name, asked[i].arguments, NULL);

		cr_assert_not_null(answer, "%s", asked[i].name);
		cr_expect_leq(answer_bytes(answer), ANSWER_BYTES, "%s", asked[i].name);
		json_decref(answer);
	}
	fixture_free(snapshot);
}

Test(commands, pages_of_workers_meet)
{
	struct snapshot *snapshot = fixture_huge();
	json_int_t seen = 0;

	snapshot->worker_count = WORKERS_MAX;
	while (seen < WORKERS_MAX) {
		char page[32];

		snprintf(page, sizeof(page), "%d,250", (int)seen);
		json_t *answer = ask(snapshot, "/weir/workers", page, NULL);
		const json_t *first = json_object_get(json_object_get(answer, "workers"), "1");

		cr_assert_gt(member(answer, "shown"), 0);
		cr_expect_eq(member(answer, "total"), WORKERS_MAX);
		cr_expect_eq(member(first, "worker"), seen);
		seen += member(answer, "shown");
		json_decref(answer);
	}
	cr_expect_eq(seen, WORKERS_MAX);
	fixture_free(snapshot);
}

Test(commands, top_list_is_the_one_asked_for)
{
	static const struct stats_row row = {{.version = 4, .source = {203, 0, 113, 9}}, {1, 2, 3}};
	struct snapshot *snapshot = fixture_snapshot();
	struct stats_top *top = &snapshot->top[STATS_SOURCE][STATS_PACKETS][STATS_10S];

	*top = (struct stats_top){.shown = 1, .keys = 500, .error = {7, 8, 9}, .rows = &row};
	json_t *answer = ask(snapshot, "/weir/top", "source,5,packets,10s", NULL);
	const json_t *first = json_object_get(json_object_get(answer, "rows"), "1");

	cr_expect_str_eq(json_string_value(json_object_get(first, "address")), "203.0.113.9");
	cr_expect_eq(member(first, "octets"), 1);
	cr_expect_eq(member(first, "packets"), 2);
	cr_expect_eq(member(first, "flows"), 3);
	cr_expect_eq(member(answer, "total"), 500);
	cr_expect_eq(member(answer, "shown"), 1);
	cr_expect_eq(member(answer, "exact"), 0);
	cr_expect_eq(member(json_object_get(answer, "error_bound"), "packets"), 8);
	json_decref(answer);
	fixture_free(snapshot);
}

/* A history of `count` seconds, in second i 100 + i packets. */
static struct snapshot *with_history(uint32_t count)
{
	struct snapshot *snapshot = fixture_snapshot();

	for (uint32_t i = 0; i < count; i++)
		snapshot->history[i] = (struct stats_history){
			.time = (1000000 + i) * CLOCK_SECOND,
			.duration = CLOCK_SECOND,
			.packets = 100 + i,
			.frame_octets = 1000,
			.ip_octets = 900,
		};
	snapshot->history_count = count;
	return snapshot;
}

static json_int_t entry(const json_t *answer, const char *key, size_t index)
{
	const json_t *array = json_object_get(json_object_get(answer, "history"), key);

	cr_assert_lt(index, json_array_size(array));
	return json_integer_value(json_array_get(array, index));
}

Test(commands, history_is_the_newest)
{
	struct snapshot *snapshot = with_history(100);
	json_t *answer = ask(snapshot, "/weir/throughput", "5", NULL);

	cr_expect_eq(member(answer, "total"), 5);
	cr_expect_eq(member(answer, "shown"), 5);
	cr_expect_eq(entry(answer, "time", 4), INT64_C(1000099000), "milliseconds, newest last");
	cr_expect_eq(entry(answer, "packets_per_second", 0), 195);
	cr_expect_eq(entry(answer, "l2_bits_per_second", 0), 8000);
	cr_expect_eq(entry(answer, "ip_bits_per_second", 0), 7200);
	json_decref(answer);
	answer = ask(snapshot, "/weir/throughput", "5,90", NULL);
	cr_expect_eq(entry(answer, "packets_per_second", 4), 109, "90 newer ones are left out");
	json_decref(answer);
	answer = ask(snapshot, "/weir/throughput", "60,100", NULL);
	cr_expect_eq(member(answer, "total"), 0);
	json_decref(answer);
	fixture_free(snapshot);
}

Test(commands, long_history_is_cut_and_says_so)
{
	struct snapshot *snapshot = with_history(STATS_HISTORY_MAX);
	json_t *answer = ask(snapshot, "/weir/throughput", "3600", NULL);
	json_int_t count = member(answer, "shown");

	cr_expect_eq(member(answer, "total"), 3600);
	cr_expect_gt(count, 200);
	cr_expect_lt(count, ANSWER_ARRAY + 1);
	cr_expect_leq(answer_bytes(answer), ANSWER_BYTES);
	cr_expect_eq(entry(answer, "packets_per_second", (size_t)count - 1), 100 + 3599);
	json_decref(answer);
	fixture_free(snapshot);
}

Test(commands, rates_of_a_longer_interval_are_per_second)
{
	struct snapshot *snapshot = with_history(1);

	snapshot->history[0].duration = 4 * CLOCK_SECOND;
	json_t *answer = ask(snapshot, "/weir/throughput", NULL, NULL);

	cr_expect_eq(entry(answer, "packets_per_second", 0), 25);
	json_decref(answer);
	fixture_free(snapshot);
}

/* Of entries of six seconds two cover ten, and each says what it covers. */
Test(commands, history_says_what_it_covers)
{
	struct snapshot *snapshot = with_history(5);

	for (uint32_t i = 0; i < 5; i++)
		snapshot->history[i].duration = 6 * CLOCK_SECOND + i * CLOCK_MILLISECOND;
	snapshot->windows[STATS_NOW].time = 6004 * CLOCK_MILLISECOND;
	snapshot->windows[STATS_TOTAL].time = 30010 * CLOCK_MILLISECOND;
	json_t *answer = ask(snapshot, "/weir/throughput", "10", NULL);

	cr_expect_eq(member(answer, "total"), 2);
	cr_expect_eq(entry(answer, "covered_ms", 0), 6003);
	cr_expect_eq(entry(answer, "covered_ms", 1), 6004);
	cr_expect_eq(member(json_object_get(answer, "now"), "covered_ms"), 6004);
	cr_expect_eq(member(json_object_get(answer, "average"), "covered_ms"), 30010);
	json_decref(answer);
	answer = ask(snapshot, "/weir/top", "source,5,octets,total", NULL);
	cr_expect_eq(member(answer, "covered_ms"), 30010);
	json_decref(answer);
	fixture_free(snapshot);
}

/* Rows may be counted after the ledger was: shares are of what was counted with them. */
Test(commands, sum_is_what_the_rows_are_parts_of)
{
	struct snapshot *snapshot = fixture_snapshot();

	snapshot->ip_octets = 1;
	snapshot->flows.overflow_octets = 500;
	snapshot->top_counted[STATS_OCTETS] = 700000000;
	snapshot->top_counted[STATS_PACKETS] = 1300000;
	snapshot->top_counted[STATS_FLOWS] = 50;
	json_t *answer = ask(snapshot, "/weir/top", "source", NULL);
	const json_t *sum = json_object_get(answer, "sum");

	cr_expect_eq(member(sum, "octets"), 700000500);
	cr_expect_eq(member(sum, "packets"), 1300010, "ten found no room for their flow");
	cr_expect_eq(member(sum, "flows"), 50);
	json_decref(answer);
	fixture_free(snapshot);
}

static json_t *ledger_at(const struct snapshot *snapshot, uint64_t clock)
{
	struct command_request request = {.snapshot = snapshot, .clock = clock};

	return handler_answer(handler_find("/weir/ledger"), &request);
}

Test(commands, an_old_answer_says_how_old)
{
	struct snapshot *snapshot = fixture_snapshot();
	json_t *answer = ledger_at(snapshot, snapshot->clock + 2 * CLOCK_SECOND);

	cr_expect_eq(member(answer, "snapshot"), 1);
	cr_expect_null(json_object_get(answer, "age_ms"), "two intervals are usual");
	json_decref(answer);
	answer = ledger_at(snapshot, snapshot->clock + 2001 * CLOCK_MILLISECOND);
	cr_expect_eq(member(answer, "age_ms"), 2001);
	json_decref(answer);
	fixture_free(snapshot);
}

Test(commands, wrong_arguments_say_what_is_allowed)
{
	static const struct {
		const char *name, *arguments, *words;
	} wrong[] = {
		{"/weir/top", NULL, "not one of source, destination, pair, source_port"},
		{"/weir/top", "host", "not one of source, destination, pair, source_port"},
		{"/weir/top", "source,0", "a number from 1 to 250"},
		{"/weir/top", "source,251", "a number from 1 to 250"},
		{"/weir/top", "source,-1", "a number from 1 to 250"},
		{"/weir/top", "source, 1", "a number from 1 to 250"},
		{"/weir/top", "source,5x", "a number from 1 to 250"},
		{"/weir/top", "source,99999999999999999999999", "a number from 1 to 250"},
		{"/weir/top", "source,5,bytes", "not one of octets, packets, flows"},
		{"/weir/top", "source,5,octets,5s", "not one of now, 10s, 60s, total"},
		{"/weir/top", "source,5,octets,now,1", "at most 4"},
		{"/weir/top", "source,,octets", "empty"},
		{"/weir/flows", "5", "OFFSET,COUNT"},
		{"/weir/flows", "-1,5", "a number from 0"},
		{"/weir/flows", "0,0", "a number from 1 to 250"},
		{"/weir/flows", "0,1,0", "next '0' is not allowed"},
		{"/weir/flows", "0,1,2,3", "too many arguments"},
		{"/weir/throughput", "0", "a number from 1 to 3600"},
		{"/weir/throughput", "3601", "a number from 1 to 3600"},
		{"/weir/workers", "1", "OFFSET,COUNT"},
		{"/weir/ports", "a,b", "a number from 0"},
		{"/weir/events", "1", "OFFSET,COUNT"},
		{"/weir/info", "x", "no arguments"},
		{"/weir/ledger", "x", "no arguments"},
		{"/weir/sizes", "1", "no arguments"},
	};
	struct snapshot *snapshot = fixture_snapshot();

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct error error;

		cr_expect_null(ask(snapshot, wrong[i].name, wrong[i].arguments, &error), "%s,%s",
			       wrong[i].name, wrong[i].arguments);
		cr_expect_not_null(strstr(error.text, wrong[i].words), "%s,%s: %s", wrong[i].name,
				   wrong[i].arguments, error.text);
		cr_expect_leq(strlen(error.text), ANSWER_TEXT, "would be cut: %s", error.text);
	}
	fixture_free(snapshot);
}

Test(commands, without_a_prefilter_its_commands_say_so)
{
	static const char *const names[] = {"/weir/prefilter", "/weir/prefilter/add",
					    "/weir/prefilter/del", "/weir/prefilter/replace"};
	struct snapshot *snapshot = fixture_snapshot();

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct error error = {0};

		cr_expect_null(ask(snapshot, names[i], "1", &error), "%s", names[i]);
		cr_expect_not_null(strstr(error.text, "--prefilter"), "%s", error.text);
	}
	fixture_free(snapshot);
}

Test(commands, outputs_by_the_page)
{
	struct snapshot *snapshot = fixture_huge();

	snapshot->outlets[1] =
		(struct outlet_ledger){.option = "report", .name = "file", .given = 3, .sent = 3};
	json_t *answer = ask(snapshot, "/weir/export", "1,1", NULL);
	const json_t *output = json_object_get(json_object_get(answer, "outputs"), "1");

	cr_expect_eq(member(answer, "total"), SNAPSHOT_OUTLETS_MAX);
	cr_expect_eq(member(answer, "shown"), 1);
	cr_expect_str_eq(json_string_value(json_object_get(output, "output")), "report");
	cr_expect_str_eq(json_string_value(json_object_get(output, "to")), "file");
	cr_expect_eq(member(output, "given"), 3);
	cr_expect_eq(member(output, "sent"), 3);
	cr_expect_eq(member(output, "waiting"), 0);
	json_decref(answer);
	fixture_free(snapshot);
}

Test(commands, without_statistics_only_some_answer)
{
	struct command_request request = {.info = &fixture_info};
	json_t *answer = handler_answer(handler_find("/weir/info"), &request);

	cr_expect_not_null(answer);
	cr_expect_null(json_object_get(answer, "snapshot"));
	json_decref(answer);
	cr_expect_null(handler_answer(handler_find("/weir/ledger"), &request));
	cr_expect_not_null(strstr(request.error.text, "no statistics yet"));
}

/* Each row of the table that has a path, and nothing else. */
Test(commands, all_have_a_handler_and_a_help_that_fits)
{
	const struct command *command;
	unsigned int count = 0;

	for (unsigned int i = 0; (command = command_at(i)) != NULL; i++) {
		char help[2 * RTE_TEL_MAX_STRING_LEN];

		if (command->path == NULL)
			continue;
		cr_expect_not_null(handler_find(command->path), "%s", command->path);
		cr_expect_lt(strlen(command_socket_help(command, help, sizeof(help))),
			     RTE_TEL_MAX_STRING_LEN, "would be cut: %s", help);
		count++;
	}
	cr_expect_eq(count, handler_count());
	cr_expect_null(handler_find("/weir/nothing"));
}
