/* SPDX-License-Identifier: BSD-3-Clause */
/* A snapshot does not change as long as a reader holds it, and no reader is given an older one. */
#include <stdlib.h>

#include <sched.h>

#include "litmus.h"
#include "pool.h"

#define ROWS    512
#define READERS 4

/* Everything in the snapshot is its number. */
static void fill(struct pool_entry *entry, uint64_t number)
{
	struct snapshot *snapshot = &entry->snapshot;

	snapshot->number = number;
	for (unsigned int i = 0; i < PACKET_REASONS; i++)
		snapshot->reasons[i] = number;
	for (unsigned int i = 0; i < ROWS; i++)
		entry->rows[i].metrics[STATS_OCTETS] = number;
	snapshot->top[0][0][0].rows = entry->rows;
	snapshot->history[STATS_HISTORY_MAX - 1].packets = number;
}

static const char *what_is_wrong(const struct snapshot *snapshot, uint64_t number)
{
	const struct stats_row *rows = snapshot->top[0][0][0].rows;

	if (snapshot->number != number ||
	    snapshot->history[STATS_HISTORY_MAX - 1].packets != number)
		return "a snapshot that changes while it is held";
	for (unsigned int i = 0; i < PACKET_REASONS; i++)
		if (snapshot->reasons[i] != number)
			return "a ledger of two snapshots";
	for (unsigned int i = 0; i < ROWS; i++)
		if (rows[i].metrics[STATS_OCTETS] != number)
			return "rows of two snapshots";
	return NULL;
}

static void write_pool(struct litmus *litmus, void *context)
{
	struct pool *pool = context;
	uint64_t number = 0;

	while (litmus_running(litmus)) {
		struct pool_entry *entry = pool_spare(pool);

		if (entry == NULL) {
			sched_yield(); /* readers hold all */
			continue;
		}
		fill(entry, ++number);
		pool_publish(pool, entry);
		litmus_wrote(litmus, number);
	}
}

static void read_pool(struct litmus *litmus, void *context)
{
	struct pool *pool = context;
	uint64_t newest = 0;

	for (uint32_t round = 0; litmus_running(litmus); round++) {
		const struct snapshot *snapshot = pool_acquire(pool);
		const char *wrong;
		uint64_t number;

		if (snapshot == NULL)
			continue;
		number = snapshot->number;
		if (round % 16 == 0)
			sched_yield(); /* a slow reader */
		wrong = what_is_wrong(snapshot, number);
		if (number < newest)
			wrong = "a snapshot older than the one before";
		newest = number;
		pool_let_go(snapshot);
		litmus_copied(litmus, wrong);
	}
}

void litmus_pool(struct litmus *litmus, struct litmus_plan *plan)
{
	struct pool pool = {0};

	if (pool_init(&pool, ROWS) != 0)
		abort();
	plan->write = write_pool;
	plan->read = read_pool;
	plan->readers = READERS;
	plan->context = &pool;
	litmus_run(litmus, plan);
	pool_release(&pool);
}
