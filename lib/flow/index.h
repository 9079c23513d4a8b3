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
 * The index: hash -> slots that may hold the key. Buckets of one cache line, at most half
 * full. An entry lies in its home bucket, or, when that is full, in one of the next few. A
 * bucket counts the entries that passed over it, so that a look-up goes on exactly while
 * there is something to find, and a deletion from a full bucket hides nothing.
 */

#define BUCKET_WAYS  8
#define BUCKET_REACH 16 /* buckets an entry may lie in: home and those after it */

struct bucket {
	uint16_t signature[BUCKET_WAYS]; /* 16 bits of the hash; 0: free */
	uint32_t slot[BUCKET_WAYS];
	uint32_t spilled; /* entries that lie further on because this bucket was full */
	uint32_t reserved[3];
};
_Static_assert(sizeof(struct bucket) == 64, "one cache line");

struct flow_index {
	struct bucket *buckets;
	uint32_t mask; /* number of buckets - 1, a power of two - 1 */
};

/* How many buckets keep the index at most half full with `capacity` entries. */
uint32_t index_buckets(uint32_t capacity);

/* Enter `slot` under `hash`. False: no room within reach. */
bool index_insert(struct flow_index *index, uint64_t hash, uint32_t slot);

/* Remove the entry of `slot`, which was entered under `hash`. */
void index_remove(struct flow_index *index, uint64_t hash, uint32_t slot);

/* The bucket `distance` steps after the home of `hash`. */
static inline struct bucket *index_bucket(const struct flow_index *index, uint64_t hash,
					  uint32_t distance)
{
	return &index->buckets[((uint32_t)hash + distance) & index->mask];
}

/* The home comes from the low bits of the hash, the signature from the top ones. */
static inline uint16_t index_signature(uint64_t hash)
{
	uint16_t top = (uint16_t)(hash >> 48);

	return (uint16_t)(top + (top == 0));
}

/* Which entries of the bucket have this signature: bit n for entry n. */
static inline unsigned int bucket_match(const struct bucket *bucket, uint16_t signature)
{
#ifdef __SSE2__
	__m128i entries = _mm_loadu_si128((const __m128i *)bucket->signature);
	__m128i equal = _mm_cmpeq_epi16(entries, _mm_set1_epi16((short)signature));

	return (unsigned int)_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128()));
#else
	unsigned int match = 0;

	for (unsigned int way = 0; way < BUCKET_WAYS; way++)
		match |= (unsigned int)(bucket->signature[way] == signature) << way;
	return match;
#endif
}

/* For each entry `way` of the set `match`. */
#define bucket_for_each(way, match)                                                                \
	for (unsigned int left_ = (match), way;                                                    \
	     left_ != 0 && (way = (unsigned int)__builtin_ctz(left_), true); left_ &= left_ - 1)

#endif
