/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/events.h>

static struct events *make(void)
{
	struct events *events = calloc(1, sizeof(*events));

	cr_assert_not_null(events);
	events_init(events);
	log_set_level(LOG_LEVEL_ERROR);
	return events;
}

static void add(struct events *events, uint64_t number)
{
	events_add(events, 1000 + number, EVENT_LINK_DOWN, "eth0", "number %d", (int)number);
}

/* What the event with this id must be, as add() made it. */
static void expect(const struct event *event, uint64_t id)
{
	char text[32];

	snprintf(text, sizeof(text), "number %d", (int)id);
	cr_expect_eq(event->id, id);
	cr_expect_eq(event->time, 1000 + id);
	cr_expect_eq(event->kind, EVENT_LINK_DOWN);
	cr_expect_str_eq(event->port, "eth0");
	cr_expect_str_eq(event->text, text);
}

Test(events, the_newest_come_first)
{
	struct events *events = make();
	struct event copies[4];
	uint64_t added;

	cr_expect_eq(events_newest(events, 0, 4, copies, &added), 0);
	cr_expect_eq(added, 0);
	for (uint64_t n = 1; n <= 3; n++)
		add(events, n);
	cr_assert_eq(events_newest(events, 0, 4, copies, &added), 3);
	cr_expect_eq(added, 3);
	for (uint64_t n = 0; n < 3; n++)
		expect(&copies[n], 3 - n);
	cr_assert_eq(events_newest(events, 1, 1, copies, &added), 1);
	expect(&copies[0], 2);
	cr_expect_eq(events_newest(events, 3, 4, copies, &added), 0);
	cr_expect_eq(events_newest(events, UINT64_MAX, 4, copies, &added), 0);
	free(events);
}

Test(events, the_oldest_make_room)
{
	struct events *events = make();
	static struct event copies[EVENTS_KEPT + 1];
	uint64_t added;

	for (uint64_t n = 1; n <= EVENTS_KEPT + 5; n++)
		add(events, n);
	cr_assert_eq(events_newest(events, 0, EVENTS_KEPT + 1, copies, &added), EVENTS_KEPT);
	cr_expect_eq(added, EVENTS_KEPT + 5);
	for (uint64_t n = 0; n < EVENTS_KEPT; n++)
		expect(&copies[n], EVENTS_KEPT + 5 - n);
	cr_assert_eq(events_newest(events, EVENTS_KEPT - 1, 9, copies, &added), 1);
	expect(&copies[0], 6);
	free(events);
}

Test(events, what_is_too_long_is_cut)
{
	struct events *events = make();
	char text[2000];
	struct event event;
	uint64_t added;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	events_add(events, 1, EVENT_NO_FRAMES, text, "%s", text);
	events_remark(events, EVENTS_REMARKS - 1, "%s", text);
	cr_assert_eq(events_newest(events, 0, 1, &event, &added), 1);
	cr_expect_eq(strlen(event.port), sizeof(event.port) - 1);
	cr_expect_eq(strlen(event.text), sizeof(event.text) - 1);
	free(events);
}

static void join(void *context, const char *text)
{
	strcat(context, text);
	strcat(context, ";");
}

Test(events, remarks_stand_until_they_are_taken_back)
{
	struct events *events = make();
	char all[256] = "";

	events_remark(events, 7, "%s is down", "b");
	events_remark(events, 2, "%s is down", "a");
	events_each_remark(events, join, all);
	cr_expect_str_eq(all, "a is down;b is down;");
	events_remark(events, 2, "a was down");
	events_remark(events, 7, "%s", "");
	all[0] = '\0';
	events_each_remark(events, join, all);
	cr_expect_str_eq(all, "a was down;");
	free(events);
}

Test(events, every_kind_has_a_name_of_its_own)
{
	for (int a = 0; a < EVENT_KINDS; a++) {
		cr_assert_not_null(event_kinds[a].name, "kind %d", a);
		for (int b = 0; b < a; b++)
			cr_expect_str_neq(event_kinds[a].name, event_kinds[b].name);
	}
}

/* ---- several threads ---- */

static void *add_many(void *context)
{
	for (int n = 0; n < 5000; n++)
		events_add(context, 1, EVENT_LINK_UP, "eth1", "up");
	return NULL;
}

Test(events, threads_add_and_read_at_once)
{
	struct events *events = make();
	static struct event copies[EVENTS_KEPT];
	pthread_t threads[2];
	uint64_t added = 0;

	for (int t = 0; t < 2; t++)
		cr_assert_eq(pthread_create(&threads[t], NULL, add_many, events), 0);
	while (added < 10000) {
		uint32_t count = events_newest(events, 0, EVENTS_KEPT, copies, &added);

		for (uint32_t i = 0; i < count; i++)
			cr_assert_eq(copies[i].id, added - i);
	}
	for (int t = 0; t < 2; t++)
		pthread_join(threads[t], NULL);
	free(events);
}
