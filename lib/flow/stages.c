/* SPDX-License-Identifier: BSD-3-Clause */
#include "lookup.h"

/*
 * The packet path. A burst goes through three stages, one per push, so that what a stage
 * asks memory for has arrived when the next one comes to it:
 *
 *	hash     resolve fragments, hash the keys;    prefetches the buckets
 *	compare  compare signatures;                  prefetches the records
 *	count    compare keys, insert, count
 *
 * Between the stages other bursts change the table. So what `compare` found is a hint, and the
 * full comparison in `count` decides.
 */

/* The stages take turns in groups of packets, so that prefetches are spread over the work. */
#define GROUP 16
_Static_assert(FLOW_BURST % GROUP == 0, "whole groups");

uint32_t flow_table_slot(const struct flow_table *table, const struct packet *packet)
{
	const struct flow_hot *hot = find_packet(table, packet);

	return hot != NULL && !record_dormant(hot) ? (uint32_t)(hot - table->hot) : FLOW_NO_SLOT;
}

static uint32_t take_slot(struct flow_table *table, uint64_t clock)
{
	if (slot_ring_free(&table->vacant) > 0)
		return slot_ring_take(&table->vacant);
	if (table->used < table->capacity) {
		uint32_t slot = table->used;

		/* A reader that sees it finds a record of zeros: not live. */
		__atomic_store_n(&table->used, slot + 1, __ATOMIC_RELEASE);
		return slot;
	}
	return table_evict(table, clock) ? slot_ring_take(&table->vacant) : NO_SLOT;
}

/* The packet was counted with its burst, as one of a flow. */
static void count_overflow(struct flow_table *table, const struct packet *packet,
			   enum flow_overflow why)
{
	struct flow_counters *counters = &table->counters;

	counters->packets--;
	counters->packets_ipv6 -= packet_is_ipv6(packet);
	counters->octets -= packet->octets;
	counters->overflow_packets[why]++;
	counters->overflow_octets += packet->octets;
	overflow_note(&table->overflow, &table->secret, packet);
}

/*
 * The record in `slot`, which is not in use, begins with this packet. `before` is the slot of the
 * one that it goes on with, if it does.
 */
static void begin_record(struct flow_table *table, uint32_t slot, const struct packet *packet,
			 struct flow_origin origin, uint32_t before)
{
	struct flow_hot *hot = &table->hot[slot];

	seqlock_write_begin(&hot->sequence);
	if (unlikely(table->extensions.count > 0))
		extensions_begin(&table->extensions, slot, before, packet, origin);
	record_start(hot, &table->cold[slot], packet, origin, table->shift);
	seqlock_write_end(&hot->sequence);
	table_mark(table, hot);
	table->counters.created++;
}

/* The packet is of no record: it begins one. */
static void count_new(struct flow_table *table, const struct packet *packet,
		      struct flow_origin origin, uint32_t before)
{
	uint32_t slot = take_slot(table, packet->clock);

	if (slot == NO_SLOT) {
		count_overflow(table, packet, FLOW_OVERFLOW_TABLE);
		return;
	}
	if (!index_insert(&table->index, packet->hash, slot)) {
		slot_ring_give(&table->vacant, slot);
		count_overflow(table, packet, FLOW_OVERFLOW_BUCKET);
		return;
	}
	begin_record(table, slot, packet, origin, before);
}

/* The early look-up found nothing, or something else. */
static struct flow_hot *find_again(struct flow_table *table, const struct packet *packet,
				   const struct flow_hot *candidate)
{
	struct flow_hot *hot = find_packet(table, packet);

	table->counters.relookups += hot != candidate;
	return hot;
}

/* The packet's record does not take it: why; FLOW_LIVE: it does. */
static enum flow_end ends_before(const struct flow_table *table, const struct flow_hot *hot,
				 const struct packet *packet)
{
	enum flow_end due = record_due(hot, &table->timeouts, packet->clock);

	if (record_dormant(hot))
		return FLOW_END_ACTIVE;
	if (due == FLOW_LIVE && record_reopens(hot, packet))
		return FLOW_END_CLOSED;
	if (due == FLOW_LIVE && record_full(hot, table_cold(table, hot), packet))
		return FLOW_END_RESOURCES;
	return due;
}

/* The packet begins the next record of its key. */
static void count_next(struct flow_table *table, const struct packet *packet, struct flow_hot *hot,
		       enum flow_end end)
{
	struct flow_origin origin = record_origin(hot, &table->timeouts, packet);
	uint32_t slot = (uint32_t)(hot - table->hot);

	if (record_dormant(hot)) {
		begin_record(table, slot, packet, origin, slot);
		return;
	}
	if (end == FLOW_END_RESOURCES)
		table_end_full(table, slot, packet->hash);
	else
		table_end(table, slot, packet->hash, end);
	count_new(table, packet, origin, slot);
}

static void count_general(struct flow_table *table, const struct packet *packet,
			  struct flow_hot *hot)
{
	table->general++;
	seqlock_write_begin(&hot->sequence);
	record_update(hot, table_cold(table, hot), packet);
	if (unlikely(table->extensions.counting > 0))
		extensions_packet(&table->extensions, (uint32_t)(hot - table->hot), packet,
				  record_direction(hot, packet));
	seqlock_write_end(&hot->sequence);
	table_mark(table, hot);
}

/* A packet that begins, ends or changes more than the counters of a record. */
static __attribute__((noinline)) void
count_unusual(struct flow_table *table, const struct packet *packet, struct flow_hot *hot)
{
	if (hot == NULL || !record_is(hot, table_cold(table, hot), packet)) {
		table->missing -= hot == NULL;
		hot = find_again(table, packet, hot);
		if (hot == NULL) {
			count_new(table, packet, (struct flow_origin){.state = packet->direction},
				  NO_SLOT);
			return;
		}
	}
	enum flow_end end = ends_before(table, hot, packet);

	if (unlikely(end != FLOW_LIVE))
		count_next(table, packet, hot, end);
	else
		count_general(table, packet, hot);
}

/* False, and nothing done: the packet is not as usual, or not of this record. */
static inline bool count_usual(const struct flow_table *table, const struct packet *packet,
			       struct flow_hot *hot, bool counting)
{
	struct record_usual usual;

	if (unlikely(hot == NULL) || unlikely(!record_key_is(hot, packet)) ||
	    unlikely(packet_is_ipv6(packet) && !record_prefix_is(table_cold(table, hot), packet)) ||
	    unlikely(!record_is_usual(hot, &table->timeouts, packet, &usual)))
		return false;
	seqlock_write_begin(&hot->sequence);
	record_count_usual(hot, &usual);
	if (counting)
		extensions_packet(&table->extensions, (uint32_t)(hot - table->hot), packet,
				  usual.direction);
	seqlock_write_end(&hot->sequence);
	table_mark(table, hot);
	return true;
}

/* Packets [from, to) of their burst. */
static inline void count_packets(struct flow_table *table, const struct stage *stage, uint32_t from,
				 uint32_t to, bool counting)
{
	for (uint32_t i = from; i < to; i++) {
		const struct packet *packet = &stage->burst.packets[i];
		struct flow_hot *hot = stage->candidate[i];

		if (unlikely(!count_usual(table, packet, hot, counting)))
			count_unusual(table, packet, hot);
	}
}

/* The same, not as often that both have to be laid out for it. */
static void count_any(struct flow_table *table, const struct stage *stage, uint32_t from,
		      uint32_t to)
{
	if (table->extensions.counting > 0)
		count_packets(table, stage, from, to, true);
	else
		count_packets(table, stage, from, to, false);
}

/* What was summed up when the burst was hashed; overflowed packets were taken off already. */
static void count_burst(struct flow_table *table, const struct stage *stage)
{
	struct flow_counters *counters = &table->counters;
	uint32_t count = stage->burst.count;

	if (count == 0)
		return;
	counters->packets += count;
	counters->packets_ipv6 += stage->counts.ipv6;
	counters->octets += stage->counts.octets;
	counters->fragments_first += stage->counts.fragments.first;
	counters->fragments_tiny += stage->counts.fragments.tiny;
	counters->fragments_later += stage->counts.fragments.later;
	counters->fragments_unmatched += stage->counts.fragments.unmatched;
}

/* The stage handed over `age` pushes ago; 0: the one that was just filled. */
static struct stage *stage_of_age(struct flow_table *table, uint32_t age)
{
	return &table->stages[(table->filling + STAGES - age) % STAGES];
}

/* Each stage for the packets [from, to) of its burst. */
static inline void stage_hash(const struct flow_table *table, struct stage *stage, uint32_t from,
			      uint32_t to)
{
	uint64_t octets = 0;
	uint32_t ipv6 = 0;

	for (uint32_t i = from; i < to; i++) {
		struct packet *packet = &stage->burst.packets[i];

		hash_packet(table, packet, &stage->counts.fragments);
		octets += packet->octets;
		ipv6 += packet_is_ipv6(packet);
	}
	stage->counts.octets += octets;
	stage->counts.ipv6 += ipv6;
}

static inline void stage_compare(struct flow_table *table, struct stage *stage, uint32_t from,
				 uint32_t to, bool counting)
{
	for (uint32_t i = from; i < to; i++)
		stage->candidate[i] = compare_packet(table, &stage->burst.packets[i], counting);
}

/* The slice of the sweep follows the packet before `slice`, whatever burst that is in. */
static __attribute__((noinline)) void count_and_sweep(struct flow_table *table,
						      const struct stage *stage, uint32_t from,
						      uint32_t to, uint32_t slice)
{
	count_any(table, stage, from, slice);
	table_sweep(table, stage->burst.packets[slice - 1].clock);
	count_any(table, stage, slice, to);
}

/* No packet of a burst is the last one before a slice of the sweep. */
#define NO_SLICE UINT32_MAX

static inline void stage_count(struct flow_table *table, const struct stage *stage, uint32_t from,
			       uint32_t to, uint32_t slice, bool counting)
{
	if (unlikely(from < slice && slice <= to))
		count_and_sweep(table, stage, from, to, slice);
	else
		count_packets(table, stage, from, to, counting);
}

static inline uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/*
 * All three bursts, of these sizes, in turns. `counting`: extensions look at every packet.
 * Constant, so that without any nothing of them is there.
 */
static inline __attribute__((always_inline)) void
run_stages(struct flow_table *table, struct stage *hash, uint32_t hashes, struct stage *compare,
	   uint32_t compares, const struct stage *count, uint32_t counts, bool counting)
{
	uint32_t slice = table->live ? NO_SLICE : table->sweep.packets;

	for (uint32_t from = 0, to = GROUP; from < FLOW_BURST; from = to, to += GROUP) {
		stage_count(table, count, from, least(to, counts), slice, counting);
		stage_compare(table, compare, from, least(to, compares), counting);
		stage_hash(table, hash, from, least(to, hashes));
	}
	if (slice != NO_SLICE)
		table->sweep.packets =
			slice > counts ? slice - counts : slice + SWEEP_PACKETS - counts;
}

/* Apart, so that it takes no register from those without extensions. */
static __attribute__((noinline)) void run_counting(struct flow_table *table, struct stage *hash,
						   struct stage *compare, const struct stage *count)
{
	run_stages(table, hash, hash->burst.count, compare, compare->burst.count, count,
		   count->burst.count, true);
}

/* The burst is counted: the clock has come as far as it says, and as far the sweep follows. */
static void follow_clock(struct flow_table *table, const struct flow_burst *burst)
{
	if (table->live) {
		table->clock = burst->clock;
		table_sweep(table, table->clock);
	} else if (burst->count > 0) {
		table->clock = burst->packets[burst->count - 1].clock;
	}
}

/*
 * Ask for the cold lines that this burst will need to be counted, such as for the first answer of a
 * flow; one such packet mostly comes with others, so it is done only after a burst that had some.
 */
static ALWAYS_INLINE void prefetch_cold(const struct flow_table *table, const struct stage *stage)
{
	for (uint32_t i = 0; i < stage->burst.count; i++) {
		const struct flow_hot *hot = stage->candidate[i];

		if (hot == NULL)
			continue;
		/* No branch: it would be mispredicted for every few that it spares. */
		const void *line = record_needs_cold(hot, &stage->burst.packets[i])
					   ? (const void *)table_cold(table, hot)
					   : (const void *)hot;

		__builtin_prefetch(line, 1);
	}
}

void flow_table_push(struct flow_table *table)
{
	struct stage *hash = stage_of_age(table, 0), *compare = stage_of_age(table, 1);
	struct stage *count = stage_of_age(table, 2);
	uint32_t hashes = hash->burst.count, compares = compare->burst.count;
	uint32_t counts = count->burst.count;

	table_release_waiting(table);
	table->shift = count->burst.shift;
	hash->counts = (struct burst_counts){0};
	/* At full rate all are full: with constants the loops over a group are unrolled. */
	if (unlikely(table->extensions.counting > 0))
		run_counting(table, hash, compare, count);
	else if (hashes == FLOW_BURST && compares == FLOW_BURST && counts == FLOW_BURST)
		run_stages(table, hash, FLOW_BURST, compare, FLOW_BURST, count, FLOW_BURST, false);
	else
		run_stages(table, hash, hashes, compare, compares, count, counts, false);
	if (unlikely(table->general > 0))
		prefetch_cold(table, compare);
	table->general = 0;
	count_burst(table, count);
	follow_clock(table, &count->burst);
	table->filling = (table->filling + 1) % STAGES;
	table->stages[table->filling].burst.count = 0;
}
