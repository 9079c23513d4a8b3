/* SPDX-License-Identifier: BSD-3-Clause */
/* What happened to the ports: as an answer, as a table, and in the report's remarks. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/print.h>

#include "answer.h"
#include "commands.h"
#include "fixture.h"

static struct events *make(void)
{
	struct events *events = calloc(1, sizeof(*events));

	cr_assert_not_null(events);
	events_init(events);
	log_set_level(LOG_LEVEL_ERROR);
	return events;
}

/* As long as events can be. */
static void fill(struct events *events, int count)
{
	char port[64], text[128];

	memset(port, 'p', sizeof(port));
	memset(text, 't', sizeof(text));
	port[sizeof(port) - 1] = text[sizeof(text) - 1] = '\0';
	for (int i = 1; i <= count; i++)
		events_add(events, (uint64_t)i * CLOCK_SECOND, EVENT_INTERFACE_REMOVED, port, "%s",
			   text);
}

static json_t *ask(struct events *events, const char *arguments)
{
	struct document_info info = {.events = events};
	struct command_request request = {.arguments = arguments, .info = &info};

	return answer_plain(command_find("/weir/events")->answer(&request));
}

static json_int_t member(const json_t *answer, const char *key)
{
	const json_t *value = json_object_get(answer, key);

	cr_assert(json_is_integer(value), "%s is no integer", key);
	return json_integer_value(value);
}

Test(events, pages_meet)
{
	struct events *events = make();
	json_int_t seen = 0, id = EVENTS_KEPT + 7;

	fill(events, EVENTS_KEPT + 7);
	while (seen < EVENTS_KEPT) {
		char page[32];

		snprintf(page, sizeof(page), "%d,250", (int)seen);
		json_t *answer = ask(events, page);
		const json_t *rows = json_object_get(answer, "events");
		json_int_t shown = member(answer, "shown");

		cr_expect_leq(answer_bytes(answer), ANSWER_BYTES);
		cr_expect_eq(member(answer, "total"), EVENTS_KEPT);
		cr_expect_eq(member(answer, "lost"), 7);
		cr_expect_eq(member(answer, "offset"), seen);
		cr_assert_gt(shown, 0);
		for (json_int_t i = 0; i < shown; i++)
			cr_assert_eq(member(print_row(rows, (size_t)i), "id"), id--);
		seen += shown;
		json_decref(answer);
	}
	cr_expect_eq(id, 7, "the first seven have made room");
	free(events);
}

Test(events, one_is_whole)
{
	struct events *events = make();

	events_add(events, UINT64_C(1767225600000000001), EVENT_LINK_UP, "mon0", "it is up");
	json_t *answer = ask(events, NULL);
	json_t *expected = json_pack("{s:i, s:s, s:s, s:s, s:s}", "id", 1, "time",
				     "2026-01-01T00:00:00.000000001Z", "port", "mon0", "kind",
				     "link_up", "text", "it is up");

	cr_expect(json_equal(print_row(json_object_get(answer, "events"), 0), expected));
	json_decref(expected);
	json_decref(answer);
	free(events);
}

Test(events, there_are_none)
{
	struct events *events = make();
	json_t *empty = ask(events, ""), *none = ask(NULL, "");

	cr_expect_eq(member(empty, "total"), 0);
	cr_expect(json_equal(empty, none));
	json_decref(none);
	json_decref(empty);
	free(events);
}

Test(events, the_table_is_80_columns_wide)
{
	struct events *events = make();
	char *text = NULL;
	size_t size;
	struct printer printer = printer_make(open_memstream(&text, &size));

	fill(events, 3);
	json_t *answer = ask(events, "");

	print_events(&printer, json_object_get(answer, "events"));
	fclose(printer.out);
	cr_expect_not(printer.failed);
	cr_expect_not_null(strstr(text, "\n1970-01-01 00:00:03  pppp"), "%s", text);
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
		cr_expect_leq(strcspn(line, "\n"), PRINT_WIDTH, "too wide: %s", line);
	free(text);
	json_decref(answer);
	free(events);
}

/* Behind those of the run, in both forms of the report. */
Test(events, remarks_are_the_report_s)
{
	struct snapshot *snapshot = fixture_snapshot();
	struct document_info info = fixture_info;
	struct events *events = make();

	info.events = events;
	events_remark(events, 3, "mon0 is down");
	char *text = fixture_print(report_text, snapshot, &info, 3);
	json_t *report = document_report(snapshot, &info, 3);
	const json_t *remarks = json_object_get(report, "remarks");

	cr_expect_not_null(strstr(text, "\nNote     mon0 is down\n"), "%s", text);
	cr_assert_eq(json_array_size(remarks), info.remark_count + 1);
	cr_expect_str_eq(json_string_value(json_array_get(remarks, info.remark_count)),
			 "mon0 is down");
	json_decref(report);
	free(text);
	free(events);
	fixture_free(snapshot);
}
