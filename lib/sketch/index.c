/* SPDX-License-Identifier: BSD-3-Clause */
#include "rows.h"

#include <string.h>

/* The entry of the index that holds `row`, a number + 1 or 0 for an empty one, from `hash` on. */
static struct index_entry *locate(struct summary *summary, uint32_t hash, uint32_t row)
{
	for (uint32_t b = hash & summary->mask;; b = (b + 1) & summary->mask)
		for (unsigned int e = 0; e < BUCKET_ENTRIES; e++)
			if (summary->buckets[b].entries[e].row == row)
				return &summary->buckets[b].entries[e];
}

void index_put(struct summary *summary, uint32_t row)
{
	uint32_t hash = summary->hashes[row];

	*locate(summary, hash, 0) = (struct index_entry){.hash = hash, .row = row + 1};
}

void index_clear(struct summary *summary)
{
	if (summary->count > summary->mask / 4) {
		for (uint32_t b = 0; b <= summary->mask; b++)
			memset(summary->buckets[b].entries, 0, sizeof(summary->buckets[b].entries));
		return;
	}
	for (uint32_t row = 0; row < summary->count; row++)
		locate(summary, summary->hashes[row], row + 1)->row = 0;
}
