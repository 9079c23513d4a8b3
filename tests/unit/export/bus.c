/* SPDX-License-Identifier: BSD-3-Clause */
/* Records on their way to several outlets: who encodes, what is shared, who loses, who waits. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weir/bus.h>

#include "bus_batch.h"

TestSuite(bus, .timeout = 60);

#define ALL (BUS_BATCH * 200)

/* An outlet whose encoder and sender write down what they see. */
struct station {
	struct outlet *outlet;
	sem_t gate; /* a message leaves for each post; but when it is open, at once */
	bool open;  /* atomic */
	/* its thread's, read when that has ended */
	pthread_t thread;
	bool two_threads;
	const struct flow_view *views[ALL]; /* where they were, */
	uint32_t numbers[ALL];              /* and which, in their order */
	uint32_t encoded, sent;
};

static size_t encode(void *context, char *out, const struct flow_view *view)
{
	struct station *station = context;

	if (station->encoded == 0)
		station->thread = pthread_self();
	else if (!pthread_equal(station->thread, pthread_self()))
		station->two_threads = true;
	station->views[station->encoded] = view;
	station->numbers[station->encoded++] = (uint32_t)view->packets[0];
	memset(out, 'x', 100);
	return 100;
}

static int count_message(void *context, struct message *message, int wake, struct error *error)
{
	struct station *station = context;

	(void)wake;
	(void)error;
	if (!__atomic_load_n(&station->open, __ATOMIC_ACQUIRE))
		sem_wait(&station->gate);
	station->sent += message->items;
	message->done = message->size;
	return 0;
}

static int close_nothing(void *context)
{
	(void)context;
	return 0;
}

static struct station *open_station(bool open, enum outlet_patience patience)
{
	struct station *station = calloc(1, sizeof(*station));
	struct encoder *encoder = calloc(1, sizeof(*encoder)); /* both as long as the process */
	struct error error = {0};

	cr_assert_not_null(station);
	cr_assert_not_null(encoder);
	sem_init(&station->gate, 0, 0);
	station->open = open;
	*encoder = (struct encoder){
		.message = 8192, .longest = 100, .record = encode, .context = station};
	const struct sender sender = {
		.context = station, .send = count_message, .close = close_nothing};
	const struct outlet_settings settings = {.name = "station",
						 .what = "things",
						 .queue = 8,
						 .encoder = encoder,
						 .patience = patience};

	cr_assert_eq(outlet_open(&settings, &sender, &station->outlet, &error), 0, "%s",
		     error.text);
	return station;
}

static void open_gate(struct station *station)
{
	__atomic_store_n(&station->open, true, __ATOMIC_RELEASE);
	sem_post(&station->gate);
}

static struct bus *bus_to(struct station *first, struct station *second)
{
	struct outlet *const outlets[] = {first->outlet, second->outlet};
	struct bus *bus;

	cr_assert_eq(bus_create(outlets, 2, 0, &bus), 0);
	return bus;
}

/* As the stats core does it: where somebody is to be waited for, that is done before. */
static void give(struct bus *bus, uint32_t from, uint32_t to)
{
	for (uint32_t number = from; number < to; number++) {
		while (bus_room(bus) == 0)
			usleep(100);
		bus_record(bus, &(struct flow_view){.packets[0] = number});
	}
}

static void flush(struct bus *bus)
{
	while (!bus_flush(bus))
		usleep(100);
}

static struct outlet_ledger finish(struct station *station)
{
	struct outlet_ledger ledger;

	open_gate(station);
	outlet_finish(station->outlet, NULL);
	outlet_ledger(station->outlet, &ledger);
	cr_expect_eq(ledger.given, ledger.sent + ledger.lost_full);
	cr_expect_eq(ledger.waiting + ledger.lost_remote, 0);
	cr_expect_eq(ledger.sent, station->sent);
	cr_expect_eq(ledger.sent, station->encoded);
	outlet_free(station->outlet);
	return ledger;
}

Test(bus, each_outlet_encodes_on_its_own_thread)
{
	struct station *first = open_station(true, OUTLET_ALWAYS);
	struct station *second = open_station(true, OUTLET_ALWAYS);
	struct bus *bus = bus_to(first, second);

	give(bus, 0, ALL);
	flush(bus);
	finish(first);
	finish(second);
	bus_destroy(bus);
	cr_expect_eq(first->encoded, ALL);
	cr_expect_eq(second->encoded, ALL);
	cr_expect_not(first->two_threads || second->two_threads);
	cr_expect_not(pthread_equal(first->thread, pthread_self()));
	cr_expect_not(pthread_equal(second->thread, pthread_self()));
}

/* Copied once: both read the same places, which are not many. */
Test(bus, outlets_share_batches)
{
	struct station *first = open_station(true, OUTLET_ALWAYS);
	struct station *second = open_station(true, OUTLET_ALWAYS);
	struct bus *bus = bus_to(first, second);
	const struct flow_view *low, *high;

	give(bus, 0, ALL);
	flush(bus);
	finish(first);
	finish(second);
	bus_destroy(bus);
	low = high = first->views[0];
	for (uint32_t i = 0; i < ALL; i++) {
		cr_assert_eq(first->views[i], second->views[i]);
		cr_assert_eq(first->numbers[i], i);
		cr_assert_eq(second->numbers[i], i);
		low = first->views[i] < low ? first->views[i] : low;
		high = first->views[i] > high ? first->views[i] : high;
	}
	cr_expect_leq((size_t)((const char *)(high + 1) - (const char *)low),
		      (8 + 8 + 1) * sizeof(struct bus_batch));
}

/* Live: of what an outlet has no room for it alone loses, in whole batches; the rest is right. */
Test(bus, a_slow_outlet_loses_and_the_other_does_not)
{
	struct station *fast = open_station(true, OUTLET_ALWAYS);
	struct station *slow = open_station(false, OUTLET_NEVER);
	struct bus *bus = bus_to(fast, slow);
	struct outlet_ledger ledger = {0};

	give(bus, 0, ALL - 2 * BUS_BATCH);
	flush(bus);
	for (int i = 0; i < 20; i++) /* of 81 records at most: two batches, and a part of one */
		sem_post(&slow->gate);
	while (ledger.sent <= 2 * BUS_BATCH)
		outlet_ledger(slow->outlet, &ledger);
	give(bus, ALL - 2 * BUS_BATCH, ALL);
	flush(bus);
	struct outlet_ledger of_fast = finish(fast), of_slow = finish(slow);

	bus_destroy(bus);
	cr_expect_eq(of_fast.sent, ALL);
	cr_expect_eq(of_slow.given, ALL);
	cr_expect_eq(of_slow.sent, (8 + 2) * BUS_BATCH);
	for (uint32_t i = 0; i < of_slow.sent; i++)
		cr_assert_eq(slow->numbers[i],
			     i < 8 * BUS_BATCH ? i : ALL - (8 + 2) * BUS_BATCH + i);
}

/* Captures: it is told that there is no room, without anybody being held up in here. */
Test(bus, room_is_what_the_slowest_has_that_is_waited_for)
{
	struct station *slow = open_station(false, OUTLET_ALWAYS);
	struct station *lossy = open_station(false, OUTLET_NEVER);
	struct bus *bus = bus_to(slow, lossy);

	cr_expect_eq(bus_room(bus), 9 * BUS_BATCH, "a queue, and the batch in hand");
	give(bus, 0, 9 * BUS_BATCH);
	cr_expect_eq(bus_room(bus), 0);
	cr_expect_not(bus_flush(bus));
	cr_expect_eq(bus_room(bus), 0);
	outlet_set_patience(slow->outlet, OUTLET_NEVER);
	cr_expect_eq(bus_room(bus), UINT32_MAX);
	cr_expect(bus_flush(bus));
	struct outlet_ledger ledger = finish(slow);

	finish(lossy);
	bus_destroy(bus);
	cr_expect_eq(ledger.given, 9 * BUS_BATCH);
	cr_expect_eq(ledger.lost_full, BUS_BATCH);
}

/* When little happens a record does not wait for others; and not for a slow outlet's sake. */
Test(bus, what_is_in_hand_leaves_when_outlets_are_idle)
{
	struct station *fast = open_station(true, OUTLET_NEVER);
	struct station *slow = open_station(false, OUTLET_NEVER);
	struct bus *bus = bus_to(fast, slow);
	struct outlet_ledger ledger;

	give(bus, 0, 1);
	bus_rest(bus);
	outlet_ledger(slow->outlet, &ledger);
	cr_expect_eq(ledger.given, 1);
	give(bus, 1, 2);
	bus_rest(bus); /* or else its queue would be full of batches of one */
	outlet_ledger(slow->outlet, &ledger);
	cr_expect_eq(ledger.given, 1);
	cr_expect(bus_flush(bus));
	outlet_ledger(slow->outlet, &ledger);
	cr_expect_eq(ledger.given, 2);
	finish(slow);
	finish(fast);
	bus_destroy(bus);
}

/* An encoder of extensions: the first word of each line of the record, or '-' where it has none. */
static size_t put_lines(void *context, char *out, const struct flow_view *view)
{
	char **end = context;

	*out = '-';
	*(*end)++ = view->lines != NULL ? (char)view->lines[0].words[0] : '-';
	*(*end)++ = view->lines != NULL ? (char)view->lines[1].words[0] : '-';
	return 1;
}

/* A record's extensions are the ring's, and copied with it; those of joined pieces are none. */
Test(bus, extensions_are_copied_with_their_record)
{
	struct flow_line lines[2] = {{.words = {'a'}}, {.words = {'b'}}};
	char seen[8] = "", *end = seen;
	const struct encoder encoder = {
		.message = 64, .longest = 1, .record = put_lines, .context = &end};
	const struct sender sender = {.context = calloc(1, sizeof(struct station)),
				      .send = count_message,
				      .close = close_nothing};
	const struct outlet_settings settings = {
		.name = "station", .what = "things", .queue = 2, .encoder = &encoder};
	struct outlet *outlet;
	struct bus *bus;

	open_gate(sender.context);
	cr_assert_eq(outlet_open(&settings, &sender, &outlet, NULL), 0);
	cr_assert_eq(bus_create(&outlet, 1, 2, &bus), 0);
	bus_record(bus, &(struct flow_view){.lines = lines});
	lines[0].words[0] = 'c';
	bus_record(bus, &(struct flow_view){.lines = lines});
	lines[0].words[0] = lines[1].words[0] = 'x';
	bus_record(bus, &(struct flow_view){.lines = NULL});
	flush(bus);
	cr_expect_eq(outlet_finish(outlet, NULL), 0);
	outlet_free(outlet);
	bus_destroy(bus);
	free(sender.context);
	cr_expect_str_eq(seen, "abcb--");
}
