/* SPDX-License-Identifier: BSD-3-Clause */
#include "index.h"

#include <assert.h>

uint32_t index_buckets(uint32_t capacity)
{
	uint32_t buckets = 1;

	while ((uint64_t)buckets * BUCKET_WAYS < 2 * (uint64_t)capacity)
		buckets *= 2;
	return buckets;
}

bool index_insert(struct flow_index *index, uint64_t hash, uint32_t slot)
{
	for (uint32_t distance = 0; distance < BUCKET_REACH; distance++) {
		struct bucket *bucket = index_bucket(index, hash, distance);
		unsigned int free = bucket_match(bucket, 0);

		if (free == 0)
			continue;
		unsigned int way = (unsigned int)__builtin_ctz(free);

		bucket->signature[way] = index_signature(hash);
		bucket->slot[way] = slot;
		while (distance-- > 0)
			index_bucket(index, hash, distance)->spilled++;
		return true;
	}
	return false;
}

void index_remove(struct flow_index *index, uint64_t hash, uint32_t slot)
{
	for (uint32_t distance = 0; distance < BUCKET_REACH; distance++) {
		struct bucket *bucket = index_bucket(index, hash, distance);

		bucket_for_each(way, bucket_match(bucket, index_signature(hash))) {
			if (bucket->slot[way] != slot)
				continue;
			bucket->signature[way] = 0;
			while (distance-- > 0)
				index_bucket(index, hash, distance)->spilled--;
			return;
		}
	}
	assert(!"the entry of a live record is in the index");
}
