/* SPDX-License-Identifier: BSD-3-Clause */
/* What happened to the ports. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>

#include "answer.h"
#include "handlers.h"

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

static json_t *ask(struct events *events, const char *text)
{
	struct document_info info = {.events = events};
	struct command_request request = {.text = text, .info = &info};

	return answer_plain(handler_answer(handler_find("/weir/events"), &request));
}

static json_int_t member(const json_t *answer, const char *key)
{
	const json_t *value = json_object_get(answer, key);

	cr_assert(json_is_integer(value), "%s is no integer", key);
	return json_integer_value(value);
}

static const json_t *ranked(const json_t *rows, size_t rank)
{
	char key[24];

	snprintf(key, sizeof(key), "%zu", rank);
	return json_object_get(rows, key);
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
			cr_assert_eq(member(ranked(rows, (size_t)i + 1), "id"), id--);
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

	cr_expect(json_equal(ranked(json_object_get(answer, "events"), 1), expected));
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
