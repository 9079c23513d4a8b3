/* SPDX-License-Identifier: BSD-3-Clause */
/* The outlet's thread: what is in the queue becomes messages. */
#include "outlet_state.h"

#include <stdlib.h>

static uint64_t places_filled(const struct outlet *outlet)
{
	return __atomic_load_n(&outlet->filled, __ATOMIC_ACQUIRE);
}

static struct outlet_place *place_at(const struct outlet *outlet, uint64_t number)
{
	return &outlet->places[number % outlet->settings.queue];
}

/* ---- making ---- */

static void begin(struct outlet *outlet, uint64_t date)
{
	const struct encoder *encoder = &outlet->encoder;

	outlet->message = (struct message){.bytes = outlet->buffer, .date = date};
	if (encoder->begin != NULL)
		outlet->message.size = encoder->begin(encoder->context, outlet->buffer);
	if (outlet->settings.linger > 0)
		outlet->begun = clock_monotonic_ns();
}

static bool fits(const struct outlet *outlet, uint64_t date)
{
	const struct message *message = &outlet->message;
	uint64_t period = outlet->settings.period;

	return message->size + outlet->encoder.longest <= outlet->encoder.message &&
	       (period == 0 || date / period == message->date / period);
}

/* The next records of the batch. False: not all of them fit. */
static bool put_records(struct outlet *outlet, const struct bus_batch *batch)
{
	const struct encoder *encoder = &outlet->encoder;
	struct message *message = &outlet->message;
	uint32_t next = outlet->next.record;

	if (message->items == 0)
		begin(outlet, batch->records[next].last);
	do {
		message->size += encoder->record(encoder->context, outlet->buffer + message->size,
						 &batch->records[next++]);
		message->items++;
	} while (next < batch->count && fits(outlet, batch->records[next].last));
	outlet->next.record = next;
	return next == batch->count;
}

/* Half of the queue: the other one is for what comes while the message is on its way. */
static bool has_its_share(const struct outlet *outlet)
{
	return 2 * (outlet->next.place - outlet->taken) >= outlet->settings.queue;
}

/* It waits for no more records. */
static bool is_due(const struct outlet *outlet)
{
	return __atomic_load_n(&outlet->ending, __ATOMIC_ACQUIRE) ||
	       clock_monotonic_ns() - outlet->begun >= outlet->settings.linger;
}

/* From all batches that are there, or, if it may not linger, from one. True: it has all it gets. */
static bool gather(struct outlet *outlet)
{
	struct outlet_place_record *next = &outlet->next;
	const struct message *message = &outlet->message;

	while (next->place != places_filled(outlet)) {
		const struct bus_batch *batch = place_at(outlet, next->place)->batch;

		if (message->items > 0 && !fits(outlet, batch->records[next->record].last))
			return true;
		if (!put_records(outlet, batch))
			return true;
		*next = (struct outlet_place_record){.place = next->place + 1};
		if (outlet->settings.linger == 0 || has_its_share(outlet))
			return true;
	}
	return message->items > 0 && is_due(outlet);
}

static bool take_text(struct outlet *outlet)
{
	const struct outlet_place *place = place_at(outlet, outlet->next.place);

	if (outlet->next.place == places_filled(outlet))
		return false;
	outlet->message = (struct message){.bytes = place->text, .size = place->size, .items = 1};
	outlet->next.place++;
	return true;
}

bool outlet_fill(struct outlet *outlet)
{
	const struct encoder *encoder = &outlet->encoder;
	struct message *message = &outlet->message;

	if (outlet->settings.encoder == NULL)
		return take_text(outlet);
	if (!gather(outlet))
		return false;
	if (encoder->end != NULL)
		message->size = encoder->end(encoder->context, outlet->buffer, message->size,
					     message->items);
	return true;
}

bool outlet_own(struct outlet *outlet,
		size_t (*make)(void *context, char *out, const struct outlet *outlet))
{
	size_t size = make(outlet->encoder.context, outlet->buffer, outlet);

	if (size == 0)
		return false;
	outlet->message =
		(struct message){.bytes = outlet->buffer, .size = size, .date = clock_wall_ns()};
	return true;
}

/* ---- letting go ---- */

/* The first place is the giver's again, and what was in it nobody's. */
static void leave_place(struct outlet *outlet)
{
	struct outlet_place *place = place_at(outlet, outlet->taken);

	/* In this order: queues never hold more batches than they have places. */
	if (place->batch != NULL)
		bus_batch_let_go(place->batch);
	free(place->text);
	__atomic_store_n(&outlet->taken, outlet->taken + 1, __ATOMIC_RELEASE);
}

void outlet_leave(struct outlet *outlet)
{
	if (outlet->encoder.gone != NULL)
		outlet->encoder.gone(outlet->encoder.context, outlet->message.lost == 0);
	while (outlet->taken != outlet->next.place)
		leave_place(outlet);
	outlet->first = outlet->next.record;
	outlet->message = (struct message){.size = 0};
}

void outlet_restart(struct outlet *outlet)
{
	if (outlet->encoder.restart != NULL)
		outlet->encoder.restart(outlet->encoder.context);
	outlet->first += outlet->message.sent + outlet->message.lost;
	while (outlet->taken != outlet->next.place &&
	       place_at(outlet, outlet->taken)->batch != NULL &&
	       outlet->first >= place_at(outlet, outlet->taken)->batch->count) {
		outlet->first -= place_at(outlet, outlet->taken)->batch->count;
		leave_place(outlet);
	}
	outlet->next = (struct outlet_place_record){outlet->taken, outlet->first};
	outlet->message = (struct message){.size = 0};
}

void outlet_drop(struct outlet *outlet)
{
	while (outlet->taken != places_filled(outlet))
		leave_place(outlet);
}
