/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <assert.h>

/* The sweep comes round once in 2^30 ns (1.07 s) of clock. */
#define SWEEP_PASS_SHIFT 30
#define SWEEP_PREFETCH   16 /* records ahead of the cursor */
#define WHOLE_PREFETCH   8  /* ... their buckets, where all records end */

/* Records compared to find one to evict, and how many groups ahead they are asked for. */
#define EVICT_GROUP 4
#define EVICT_AHEAD 4

static struct flow_record *outbox_put(struct flow_table *table, uint32_t slot)
{
	if (table->outbox_end == FLOW_OUTBOX) {
		table->outbox_end -= table->outbox_first;
		memmove(table->outbox, outbox_at(table, table->outbox_first),
			table->outbox_end * table->record_bytes);
		table->outbox_first = 0;
	}
	struct flow_record *copy = outbox_at(table, table->outbox_end++);

	copy->hot = table->hot[slot];
	copy->cold = table->cold[slot];
	extensions_copy(&table->extensions, slot, copy->lines);
	copy->hot.sequence = slot;
	return copy;
}

void table_release_waiting(struct flow_table *table)
{
	while (slot_ring_waiting(&table->vacant) > 0 && !outbox_full(table))
		outbox_put(table, slot_ring_release(&table->vacant));
}

/* Out of the index: no packet finds it any more. */
static void retire(struct flow_table *table, uint32_t slot, uint64_t hash, enum flow_end reason)
{
	struct flow_hot *hot = &table->hot[slot];

	index_remove(&table->index, hash, slot);
	seqlock_write_begin(&hot->sequence);
	hot->key.zero |= (uint8_t)(reason << FLOW_STATE_END_SHIFT);
	seqlock_write_end(&hot->sequence);
	if (record_dormant(hot)) {
		slot_ring_give(&table->vacant, slot);
		return;
	}
	/* Who waits goes first: the outbox gets room only between the worker's calls. */
	assert(slot_ring_waiting(&table->vacant) == 0 || outbox_full(table));
	if (outbox_full(table)) {
		slot_ring_wait(&table->vacant, slot);
		return;
	}
	outbox_put(table, slot);
	slot_ring_give(&table->vacant, slot);
}

void table_end(struct flow_table *table, uint32_t slot, uint64_t hash, enum flow_end reason)
{
	table->counters.ended[reason] += !record_dormant(&table->hot[slot]);
	retire(table, slot, hash, reason);
}

void table_end_full(struct flow_table *table, uint32_t slot, uint64_t hash)
{
	table->counters.continued++;
	table->counters.created--; /* it will be again, with the next record */
	retire(table, slot, hash, FLOW_END_RESOURCES);
}

/* The record leaves by the active timeout, with room in the outbox: its flow may go on. */
static void leave_dormant(struct flow_table *table, uint32_t slot)
{
	struct flow_hot *hot = &table->hot[slot];
	struct flow_record *copy = outbox_put(table, slot);

	copy->hot.key.zero |= FLOW_END_ACTIVE << FLOW_STATE_END_SHIFT;
	table->counters.ended[FLOW_END_ACTIVE]++;
	seqlock_write_begin(&hot->sequence);
	hot->ttl_min = UINT8_MAX;
	hot->ttl_max = 0;
	seqlock_write_end(&hot->sequence);
}

/* Why a record ends now that could have lived on. */
static enum flow_end reason_of(const struct flow_table *table, uint32_t slot, uint64_t clock,
			       enum flow_end otherwise)
{
	const struct flow_hot *hot = &table->hot[slot];
	enum flow_end due = record_due(hot, &table->timeouts, clock);

	if (due != FLOW_LIVE)
		return due;
	return record_tcp(hot) == TCP_CLOSED ? FLOW_END_CLOSED : otherwise;
}

/* ---- eviction ---- */

/*
 * A full table makes room by ending a flow. A cursor goes round the table, a group of four records
 * at a time, and of each group the flow of least value goes. Room must be taken from whoever fills
 * the table, not from those who were there: a flood of flows, of whatever size, soon has most of
 * the records, and all of its own are young. So what counts is what takes time to come by: packets,
 * times the time over which they came, and much more if both sides sent some. Of equals the
 * youngest goes: a new flow that means it has until the cursor comes round again to be worth more
 * than those that stay silent. First of all go flows that are idle and those that linger after
 * their close.
 *
 * The record leaves through the outbox with its exact counts, reason `resources` (or its
 * timeout's), so every packet stays in the totals. Only while the outbox is full, the stats
 * core being behind, do packets of new flows overflow.
 *
 * Victims are chosen some evictions ahead, so that their lines arrive in time; if one has ended or
 * was seen since then, the choice is made anew. If its cold line says that the flow is older than
 * its record, another one of its group goes.
 */
#define VALUE_BITS    20 /* of packets, of time and of age: in 2^20 ns that is 18 minutes */
#define ANSWERED_BITS 4  /* an answered flow is worth 16 others */
_Static_assert(3 * VALUE_BITS + ANSWERED_BITS <= 64, "one number");

static uint64_t at_most(uint64_t number, uint64_t limit)
{
	return number < limit ? number : limit;
}

/* One number, so that the comparisons need no branches. */
static uint64_t value_of(const struct flow_hot *hot, const struct flow_timeouts *timeouts,
			 uint64_t clock)
{
	const uint64_t limit = (UINT64_C(1) << VALUE_BITS) - 1;
	uint64_t packets = (uint64_t)hot->packets[0] + hot->packets[1];
	uint32_t lasted = record_age(hot, hot->seen) - FLOW_REORDER_UNITS;
	bool answered = (hot->packets[0] != 0) & (hot->packets[1] != 0);
	uint64_t value = at_most(packets, limit) * at_most(lasted + UINT64_C(1), limit);

	/* The active timeout takes nothing from its standing: the flow goes on. */
	if (record_idle(hot, clock) > (int64_t)timeouts->inactive || record_tcp(hot) == TCP_CLOSED)
		return 0;
	value <<= answered ? ANSWERED_BITS : 0;
	return value << VALUE_BITS | at_most(record_age(hot, clock), limit);
}

/*
 * Ask for the record's bucket. The hash of an IPv6 flow has to wait for the cold line first; even
 * so, to come back later when that is there was slower (13.7 -> 12.2 Mpps, eviction).
 */
static ALWAYS_INLINE void prefetch_bucket(const struct flow_table *table, uint32_t slot)
{
	__builtin_prefetch(index_bucket(&table->index, table_hash(table, slot), 0), 1);
}

/* A group has one record of each quarter of the table: who came together lies side by side. */
static uint32_t group_stride(const struct flow_table *table)
{
	return (table->capacity + EVICT_GROUP - 1) / EVICT_GROUP;
}

/* The flow of least value in the next group; its cold line and a later group are asked for. */
static uint32_t choose_victim(struct flow_table *table, uint64_t clock)
{
	struct eviction *evict = &table->evict;
	uint32_t stride = group_stride(table), victim = evict->cursor;
	uint64_t least = UINT64_MAX;

	for (uint32_t slot = victim; slot < table->capacity; slot += stride) {
		uint64_t value = value_of(&table->hot[slot], &table->timeouts, clock);

		victim = value < least ? slot : victim;
		least = value < least ? value : least;
		__builtin_prefetch(&table->hot[slot] + EVICT_AHEAD);
	}
	evict->cursor = evict->cursor + 1 < stride ? evict->cursor + 1 : 0;
	__builtin_prefetch(&table->cold[victim], 1);
	extensions_prefetch_all(&table->extensions, victim);
	prefetch_bucket(table, victim);
	return victim;
}

/* The flow of least value in the group of `victim` whose record is its first; else `victim`. */
static uint32_t choose_instead(const struct flow_table *table, uint32_t victim, uint64_t clock)
{
	uint32_t stride = group_stride(table);
	uint64_t least = UINT64_MAX;

	for (uint32_t slot = victim % stride; slot < table->capacity; slot += stride) {
		uint64_t value = value_of(&table->hot[slot], &table->timeouts, clock);

		if (table->cold[slot].continues || value >= least)
			continue;
		victim = slot;
		least = value;
	}
	return victim;
}

/* The victim whose turn it is, if it still is what it was then; another one takes its place. */
static uint32_t next_victim(struct flow_table *table, uint64_t clock)
{
	struct eviction *evict = &table->evict;
	uint32_t turn = evict->next++ % VICTIMS, victim = evict->victims[turn].slot;

	if (table->hot[victim].seen != evict->victims[turn].seen)
		victim = choose_victim(table, clock);
	if (unlikely(table->cold[victim].continues))
		victim = choose_instead(table, victim, clock);
	evict->victims[turn].slot = choose_victim(table, clock);
	evict->victims[turn].seen = table->hot[evict->victims[turn].slot].seen;
	return victim;
}

bool table_evict(struct flow_table *table, uint64_t clock)
{
	if (outbox_full(table))
		return false;
	/* None is free, none waits (the outbox had room), none was never used: all are in use. */
	assert(slot_ring_free(&table->vacant) == 0 && slot_ring_waiting(&table->vacant) == 0);

	uint32_t slot = next_victim(table, clock);

	table_end(table, slot, table_hash(table, slot),
		  reason_of(table, slot, clock, FLOW_END_RESOURCES));
	return true;
}

/* ---- the sweep ---- */

/*
 * While the outbox is full a flow that may go on stays where it is, due: its next packet, or a
 * later pass, ends its record just the same.
 */
static void sweep_end(struct flow_table *table, uint32_t slot, uint64_t clock)
{
	const struct flow_hot *hot = &table->hot[slot];
	enum flow_end due = record_due(hot, &table->timeouts, clock);

	if (due == FLOW_LIVE)
		return;
	if (due != FLOW_END_ACTIVE || record_idle(hot, clock) > (int64_t)table->timeouts.inactive)
		table_end(table, slot, table_hash(table, slot), due);
	else if (!outbox_full(table))
		leave_dormant(table, slot);
}

static void sweep_end_due(struct flow_table *table, uint64_t clock)
{
	struct sweep *sweep = &table->sweep;

	/* Since they were found packets have come: ask again. */
	for (uint32_t i = 0; i < sweep->due_count; i++) {
		if (record_in_use(&table->hot[sweep->due[i]]))
			sweep_end(table, sweep->due[i], clock);
	}
	sweep->due_count = 0;
}

/* How many records to look at, so that the pass keeps pace with the clock. */
static uint32_t sweep_share(struct flow_table *table, uint64_t clock)
{
	struct sweep *sweep = &table->sweep;
	uint64_t pass = UINT64_C(1) << SWEEP_PASS_SHIFT, whole = pass * table->used;
	uint64_t advance = clock > sweep->clock ? clock - sweep->clock : 0;

	sweep->clock = clock;
	sweep->credit += (advance < pass ? advance : pass) * table->used;
	if (sweep->credit > whole)
		sweep->credit = whole;

	uint64_t share = sweep->credit >> SWEEP_PASS_SHIFT;

	/* What is beyond a slice is kept for the next ones: a packet never waits for a pass. */
	if (share > SWEEP_SLICE)
		share = SWEEP_SLICE;
	sweep->credit -= share << SWEEP_PASS_SHIFT;
	return (uint32_t)share;
}

void table_sweep(struct flow_table *table, uint64_t clock)
{
	struct sweep *sweep = &table->sweep;

	sweep_end_due(table, clock);
	for (uint32_t share = sweep_share(table, clock); share > 0; share--) {
		if (sweep->cursor >= table->used)
			sweep->cursor = 0;
		uint32_t slot = sweep->cursor++;
		const struct flow_hot *hot = &table->hot[slot];

		/* Beyond the end of the array is harmless: a prefetch does not fault. */
		__builtin_prefetch(hot + SWEEP_PREFETCH);
		if (!record_in_use(hot) || record_due(hot, &table->timeouts, clock) == FLOW_LIVE)
			continue;
		__builtin_prefetch(&table->cold[slot]);
		extensions_prefetch_all(&table->extensions, slot);
		prefetch_bucket(table, slot);
		sweep->due[sweep->due_count++] = slot;
	}
}

bool flow_table_expire(struct flow_table *table, uint64_t clock)
{
	if (clock > table->clock)
		table->clock = clock;
	table_release_waiting(table);
	table_sweep(table, table->clock);
	return table->sweep.due_count > 0 || table->sweep.credit >> SWEEP_PASS_SHIFT > 0;
}

/*
 * Once over the whole table, in as many calls as the outbox needs: who is due ends, or all do.
 * True: it is done, and all are in the outbox.
 */
static bool end_whole(struct flow_table *table, uint64_t clock, bool all)
{
	assert(flow_table_pending(table) == 0);
	if (clock > table->clock)
		table->clock = clock;
	table_release_waiting(table);
	for (; table->whole_cursor < table->used; table->whole_cursor++) {
		uint32_t slot = table->whole_cursor, ahead = slot + WHOLE_PREFETCH;

		if (all && ahead < table->used && record_in_use(&table->hot[ahead]))
			prefetch_bucket(table, ahead);
		if (!record_in_use(&table->hot[slot]))
			continue;
		if (outbox_full(table))
			return false;
		if (all)
			table_end(table, slot, table_hash(table, slot),
				  reason_of(table, slot, table->clock, FLOW_END_FORCED));
		else
			sweep_end(table, slot, table->clock);
	}
	if (slot_ring_waiting(&table->vacant) > 0)
		return false;
	table->whole_cursor = 0;
	return true;
}

bool flow_table_end_due(struct flow_table *table, uint64_t clock)
{
	return end_whole(table, clock, false);
}

bool flow_table_finish(struct flow_table *table, uint64_t clock)
{
	return end_whole(table, clock, true);
}
