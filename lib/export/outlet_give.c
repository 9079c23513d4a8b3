/* SPDX-License-Identifier: BSD-3-Clause */
/* What the thread that gives calls. */
#include "outlet_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/format.h>
#include <weir/log.h>

enum outlet_patience outlet_patience(const struct outlet *outlet)
{
	return __atomic_load_n(&outlet->settings.patience, __ATOMIC_RELAXED);
}

void outlet_set_patience(struct outlet *outlet, enum outlet_patience patience)
{
	__atomic_store_n(&outlet->settings.patience, patience, __ATOMIC_RELAXED);
}

/* ---- waiting ---- */

/* Has it been waited for long enough, while nothing moved? Asked again and again. */
static bool waited_in_vain(struct outlet *outlet)
{
	uint64_t now = clock_monotonic_ns(),
		 moved = __atomic_load_n(&outlet->moved, __ATOMIC_RELAXED);
	bool hurried = outlet_patience(outlet) == OUTLET_BRIEFLY ||
		       (outlet->settings.hurry != NULL && outlet->settings.hurry());

	if (!outlet->stuck || !hurried || moved != outlet->seen)
		outlet->since = now;
	outlet->stuck = true;
	outlet->seen = moved;
	return now - outlet->since >= OUTLET_BRIEF;
}

static uint32_t places_free(const struct outlet *outlet)
{
	uint64_t taken = __atomic_load_n(&outlet->taken, __ATOMIC_ACQUIRE);

	return outlet->settings.queue - (uint32_t)(outlet->filled - taken);
}

bool outlet_is_broken(const struct outlet *outlet)
{
	int failure = __atomic_load_n(&outlet->failure, __ATOMIC_ACQUIRE);

	return failure != 0 && failure != ENXIO &&
	       clock_monotonic_ns() - __atomic_load_n(&outlet->failed, __ATOMIC_RELAXED) >=
		       outlet->sender.mends_within;
}

/* A disk is not waited for once it is full. A FIFO's first reader is. */
static bool is_worth_waiting(const struct outlet *outlet)
{
	return outlet_patience(outlet) != OUTLET_NEVER && !outlet->given_up &&
	       !outlet_is_broken(outlet) && !outlet_left_alone(outlet);
}

uint32_t outlet_room(struct outlet *outlet)
{
	uint32_t free = places_free(outlet);

	if (outlet_patience(outlet) == OUTLET_NEVER)
		return UINT32_MAX;
	if (free > 0) {
		outlet->stuck = outlet->given_up = false;
		return free;
	}
	if (is_worth_waiting(outlet))
		outlet->given_up = waited_in_vain(outlet);
	return is_worth_waiting(outlet) ? 0 : UINT32_MAX;
}

bool outlet_is_empty(const struct outlet *outlet)
{
	return places_free(outlet) == outlet->settings.queue;
}

/* ---- giving ---- */

static void lose(struct outlet *outlet, uint32_t items)
{
	int failure = __atomic_load_n(&outlet->failure, __ATOMIC_RELAXED);

	__atomic_store_n(&outlet->lost_full, outlet->lost_full + items, __ATOMIC_RELEASE);
	/* Of a failure the thread has told; and who waits in vain hears of it at the end. */
	if (!outlet->said_lost && (failure == 0 || failure == ENXIO) &&
	    outlet_patience(outlet) == OUTLET_NEVER)
		log_warning("%s: nobody reads it, or too slowly; %s are lost",
			    outlet->settings.name, outlet->settings.what);
	outlet->said_lost = true;
}

/* A reader that is only slow has most of the queue full all the time: that is one loss, said once.
 */
static void look_for_room(struct outlet *outlet)
{
	char lost[32];

	outlet->said_lost = places_free(outlet) < outlet->settings.queue / 2;
	if (!outlet->said_lost)
		log_warning("%s: there is room again; %s %s are lost so far", outlet->settings.name,
			    format_count(lost, sizeof(lost), outlet->lost_full),
			    outlet->settings.what);
}

/* What is lost with the batch. */
static void add_up(struct outlet *outlet, const struct bus_batch *batch)
{
	uint64_t packets = 0, octets = 0, directions = 0;

	for (uint32_t i = 0; i < batch->count; i++) {
		const struct flow_view *view = &batch->records[i];

		packets += view->packets[0] + view->packets[1];
		octets += view->octets[0] + view->octets[1];
		directions += (view->packets[0] > 0) + (view->packets[1] > 0);
	}
	__atomic_store_n(&outlet->full_packets, outlet->full_packets + packets, __ATOMIC_RELAXED);
	__atomic_store_n(&outlet->full_octets, outlet->full_octets + octets, __ATOMIC_RELAXED);
	__atomic_store_n(&outlet->full_directions, outlet->full_directions + directions,
			 __ATOMIC_RELAXED);
}

/* So many items more are given. False: there is no place for them. */
static bool give(struct outlet *outlet, const struct outlet_place *place, uint32_t items)
{
	/* Before anything becomes of them: see outlet_ledger(). */
	__atomic_store_n(&outlet->given, outlet->given + items, __ATOMIC_RELEASE);
	if (places_free(outlet) == 0) {
		if (place->batch != NULL)
			add_up(outlet, place->batch);
		lose(outlet, items);
		return false;
	}
	outlet->places[outlet->filled % outlet->settings.queue] = *place;
	__atomic_store_n(&outlet->filled, outlet->filled + 1, __ATOMIC_RELEASE);
	sem_post(&outlet->changed);
	if (outlet->said_lost)
		look_for_room(outlet);
	return true;
}

void outlet_batch(struct outlet *outlet, struct bus_batch *batch)
{
	bus_batch_hold(batch);
	if (!give(outlet, &(struct outlet_place){.batch = batch}, batch->count))
		bus_batch_let_go(batch);
}

bool outlet_text(struct outlet *outlet, char *text, size_t size)
{
	bool taken = give(outlet, &(struct outlet_place){.text = text, .size = size}, 1);

	if (!taken)
		free(text);
	return taken;
}

void outlet_reopen(struct outlet *outlet)
{
	__atomic_store_n(&outlet->reopen, true, __ATOMIC_RELEASE);
	sem_post(&outlet->changed);
}

/* ---- the end ---- */

void outlet_end(struct outlet *outlet)
{
	if (outlet->ending)
		return;
	outlet->stuck = false;
	__atomic_store_n(&outlet->ending, true, __ATOMIC_RELEASE);
	sem_post(&outlet->changed);
}

static void abandon(struct outlet *outlet)
{
	__atomic_store_n(&outlet->abandoned, true, __ATOMIC_RELEASE);
	(void)!write(outlet->wake, &(uint64_t){1}, sizeof(uint64_t));
	sem_post(&outlet->changed);
	outlet->stuck = outlet->given_up = false;
}

bool outlet_ended(struct outlet *outlet, uint64_t ns)
{
	uint64_t until = clock_monotonic_ns() + ns;
	const struct timespec time = {(time_t)(until / CLOCK_SECOND), (long)(until % CLOCK_SECOND)};

	if (!__atomic_load_n(&outlet->ended, __ATOMIC_ACQUIRE))
		sem_clockwait(&outlet->done, CLOCK_MONOTONIC, &time);
	if (__atomic_load_n(&outlet->ended, __ATOMIC_ACQUIRE))
		return true;
	if (!outlet->given_up && !waited_in_vain(outlet))
		return false;
	if (outlet->abandoned)
		return true; /* it hangs in the kernel */
	abandon(outlet);
	return false;
}
