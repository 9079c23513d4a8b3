/* SPDX-License-Identifier: BSD-3-Clause */
#include "outlet_state.h"

#include <errno.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/format.h>
#include <weir/log.h>

static struct batch *current(struct outlet *outlet)
{
	return &outlet->batches[outlet->filled % BATCHES];
}

void outlet_begin_batch(struct outlet *outlet)
{
	outlet->at = current(outlet)->bytes;
	outlet->end = outlet->at + BATCH_BYTES;
	outlet->items = 0;
}

/* ---- waiting; the mutex is held ---- */

static bool next_is_free(const struct outlet *outlet)
{
	return outlet->filled - outlet->emptied < BATCHES - 1;
}

/* A disk is not waited for once it is full. A FIFO's first reader is. */
static bool worth_waiting(const struct outlet *outlet)
{
	return outlet_patience(outlet) != OUTLET_NEVER && !outlet->given_up &&
	       (outlet->failure == 0 || outlet->failure == ENXIO) && !outlet_left_alone(outlet);
}

/* Until there is a batch to go on with. False: there will not be. */
static bool wait_for_batch(struct outlet *outlet)
{
	uint64_t since = clock_monotonic_ns();

	while (!next_is_free(outlet) && worth_waiting(outlet)) {
		uint64_t now = clock_monotonic_ns();

		if (!outlet_hurried(outlet))
			since = now;
		outlet->given_up = now - since >= OUTLET_BRIEF;
		outlet_wait(outlet, OUTLET_LOOK);
	}
	if (!next_is_free(outlet))
		return false;
	outlet->given_up = false;
	return true;
}

/* ---- giving ---- */

/* The giver's batch becomes the thread's; the next is free. The mutex is held. */
static void hand_over(struct outlet *outlet)
{
	struct batch *batch = current(outlet);

	batch->used = (size_t)(outlet->at - batch->bytes);
	batch->items = outlet->items;
	batch->date = outlet->slot_begin;
	outlet->given += outlet->items;
	outlet->filled++;
	outlet_begin_batch(outlet);
	pthread_cond_broadcast(&outlet->changed);
}

/* The giver's batch is full, or is to end. False: it has to stay. */
bool outlet_next_batch(struct outlet *outlet)
{
	pthread_mutex_lock(&outlet->mutex);
	bool free = wait_for_batch(outlet);

	if (free)
		hand_over(outlet);
	pthread_mutex_unlock(&outlet->mutex);
	return free;
}

static void lose(struct outlet *outlet)
{
	pthread_mutex_lock(&outlet->mutex);
	outlet->given++;
	outlet->lost_full++;
	bool failed = outlet->failure != 0 && outlet->failure != ENXIO;

	pthread_mutex_unlock(&outlet->mutex);
	/* Of a failure the thread has told; and who waits in vain hears of it at the end. */
	if (!outlet->said_lost && !failed && outlet_patience(outlet) == OUTLET_NEVER)
		log_warning("%s: nobody reads it, or too slowly; %s are lost",
			    outlet_name(outlet->settings.path), outlet->settings.what);
	outlet->said_lost = true;
}

/* A reader that is only slow has most of the ring full all the time: that is one loss, said once.
 */
static void look_for_room(struct outlet *outlet)
{
	struct outlet_ledger ledger;
	char lost[32];

	pthread_mutex_lock(&outlet->mutex);
	outlet->said_lost = outlet->filled - outlet->emptied > BATCHES / 2;
	pthread_mutex_unlock(&outlet->mutex);
	if (outlet->said_lost)
		return;
	outlet_ledger(outlet, &ledger);
	log_warning("%s: there is room again; %s %s are lost so far", ledger.name,
		    format_count(lost, sizeof(lost), ledger.lost_full), ledger.what);
}

/* The batch in hand ends where items of another file begin. */
static bool turn(struct outlet *outlet, uint64_t date)
{
	uint64_t rotate = outlet->settings.rotate;

	if (outlet->items > 0 && !outlet_next_batch(outlet))
		return false;
	outlet->slot_begin = date / rotate * rotate;
	outlet->slot_width = rotate;
	return true;
}

static bool is_for_another_file(const struct outlet *outlet, uint64_t date)
{
	return date - outlet->slot_begin >= outlet->slot_width;
}

/* The batch in hand is not for this item. */
static char *room_elsewhere(struct outlet *outlet, uint64_t date)
{
	bool free =
		is_for_another_file(outlet, date) ? turn(outlet, date) : outlet_next_batch(outlet);

	if (!free) {
		lose(outlet);
		return NULL;
	}
	if (outlet->said_lost)
		look_for_room(outlet);
	return outlet->at;
}

char *outlet_room(struct outlet *outlet, size_t bytes, uint64_t date)
{
	if ((size_t)(outlet->end - outlet->at) < bytes || is_for_another_file(outlet, date))
		return room_elsewhere(outlet, date);
	return outlet->at;
}

void outlet_added(struct outlet *outlet, size_t bytes)
{
	outlet->at += bytes;
	outlet->items++;
}

/* All of it or nothing, where nobody waits. */
static bool fits(struct outlet *outlet, size_t size)
{
	pthread_mutex_lock(&outlet->mutex);
	uint64_t spare = BATCHES - 1 - (outlet->filled - outlet->emptied);

	pthread_mutex_unlock(&outlet->mutex);
	return outlet_patience(outlet) != OUTLET_NEVER ||
	       size <= (size_t)(outlet->end - outlet->at) + spare * BATCH_BYTES;
}

bool outlet_put(struct outlet *outlet, const char *bytes, size_t size)
{
	bool free = fits(outlet, size);

	for (size_t part; free && size > 0; bytes += part, size -= part) {
		if (outlet->at == outlet->end && !(free = outlet_next_batch(outlet)))
			break;
		part = (size_t)(outlet->end - outlet->at);
		part = part < size ? part : size;
		memcpy(outlet->at, bytes, part);
		outlet->at += part;
	}
	if (!free) {
		lose(outlet);
		return false;
	}
	outlet->items++;
	if (outlet->said_lost)
		look_for_room(outlet);
	return true;
}

void outlet_flush(struct outlet *outlet)
{
	if (outlet->at == current(outlet)->bytes)
		return;
	pthread_mutex_lock(&outlet->mutex);
	if (next_is_free(outlet))
		hand_over(outlet);
	pthread_mutex_unlock(&outlet->mutex);
}
