/* SPDX-License-Identifier: BSD-3-Clause */
/* What the outlet's thread does. */
#include "outlet_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include <weir/clock.h>
#include <weir/log.h>

/* How long to leave alone what failed, and a FIFO that nobody reads yet. */
#define RETRY     CLOCK_SECOND
#define NO_READER (100 * CLOCK_MILLISECOND)
/* How often the sender may look around. */
#define LOOK    CLOCK_SECOND
#define FOREVER (UINT64_C(1000000) * CLOCK_SECOND)

static bool is_set(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static bool is_idle(const struct outlet *outlet)
{
	return outlet->taken == __atomic_load_n(&outlet->filled, __ATOMIC_ACQUIRE);
}

static struct outlet_place *first_place(const struct outlet *outlet)
{
	return &outlet->places[outlet->taken % outlet->settings.queue];
}

/* ---- encoding ---- */

static bool fits(const struct outlet *outlet, const struct message *message, uint64_t date)
{
	const struct outlet_settings *settings = &outlet->settings;

	if (message->items == 0)
		return true;
	return message->size + settings->encoder->longest <= settings->encoder->message &&
	       (settings->period == 0 ||
		date / settings->period == message->date / settings->period);
}

/* The next records of the batch, as many as make a message. */
static void encode(struct outlet *outlet, const struct bus_batch *batch)
{
	const struct encoder *encoder = outlet->settings.encoder;
	struct message *message = &outlet->message;
	char *out = outlet->buffer;

	*message = (struct message){.bytes = out, .date = batch->records[outlet->next].last};
	if (encoder->begin != NULL)
		message->size = encoder->begin(encoder->context, out);
	while (outlet->next < batch->count &&
	       fits(outlet, message, batch->records[outlet->next].last)) {
		message->size += encoder->record(encoder->context, out + message->size,
						 &batch->records[outlet->next++]);
		message->items++;
	}
	if (encoder->end != NULL)
		encoder->end(encoder->context, out, message->size, message->items);
}

static void make_message(struct outlet *outlet)
{
	const struct outlet_place *place = first_place(outlet);

	if (place->batch != NULL)
		encode(outlet, place->batch);
	else
		outlet->message =
			(struct message){.bytes = place->text, .size = place->size, .items = 1};
}

/* The place is the giver's again, and what was in it nobody's. */
static void leave_place(struct outlet *outlet)
{
	struct outlet_place *place = first_place(outlet);

	/* In this order: queues never hold more batches than they have places. */
	if (place->batch != NULL)
		bus_batch_let_go(place->batch);
	free(place->text);
	outlet->next = 0;
	__atomic_store_n(&outlet->taken, outlet->taken + 1, __ATOMIC_RELEASE);
}

/* ---- sending ---- */

/* Said once, until it is over. Who waits for all to be written hears of it at the end. */
static void note_trouble(struct outlet *outlet, int code, const struct error *error)
{
	if (code == ENXIO || code == ECANCELED)
		return;
	if (code == EPIPE && outlet->settings.ends_with_reader) {
		__atomic_store_n(&outlet->left_alone, true, __ATOMIC_RELEASE);
		return;
	}
	if (!outlet->troubled && outlet_patience(outlet) == OUTLET_NEVER)
		log_warning("%s", error->text);
	outlet->troubled = true;
}

static void note_success(struct outlet *outlet)
{
	if (outlet->troubled && outlet_patience(outlet) == OUTLET_NEVER)
		log_warning("%s: can be written to again", outlet->settings.name);
	outlet->troubled = false;
}

/* What became of the message since `before`. Both are the thread's alone to write. */
static void count(struct outlet *outlet, const struct message *before)
{
	const struct message *message = &outlet->message;

	__atomic_store_n(&outlet->sent, outlet->sent + message->sent - before->sent,
			 __ATOMIC_RELEASE);
	__atomic_store_n(&outlet->lost, outlet->lost + message->lost - before->lost,
			 __ATOMIC_RELEASE);
}

static int send_message(struct outlet *outlet, struct error *error)
{
	struct message *message = &outlet->message;
	int code;

	do {
		code = outlet->sender.send(outlet->sender.context, message, outlet->wake, error);
		if (code == 0)
			__atomic_store_n(&outlet->moved, outlet->moved + 1, __ATOMIC_RELAXED);
	} while (code == 0 && message->done < message->size);
	if (code == 0)
		message->sent = message->items - message->lost;
	return code;
}

static bool has_more(const struct outlet *outlet)
{
	const struct outlet_place *place = first_place(outlet);

	return place->batch != NULL && outlet->next < place->batch->count;
}

static void work(struct outlet *outlet)
{
	struct message *message = &outlet->message;
	struct error error = {0};

	if (message->size == 0)
		make_message(outlet);
	const struct message before = *message;
	int code = send_message(outlet, &error);

	count(outlet, &before);
	if (code != ECANCELED)
		__atomic_store_n(&outlet->failure, code, __ATOMIC_RELAXED);
	if (code != 0) {
		note_trouble(outlet, code, &error);
		return;
	}
	note_success(outlet);
	message->size = 0;
	if (!has_more(outlet))
		leave_place(outlet);
}

/* ---- the loop ---- */

/* Whether there is any use in trying again. */
static bool is_over(const struct outlet *outlet, bool tried)
{
	if (is_set(&outlet->abandoned) || outlet->left_alone)
		return true;
	if (!is_set(&outlet->ending))
		return false;
	return is_idle(outlet) || (tried && outlet->failure != 0 && outlet->failure != ENXIO);
}

static void wait_until(struct outlet *outlet, uint64_t until)
{
	const struct timespec time = {(time_t)(until / CLOCK_SECOND), (long)(until % CLOCK_SECOND)};

	sem_clockwait(&outlet->changed, CLOCK_MONOTONIC, &time);
}

/* Until there is something to do, or it is time to try again. */
static void rest(struct outlet *outlet)
{
	bool idle = is_idle(outlet);
	uint64_t now = clock_monotonic_ns();
	uint64_t ns = idle                       ? (outlet->sender.look != NULL ? LOOK : FOREVER)
		      : outlet->failure == ENXIO ? NO_READER
						 : RETRY;
	uint64_t until = now + ns;

	for (; now < until && !is_set(&outlet->reopen) && !is_set(&outlet->ending) &&
	       !is_set(&outlet->abandoned) && (!idle || is_idle(outlet));
	     now = clock_monotonic_ns())
		wait_until(outlet, until);
	if (is_set(&outlet->ending) && outlet->failure == ENXIO)
		wait_until(outlet, now + NO_READER);
}

static void look_around(struct outlet *outlet)
{
	if (__atomic_exchange_n(&outlet->reopen, false, __ATOMIC_ACQUIRE) &&
	    outlet->sender.reopen != NULL)
		outlet->sender.reopen(outlet->sender.context);
	if (is_idle(outlet) && outlet->sender.look != NULL)
		outlet->sender.look(outlet->sender.context);
}

void *outlet_main(void *argument)
{
	struct outlet *outlet = argument;
	bool tried = false; /* since the end has begun */
	int late;

	prctl(PR_SET_NAME, "weir-outlet");
	while (!is_over(outlet, tried)) {
		look_around(outlet);
		tried = is_set(&outlet->ending);
		if (!is_idle(outlet))
			work(outlet);
		if (is_idle(outlet) || outlet->failure != 0)
			rest(outlet);
	}
	while (!is_idle(outlet))
		leave_place(outlet);
	late = outlet->sender.close(outlet->sender.context);
	if (outlet->failure == 0)
		__atomic_store_n(&outlet->failure, late, __ATOMIC_RELAXED);
	__atomic_store_n(&outlet->ended, true, __ATOMIC_RELEASE);
	sem_post(&outlet->done);
	return NULL;
}
