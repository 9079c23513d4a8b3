/* SPDX-License-Identifier: BSD-3-Clause */
#include "layout.h"

#include <string.h>

struct place {
	struct bucket *bucket;
	unsigned int entry;
};

/*
 * Where the index holds `row` (a number + 1, or 0: an empty entry), from the bucket of `hash` on.
 * `spilled` is what the buckets before it are to say of that.
 */
static struct place locate(struct summary *summary, uint32_t hash, uint32_t row, uint64_t spilled)
{
	for (uint32_t b = hash & summary->mask;; b = (b + 1) & summary->mask) {
		struct bucket *bucket = &summary->buckets[b];

		for (unsigned int e = 0; e < BUCKET_ENTRIES; e++)
			if (bucket->numbers[e] == row)
				return (struct place){bucket, e};
		bucket->spilled = spilled;
	}
}

void index_put(struct summary *summary, uint32_t row)
{
	uint32_t hash = summary->hashes[row];
	struct place place = locate(summary, hash, 0, 1);

	place.bucket->hashes[place.entry] = hash;
	place.bucket->numbers[place.entry] = row + 1;
}

void index_clear(struct summary *summary)
{
	if (summary->count > summary->mask / 4) {
		for (uint32_t b = 0; b <= summary->mask; b++) {
			memset(summary->buckets[b].numbers, 0, sizeof(summary->buckets[b].numbers));
			summary->buckets[b].spilled = 0;
		}
		return;
	}
	for (uint32_t row = 0; row < summary->count; row++) {
		struct place place = locate(summary, summary->hashes[row], row + 1, 0);

		place.bucket->numbers[place.entry] = 0;
	}
}
