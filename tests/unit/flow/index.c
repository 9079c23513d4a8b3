/* SPDX-License-Identifier: BSD-3-Clause */
/* The index against a plain list. */
#include <weir/memory.h>

#include "index.h"
#include "support.h"

/* Slots that come one after the other, among those of a large table. */
#define CAPACITY   (UINT32_C(3) << 20)
#define FIRST_SLOT ((UINT32_C(2) << 20) - 100)
#define ENTRIES    200

static uint32_t spilled_past(const struct flow_index *index, const uint64_t *hashes,
			     const bool *present, uint32_t bucket)
{
	uint32_t spilled = 0;

	for (uint32_t slot = 0; slot < ENTRIES; slot++) {
		bool passed = false;

		if (!present[slot])
			continue;
		for (uint32_t distance = 0; distance < BUCKET_REACH; distance++) {
			const struct bucket *at = index_bucket(index, hashes[slot], distance);
			bool found = false;

			for (unsigned int way = 0; way < BUCKET_WAYS; way++)
				found |= at->tag[way] != 0 &&
					 bucket_slot(index, at, way) == FIRST_SLOT + slot;
			if (found) {
				spilled += passed;
				break;
			}
			passed |= at == &index->buckets[bucket];
		}
	}
	return spilled;
}

static bool is_found(const struct flow_index *index, uint64_t hash, uint32_t slot)
{
	for (uint32_t distance = 0; distance < BUCKET_REACH; distance++) {
		const struct bucket *bucket = index_bucket(index, hash, distance);

		bucket_for_each(way, bucket_match(index, bucket, index_signature(index, hash))) {
			if (bucket_slot(index, bucket, way) == slot)
				return true;
		}
		if (bucket->spilled == 0)
			break;
	}
	return false;
}

/* Five homes, the even buckets, and four signatures, one of them the reserved 0. */
static uint64_t crowded_hash(struct prng *prng)
{
	return (uint64_t)prng_below(prng, 4) << 60 | prng_below(prng, 5) << 15;
}

Test(index, spills_are_counted_and_given_back)
{
	struct bucket *buckets = memory_allocate(index_buckets(CAPACITY) * sizeof(*buckets));
	struct flow_index index;
	uint64_t hashes[ENTRIES];
	bool present[ENTRIES] = {false};
	struct prng prng = {1};

	cr_assert_not_null(buckets);
	index_init(&index, buckets, CAPACITY);
	for (uint32_t i = 0; i < ENTRIES; i++)
		hashes[i] = crowded_hash(&prng);
	for (int step = 0; step < 20000; step++) {
		uint32_t i = prng_below(&prng, ENTRIES);

		if (present[i])
			index_remove(&index, hashes[i], FIRST_SLOT + i);
		else
			cr_assert(index_insert(&index, hashes[i], FIRST_SLOT + i));
		present[i] = !present[i];
		if (step % 64 != 0)
			continue;
		for (i = 0; i < ENTRIES; i++)
			check(is_found(&index, hashes[i], FIRST_SLOT + i) == present[i], "entry %u",
			      i);
		for (i = 0; i < BUCKET_REACH; i++)
			check(buckets[i].spilled == spilled_past(&index, hashes, present, i),
			      "bucket %u", i);
	}
	memory_free(buckets, index_buckets(CAPACITY) * sizeof(*buckets));
}

/* With whatever part of a tag the slots need, and all entries of one hash. */
Test(index, holds_a_group_and_no_more)
{
	static struct bucket buckets[BUCKET_REACH] __attribute__((aligned(64)));

	for (unsigned int upper = 0; upper <= 12; upper++) {
		struct flow_index index = {buckets, BUCKET_REACH, (uint16_t)(UINT16_MAX << upper)};
		const uint32_t last = (UINT32_C(1) << (16 + upper)) - 1;
		const uint64_t hash = (uint64_t)upper * 0x1357924680135792;
		const uint32_t entries = BUCKET_WAYS * BUCKET_REACH;

		for (uint32_t i = 0; i < entries; i++)
			cr_assert(index_insert(&index, hash, last - i));
		cr_assert_not(index_insert(&index, hash, last - entries));
		for (uint32_t i = 0; i < entries; i++)
			cr_assert(is_found(&index, hash, last - i), "%u: %u", upper, i);
		for (uint32_t i = 0; i < entries; i++)
			index_remove(&index, hash, last - i);
		for (uint32_t i = 0; i < BUCKET_REACH; i++)
			cr_assert_eq(buckets[i].spilled, 0);
	}
}

/* Random keys find room in an index as full as it gets, whatever the number of flows. */
Test(index, has_room_for_all_of_a_table)
{
	static const uint32_t capacities[] = {64, 65, 100, 1000, 100000, 1 << 20, (1 << 20) + 1};

	for (size_t c = 0; c < sizeof(capacities) / sizeof(capacities[0]); c++) {
		uint32_t capacity = capacities[c], count = index_buckets(capacity);
		struct bucket *buckets = memory_allocate(count * sizeof(*buckets));
		struct prng prng = {capacity};
		struct flow_index index;

		cr_assert_not_null(buckets);
		cr_assert_leq((uint64_t)count * sizeof(*buckets),
			      (uint64_t)capacity * 64 / 10 + BUCKET_REACH * sizeof(*buckets));
		index_init(&index, buckets, capacity);
		for (uint32_t slot = 0; slot < capacity; slot++)
			cr_assert(index_insert(&index, prng_next(&prng), slot), "%u of %u", slot,
				  capacity);
		memory_free(buckets, count * sizeof(*buckets));
	}
}
