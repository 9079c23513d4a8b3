/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_LOOKUP_H
#define WEIR_FLOW_LOOKUP_H

#include "table.h"

/*
 * From a packet to its record, in the steps between which memory is waited for. Inline, for
 * stages.c. The worker's.
 */

static inline void hash_packet(const struct flow_table *table, struct packet *packet,
			       struct fragment_counts *counts)
{
	if (unlikely(packet->fragment != PACKET_WHOLE))
		fragment_resolve(table->fragments, &table->secret, packet, counts);
	packet->hash = record_hash(&table->secret, &packet->key, packet->prefix);
	__builtin_prefetch(index_bucket(&table->index, packet->hash, 0));
}

/* The record that a new flow will fill, after `ahead` others. */
static ALWAYS_INLINE void prefetch_free(const struct flow_table *table, uint32_t ahead)
{
	uint32_t free = slot_ring_free(&table->vacant);
	uint64_t slot = ahead < free ? slot_ring_peek(&table->vacant, ahead)
				     : (uint64_t)table->used + (ahead - free);

	/* In a full table it is the victim's, which eviction takes care of. */
	if (slot >= table->capacity)
		return;
	__builtin_prefetch(&table->hot[slot], 1);
	__builtin_prefetch(&table->cold[slot], 1);
	extensions_prefetch_all(&table->extensions, (uint32_t)slot);
}

/* Returns the record worth a full comparison, or NULL. */
static inline struct flow_hot *compare_packet(struct flow_table *table, const struct packet *packet,
					      bool counting)
{
	const struct flow_index *index = &table->index;
	const struct bucket *bucket = index_bucket(index, packet->hash, 0);
	unsigned int match = bucket_match(index, bucket, index_signature(index, packet->hash));

	if (unlikely(match == 0)) {
		__builtin_prefetch(index_bucket(index, packet->hash, bucket->spilled != 0));
		prefetch_free(table, table->missing++);
		return NULL;
	}
	uint32_t slot = bucket_slot(index, bucket, (unsigned int)__builtin_ctz(match));
	struct flow_hot *hot = &table->hot[slot];

	__builtin_prefetch(hot, 1);
	if (counting)
		extensions_prefetch(&table->extensions, slot);
	if (packet_is_ipv6(packet))
		__builtin_prefetch(table_cold(table, hot));
	return hot;
}

/* The packet's record, live or dormant, or NULL. */
static struct flow_hot *find_packet(const struct flow_table *table, const struct packet *packet)
{
	const struct flow_index *index = &table->index;
	uint16_t signature = index_signature(index, packet->hash);

	for (uint32_t distance = 0; distance < BUCKET_REACH; distance++) {
		const struct bucket *bucket = index_bucket(index, packet->hash, distance);

		bucket_for_each(way, bucket_match(index, bucket, signature)) {
			uint32_t slot = bucket_slot(index, bucket, way);

			if (record_is(&table->hot[slot], &table->cold[slot], packet))
				return &table->hot[slot];
		}
		if (bucket->spilled == 0)
			break;
	}
	return NULL;
}

#endif
