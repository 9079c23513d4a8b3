/* SPDX-License-Identifier: BSD-3-Clause */
#include "core.h"

/*
 * Of each table those slots are visited in which something changed, in three stages, so that what
 * one asks memory for has arrived when the next comes to it:
 *
 *	mark	slots of a stretch whose groups are marked;	prefetches counters and shadows
 *	peek	those that have new octets;			prefetches the rest of the record
 *	read	the record, whole, and what is new in it
 *
 * So a flow that is idle costs nothing, or next to it beside one that is not.
 */
struct stretch {
	uint32_t slot, groups; /* its first one; bit n: the nth group may have changed */
	uint32_t count;        /* slots that have changed */
	uint8_t changed[FLOW_MARKED];
};
#define STRETCHES 3

struct walk {
	struct stats_shard *shard;
	struct shadow *shadows;
	struct flow_table *table;
	struct live_reader *reader;
	uint32_t read, drained; /* records */
};

/* Records between two drainings: about half a millisecond of work. */
#define READ_MAX 4096

#define for_each_group(stretch, first)                                                             \
	for (uint32_t left_ = (stretch)->groups, first;                                            \
	     left_ != 0 &&                                                                         \
	     (first = (stretch)->slot + (uint32_t)__builtin_ctz(left_) * FLOW_GROUP, true);        \
	     left_ &= left_ - 1)

/* The next stretch from `slot` on, which may be empty. Returns where the one after it begins. */
static uint32_t mark(const struct walk *walk, struct stretch *stretch, uint32_t slot)
{
	stretch->groups = flow_table_take_marks(walk->table, &slot);
	stretch->slot = slot;
	for_each_group(stretch, first) {
		flow_table_prefetch_group(walk->table, first);
		for (uint32_t i = 0; i < FLOW_GROUP; i += 2)
			__builtin_prefetch(&walk->shadows[first + i], 1);
	}
	return stretch->groups != 0 ? slot + FLOW_MARKED : slot;
}

static void peek(const struct walk *walk, struct stretch *stretch)
{
	const uint32_t used =
		flow_table_used(walk->table); /* now: none that was marked is beyond */
	uint64_t octets[FLOW_GROUP][2];

	stretch->count = 0;
	for_each_group(stretch, first) {
		flow_table_peek(walk->table, first, octets);
		for (uint32_t i = 0; i < FLOW_GROUP && first + i < used; i++) {
			if (shadow_stands(&walk->shadows[first + i], octets[i]))
				continue;
			flow_table_prefetch(walk->table, first + i);
			stretch->changed[stretch->count++] = (uint8_t)(first + i - stretch->slot);
		}
	}
}

static void read_slot(struct walk *walk, uint32_t slot)
{
	struct stats_shard *shard = walk->shard;
	struct stats_delta delta;
	union flow_copy *copy;
	enum flow_slot found;

	for (;;) {
		copy = &shard->walked[shard->batch.count]; /* where the batch would have it */
		found = flow_table_read(walk->table, slot, copy);
		if (found != FLOW_SLOT_BUSY || !live_nap(walk->reader))
			break;
		walk->drained += shard_drain(shard);
	}
	if (found == FLOW_SLOT_BUSY)
		flow_table_mark(walk->table, slot);
	else if (found == FLOW_SLOT_LIVE &&
		 shadow_walked(&walk->shadows[slot], &copy->record, &delta))
		shard_count(shard, &copy->record, &delta);
}

static void read_changed(struct walk *walk, const struct stretch *stretch)
{
	for (uint32_t i = 0; i < stretch->count; i++)
		read_slot(walk, stretch->slot + stretch->changed[i]);
	walk->read += stretch->count;
	if (walk->read < READ_MAX)
		return;
	walk->drained += shard_drain(walk->shard);
	walk->read = 0;
}

static void walk_table(struct walk *walk)
{
	struct stretch stretches[STRETCHES] = {0};
	uint32_t slot = 0, turn = 0, empty = 0;

	/* After the last one as many empty ones, for those before it. */
	for (; empty < STRETCHES - 1; turn++) {
		struct stretch *stretch = &stretches[turn % STRETCHES];

		slot = mark(walk, stretch, slot);
		empty = stretch->groups != 0 ? 0 : empty + 1;
		peek(walk, &stretches[(turn + STRETCHES - 1) % STRETCHES]);
		read_changed(walk, &stretches[(turn + STRETCHES - 2) % STRETCHES]);
	}
}

/* Pieces of flows that have ended wait as long as live records touch them: show those all. */
static void show_live(struct stats *stats, uint32_t w, struct live_reader *reader)
{
	const struct flow_table *table = stats->workers[w]->table;
	uint32_t used = flow_table_used(table);
	union flow_copy copy;
	struct flow_view view;

	for (uint32_t slot = 0; slot < used; slot++) {
		if (slot % READ_MAX == 0)
			stats_drain(stats);
		if (live_read(reader, table, slot, &copy) != FLOW_SLOT_LIVE)
			continue;
		flow_view(&copy.record, &view);
		split_live(&stats->split, w, &view);
	}
}

void stats_walk_splits(struct stats *stats)
{
	struct live_reader reader = {0};

	for (uint32_t w = 0; w < stats->settings.worker_count; w++)
		if (stats->split.counts.waiting > 0)
			show_live(stats, w, &reader);
	/* Each unread one may be what another piece waits for: this walk lets none go. */
	if (reader.unread == 0)
		split_walked(&stats->split, stats_room(stats));
}

uint32_t shard_walk(struct stats_shard *shard)
{
	const struct stats *stats = shard->stats;
	struct live_reader reader = {0};
	uint32_t drained = 0;

	for_each_worker(w, shard) {
		struct walk walk = {.shard = shard,
				    .shadows = stats->shadows[w],
				    .table = stats->workers[w]->table,
				    .reader = &reader,
				    .drained = shard_drain(shard)};

		walk_table(&walk);
		drained += walk.drained;
	}
	__atomic_store_n(&shard->unread, shard->unread + reader.unread, __ATOMIC_RELAXED);
	return drained;
}
