/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

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

static void stage_hash(struct flow_table *table, struct stage *stage)
{
	struct burst_counts counts = {0};

	for (uint32_t i = 0; i < stage->burst.count; i++) {
		struct packet *packet = &stage->burst.packets[i];

		if (unlikely(packet->fragment != PACKET_WHOLE))
			fragment_resolve(table->fragments, &table->secret, packet,
					 &counts.fragments);
		packet->hash = record_hash(&table->secret, &packet->key, packet->prefix);
		__builtin_prefetch(index_bucket(&table->index, packet->hash, 0), 1);
		counts.octets += packet->octets;
		counts.ipv6 += packet->key.vlan >> 15;
	}
	stage->counts = counts;
}

/* The record that the new flow after `ahead` others in this burst will fill. */
static void prefetch_free(const struct flow_table *table, uint32_t ahead)
{
	uint32_t free = slots_free(&table->slots);
	uint64_t slot = ahead < free ? slots_peek(&table->slots, ahead)
				     : (uint64_t)table->used + (ahead - free);

	/* In a full table it is the victim's, which eviction takes care of. */
	if (slot >= table->capacity)
		return;
	__builtin_prefetch(&table->records[slot], 1);
	__builtin_prefetch(table->records[slot].prefix, 1);
}

static void stage_compare(const struct flow_table *table, struct stage *stage)
{
	uint32_t missing = 0;

	for (uint32_t i = 0; i < stage->burst.count; i++) {
		const struct packet *packet = &stage->burst.packets[i];
		const struct bucket *bucket = index_bucket(&table->index, packet->hash, 0);
		unsigned int match = bucket_match(bucket, index_signature(packet->hash));

		if (unlikely(match == 0)) {
			stage->candidate[i] = NULL;
			if (bucket->spilled == 0)
				prefetch_free(table, missing++);
			else
				__builtin_prefetch(index_bucket(&table->index, packet->hash, 1));
			continue;
		}
		struct flow_record *record = &table->records[bucket->slot[__builtin_ctz(match)]];

		stage->candidate[i] = record;
		__builtin_prefetch(record, 1);
		if (packet->key.vlan & PACKET_KEY_IPV6)
			__builtin_prefetch(record->prefix);
	}
}

/* The packet's live record, or NULL. */
static struct flow_record *find(const struct flow_table *table, const struct packet *packet)
{
	for (uint32_t distance = 0; distance < BUCKET_REACH; distance++) {
		const struct bucket *bucket = index_bucket(&table->index, packet->hash, distance);

		bucket_for_each(way, bucket_match(bucket, index_signature(packet->hash))) {
			struct flow_record *record = &table->records[bucket->slot[way]];

			if (record_is(record, packet))
				return record;
		}
		if (bucket->spilled == 0)
			break;
	}
	return NULL;
}

static uint32_t take_slot(struct flow_table *table, uint64_t clock)
{
	if (slots_free(&table->slots) > 0)
		return slots_take(&table->slots);
	if (table->used < table->capacity) {
		uint32_t slot = table->used;

		/* A reader that sees it finds a record of zeros: not live. */
		__atomic_store_n(&table->used, slot + 1, __ATOMIC_RELEASE);
		return slot;
	}
	return table_evict(table, clock) ? slots_take(&table->slots) : NO_SLOT;
}

/* The packet was counted with its burst, as one of a flow. */
static void count_overflow(struct flow_table *table, const struct packet *packet, unsigned int why)
{
	struct flow_counters *counters = &table->counters;

	counters->packets--;
	counters->packets_ipv6 -= (packet->key.vlan & PACKET_KEY_IPV6) != 0;
	counters->octets -= packet->octets;
	counters->overflow_packets[why]++;
	counters->overflow_octets += packet->octets;
}

/* The packet begins a flow. */
static void count_new(struct flow_table *table, const struct packet *packet)
{
	uint32_t slot = take_slot(table, packet->clock);

	if (slot == NO_SLOT) {
		count_overflow(table, packet, 0);
		return;
	}
	if (!index_insert(&table->index, packet->hash, slot)) {
		slots_give(&table->slots, slot);
		count_overflow(table, packet, 1);
		return;
	}
	enum flow_end end = record_start(&table->records[slot], packet);

	table->counters.created++;
	if (end != FLOW_LIVE)
		table_end(table, slot, packet->hash, end);
}

/* The early look-up found nothing, or something else. */
static __attribute__((noinline)) struct flow_record *
find_again(struct flow_table *table, const struct packet *packet,
	   const struct flow_record *candidate)
{
	struct flow_record *record = find(table, packet);

	table->counters.relookups += record != candidate;
	return record;
}

/* The flow's record ends: before the packet, which then begins a new one, or with it. */
static void end_record(struct flow_table *table, const struct flow_record *record,
		       const struct packet *packet, enum flow_end reason)
{
	table_end(table, (uint32_t)(record - table->records), packet->hash, reason);
}

static inline void count_packet(struct flow_table *table, const struct packet *packet,
				struct flow_record *record)
{
	if (unlikely(record == NULL || !record_is(record, packet))) {
		record = find_again(table, packet, record);
		if (record == NULL) {
			count_new(table, packet);
			return;
		}
	}
	enum flow_end end = record_due(record, &table->timeouts, packet->clock);

	if (unlikely(end == FLOW_LIVE && record_would_wrap(packet)))
		end = FLOW_END_ACTIVE;
	if (unlikely(end != FLOW_LIVE)) {
		end_record(table, record, packet, end);
		count_new(table, packet);
		return;
	}
	end = record_update(record, packet);
	if (unlikely(end != FLOW_LIVE))
		end_record(table, record, packet, end);
}

static void count_burst(struct flow_counters *counters, const struct stage *stage)
{
	counters->packets += stage->burst.count;
	counters->packets_ipv6 += stage->counts.ipv6;
	counters->octets += stage->counts.octets;
	counters->fragments_first += stage->counts.fragments.first;
	counters->fragments_later += stage->counts.fragments.later;
	counters->fragments_unmatched += stage->counts.fragments.unmatched;
}

/* Count the burst, with a slice of the sweep wherever another SWEEP_PACKETS are complete. */
static void stage_count(struct flow_table *table, const struct stage *stage)
{
	uint32_t done = 0, count = stage->burst.count;

	while (done < count) {
		uint32_t left = count - done;
		uint32_t run = left < table->sweep.packets ? left : table->sweep.packets;

		for (uint32_t end = done + run; done < end; done++)
			count_packet(table, &stage->burst.packets[done], stage->candidate[done]);
		table->clock = stage->burst.packets[done - 1].clock;
		table->sweep.packets -= run;
		if (table->sweep.packets == 0) {
			table->sweep.packets = SWEEP_PACKETS;
			table_sweep(table, table->clock);
		}
	}
	count_burst(&table->counters, stage);
}

/* The stage handed over `age` pushes ago; 0: the one that was just filled. */
static struct stage *stage_of_age(struct flow_table *table, uint32_t age)
{
	return &table->stages[(table->filling + STAGES - age) % STAGES];
}

void flow_table_push(struct flow_table *table)
{
	table_release_waiting(table);
	/* Oldest first: the signatures of the next burst then see the flows of this one. */
	stage_count(table, stage_of_age(table, 2));
	stage_compare(table, stage_of_age(table, 1));
	stage_hash(table, stage_of_age(table, 0));
	table->filling = (table->filling + 1) % STAGES;
	table->stages[table->filling].burst.count = 0;
}
