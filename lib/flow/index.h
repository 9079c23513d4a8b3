/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_INDEX_H
#define WEIR_FLOW_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/*
 * The index: hash -> slots that may hold the key. Buckets of one cache line, in a full table two
 * thirds full. An entry is 4 bytes: the number of the slot, and as much of the hash as that leaves
 * room for, the signature (12 bits with a million slots). It lies in its home bucket, or, when that
 * is full, in another one of its group: first in the other of the pair of lines that CPUs fetch
 * together. A bucket counts the entries that passed over it, so that a look-up goes on exactly
 * while there is something to find, and a deletion from a full bucket hides nothing.
 */

#define BUCKET_WAYS  15
#define BUCKET_REACH 64 /* buckets of a group: those an entry may lie in */
#define BUCKET_LOAD  10 /* entries in each, on average, of a full table */

struct bucket {
	/* The signature, 0: free; below it the upper bits of the slot. The last one stays 0. */
	uint16_t tag[BUCKET_WAYS + 1];
	uint16_t slot[BUCKET_WAYS]; /* the lower bits */
	uint16_t spilled;           /* entries that lie further on because this bucket was full */
};
_Static_assert(sizeof(struct bucket) == 64, "one cache line");
_Static_assert(BUCKET_WAYS *BUCKET_REACH <= UINT16_MAX, "a group's entries can be counted");

struct flow_index {
	struct bucket *buckets;
	uint32_t count;          /* of them: whole groups */
	uint16_t signature_mask; /* those bits of a tag, from the top: at least 4 */
};

/* How many buckets an index of `capacity` entries has: up to 2^28. */
uint32_t index_buckets(uint32_t capacity);

/* `buckets`: zeroed, index_buckets() of them. */
void index_init(struct flow_index *index, struct bucket *buckets, uint32_t capacity);

/* Enter `slot` under `hash`. False: no room within reach. */
bool index_insert(struct flow_index *index, uint64_t hash, uint32_t slot);

/* Remove the entry of `slot`, which was entered under `hash`. */
void index_remove(struct flow_index *index, uint64_t hash, uint32_t slot);

/* The number of the home bucket: the lower half of the hash as a fraction of all. */
static inline uint32_t index_home(const struct flow_index *index, uint64_t hash)
{
	return (uint32_t)((uint64_t)(uint32_t)hash * index->count >> 32);
}

/* The bucket `distance` steps from the home of `hash`, through all of the group. */
static inline struct bucket *index_bucket(const struct flow_index *index, uint64_t hash,
					  uint32_t distance)
{
	return &index->buckets[index_home(index, hash) ^ distance];
}

/* From the top bits of the hash; the home comes from others. */
static inline uint16_t index_signature(const struct flow_index *index, uint64_t hash)
{
	const uint32_t mask = index->signature_mask, top = (uint32_t)(hash >> 48) & mask;

	return (uint16_t)(top != 0 ? top : mask & -mask);
}

/* Which entries of the bucket have this signature: bit n for entry n. 0: which are free. */
static inline unsigned int bucket_match(const struct flow_index *index, const struct bucket *bucket,
					uint16_t signature)
{
	unsigned int match = 0;

#ifdef __SSE2__
	const __m128i mask = _mm_set1_epi16((short)index->signature_mask);
	const __m128i wanted = _mm_set1_epi16((short)signature);
	const __m128i *tags = (const __m128i *)bucket->tag;
	__m128i low = _mm_cmpeq_epi16(_mm_and_si128(tags[0], mask), wanted);
	__m128i high = _mm_cmpeq_epi16(_mm_and_si128(tags[1], mask), wanted);

	match = (unsigned int)_mm_movemask_epi8(_mm_packs_epi16(low, high));
#else
	for (unsigned int way = 0; way < BUCKET_WAYS; way++)
		match |= (unsigned int)((bucket->tag[way] & index->signature_mask) == signature)
			 << way;
#endif
	return match;
}

static inline uint32_t bucket_slot(const struct flow_index *index, const struct bucket *bucket,
				   unsigned int way)
{
	uint32_t upper = bucket->tag[way] & (uint16_t)~index->signature_mask;

	return upper << 16 | bucket->slot[way];
}

/* For each entry `way` of the set `match`. */
#define bucket_for_each(way, match)                                                                \
	for (unsigned int left_ = (match), way;                                                    \
	     left_ != 0 && (way = (unsigned int)__builtin_ctz(left_), true); left_ &= left_ - 1)

#endif
