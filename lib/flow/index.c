/* SPDX-License-Identifier: BSD-3-Clause */
#include "index.h"

#include <assert.h>

#define USABLE ((1u << BUCKET_WAYS) - 1)

uint32_t index_buckets(uint32_t capacity)
{
	uint32_t buckets = (capacity + BUCKET_LOAD - 1) / BUCKET_LOAD;

	return (buckets + BUCKET_REACH - 1) / BUCKET_REACH * BUCKET_REACH;
}

void index_init(struct flow_index *index, struct bucket *buckets, uint32_t capacity)
{
	uint32_t upper = 0; /* bits of a slot's number that are in the tag */

	while ((capacity - 1) >> 16 >> upper != 0)
		upper++;
	*index = (struct flow_index){.buckets = buckets,
				     .count = index_buckets(capacity),
				     .signature_mask = (uint16_t)(UINT16_MAX << upper)};
}

bool index_insert(struct flow_index *index, uint64_t hash, uint32_t slot)
{
	for (uint32_t distance = 0; distance < BUCKET_REACH; distance++) {
		struct bucket *bucket = index_bucket(index, hash, distance);
		unsigned int free = bucket_match(index, bucket, 0) & USABLE;

		if (free == 0)
			continue;
		unsigned int way = (unsigned int)__builtin_ctz(free);

		bucket->tag[way] = (uint16_t)(index_signature(index, hash) | slot >> 16);
		bucket->slot[way] = (uint16_t)slot;
		while (distance-- > 0)
			index_bucket(index, hash, distance)->spilled++;
		return true;
	}
	return false;
}

void index_remove(struct flow_index *index, uint64_t hash, uint32_t slot)
{
	uint16_t signature = index_signature(index, hash);

	for (uint32_t distance = 0; distance < BUCKET_REACH; distance++) {
		struct bucket *bucket = index_bucket(index, hash, distance);

		bucket_for_each(way, bucket_match(index, bucket, signature)) {
			if (bucket_slot(index, bucket, way) != slot)
				continue;
			bucket->tag[way] = 0;
			while (distance-- > 0)
				index_bucket(index, hash, distance)->spilled--;
			return;
		}
	}
	assert(!"the entry of a live record is in the index");
}
