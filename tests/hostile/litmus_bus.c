/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records reach the outlets of a bus whole and in order, one that is too slow loses some of them
 * and the other none, and whoever reads a ledger at whatever instant finds it balanced.
 */
#include <stdlib.h>

#include <sched.h>
#include <unistd.h>

#include <weir/bus.h>

#include "litmus.h"

#define QUEUE 4

/* An outlet, and what its thread has seen. */
struct litmus_outlet {
	struct litmus *litmus;
	struct encoder encoder;
	struct outlet *outlet;
	bool slow;
	uint64_t next, seen; /* the least that may come; how many have come */
};

struct litmus_bus {
	struct litmus_outlet outlets[2]; /* one that is fast, and waited for; one that is not */
	struct bus *bus;
};

/* Everything in a record is its number. */
static void fill(struct flow_view *view, uint64_t number)
{
	view->first = view->last = number;
	for (unsigned int i = 0; i < 2; i++)
		view->packets[i] = view->octets[i] = number;
	view->frame_octets = number;
}

static size_t look_at(void *context, char *out, const struct flow_view *view)
{
	struct litmus_outlet *own = context;
	uint64_t number = view->first;
	const char *wrong = NULL;

	if (view->last != number || view->packets[0] != number || view->packets[1] != number ||
	    view->octets[0] != number || view->octets[1] != number || view->frame_octets != number)
		wrong = "a record of two";
	else if (number < own->next || (number > own->next && !own->slow))
		wrong = "a record that is missing, or comes twice";
	if (wrong != NULL)
		litmus_copied(own->litmus, wrong);
	own->next = number + 1;
	own->seen++;
	out[0] = 0;
	return 1;
}

static int swallow(void *context, struct message *message, int wake, struct error *error)
{
	const struct litmus_outlet *own = context;

	(void)wake;
	(void)error;
	if (own->slow)
		usleep(1000);
	message->done = message->size;
	return 0;
}

static int close_nothing(void *context)
{
	(void)context;
	return 0;
}

static void open_outlet(struct litmus_outlet *own, struct litmus *litmus, bool slow)
{
	own->litmus = litmus;
	own->slow = slow;
	own->encoder =
		(struct encoder){.message = 128, .longest = 1, .record = look_at, .context = own};
	const struct sender sender = {.context = own, .send = swallow, .close = close_nothing};
	const struct outlet_settings settings = {.name = "outlet",
						 .what = "records",
						 .queue = QUEUE,
						 .encoder = &own->encoder,
						 .patience = slow ? OUTLET_NEVER : OUTLET_ALWAYS};

	if (outlet_open(&settings, &sender, &own->outlet, NULL) != 0)
		abort();
}

static void give(struct litmus *litmus, void *context)
{
	struct litmus_bus *all = context;
	struct flow_view view = {0};

	for (uint64_t number = 0; litmus_running(litmus);) {
		uint32_t room = bus_room(all->bus);

		if (room == 0)
			sched_yield();
		for (uint32_t i = 0; i < room && i < 64; i++) {
			fill(&view, number++);
			bus_record(all->bus, &view);
		}
		if (number % 1000 < 64)
			bus_flush(all->bus);
		litmus_wrote(litmus, number);
	}
}

static const char *what_is_wrong(const struct outlet_ledger *now,
				 const struct outlet_ledger *before)
{
	if (now->given != now->sent + now->waiting + now->lost_full + now->lost_remote)
		return "a ledger that does not balance";
	if (now->waiting > (QUEUE + 1) * 512) /* one that is being given, or lost */
		return "more waits than there is room for";
	if (now->given < before->given || now->sent < before->sent ||
	    now->lost_full < before->lost_full)
		return "a count that goes back";
	return NULL;
}

static void read_ledgers(struct litmus *litmus, void *context)
{
	const struct litmus_bus *all = context;
	struct outlet_ledger before[2] = {{0}, {0}};

	while (litmus_running(litmus))
		for (unsigned int i = 0; i < 2; i++) {
			struct outlet_ledger now;

			outlet_ledger(all->outlets[i].outlet, &now);
			litmus_copied(litmus, what_is_wrong(&now, &before[i]));
			before[i] = now;
		}
}

/* At the end: what was sent is what came, and nothing waits any more. */
static const char *final_fault(const struct litmus_outlet *own)
{
	struct outlet_ledger ledger;

	outlet_ledger(own->outlet, &ledger);
	if (ledger.waiting != 0 || ledger.lost_remote != 0 || ledger.sent != own->seen ||
	    ledger.given != ledger.sent + ledger.lost_full)
		return "a ledger that is wrong at the end";
	if (own->slow ? ledger.lost_full == 0 : ledger.lost_full != 0)
		return own->slow ? "the slow outlet lost nothing" : "the fast outlet lost some";
	return NULL;
}

void litmus_bus(struct litmus *litmus, struct litmus_plan *plan)
{
	struct litmus_bus all = {0};
	struct outlet *outlets[2];

	for (unsigned int i = 0; i < 2; i++) {
		open_outlet(&all.outlets[i], litmus, i == 1);
		outlets[i] = all.outlets[i].outlet;
	}
	if (bus_create(outlets, 2, 0, &all.bus) != 0)
		abort();
	plan->write = give;
	plan->read = read_ledgers;
	plan->context = &all;
	litmus_run(litmus, plan);
	while (!bus_flush(all.bus))
		sched_yield();
	for (unsigned int i = 0; i < 2; i++) {
		outlet_finish(outlets[i], NULL);
		litmus_copied(litmus, final_fault(&all.outlets[i]));
		outlet_free(outlets[i]);
	}
	bus_destroy(all.bus);
}
