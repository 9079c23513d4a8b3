/* SPDX-License-Identifier: BSD-3-Clause */
#include "layout.h"

#include <string.h>

struct place {
	struct bucket *bucket;
	unsigned int entry;
};

/*
 * Where the index holds `row` (a number + 1, or 0: an empty entry), from the bucket of `hash` on.
 * The buckets before it come to have `more` entries that went past them.
 */
static struct place locate(struct summary *summary, uint32_t hash, uint32_t row, int more)
{
	for (uint32_t b = hash & summary->mask;; b = (b + 1) & summary->mask) {
		struct bucket *bucket = &summary->buckets[b];

		for (unsigned int e = 0; e < BUCKET_ENTRIES; e++)
			if (bucket->numbers[e] == row)
				return (struct place){bucket, e};
		bucket->spilled += (uint64_t)more;
	}
}

void index_put(struct summary *summary, uint32_t row)
{
	uint32_t hash = summary->hashes[row];
	struct place place = locate(summary, hash, 0, 1);

	place.bucket->hashes[place.entry] = hash;
	place.bucket->numbers[place.entry] = row + 1;
}

void index_take(struct summary *summary, uint32_t row)
{
	struct place place = locate(summary, summary->hashes[row], row + 1, -1);
	struct bucket *bucket = place.bucket;
	unsigned int last = BUCKET_ENTRIES - 1;

	while (bucket->numbers[last] == 0)
		last--;
	bucket->hashes[place.entry] = bucket->hashes[last];
	bucket->numbers[place.entry] = bucket->numbers[last];
	bucket->numbers[last] = 0;
}

void index_renumber(struct summary *summary, uint32_t row, uint32_t number)
{
	struct place place = locate(summary, summary->hashes[row], row + 1, 0);

	place.bucket->numbers[place.entry] = number + 1;
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
		struct place place = locate(summary, summary->hashes[row], row + 1, -1);

		place.bucket->numbers[place.entry] = 0;
	}
}
