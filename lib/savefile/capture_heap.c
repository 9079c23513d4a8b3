/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture_heap.h"

#include <stdbool.h>
#include <stddef.h>

static bool is_before(const struct capture_entry *a, const struct capture_entry *b)
{
	uint64_t one = capture_entry_key(a), other = capture_entry_key(b);

	return one != other ? one < other : a->number < b->number;
}

static void swap(struct capture_heap *heap, unsigned int i, unsigned int j)
{
	struct capture_entry *entry = heap->entries[i];

	heap->entries[i] = heap->entries[j];
	heap->entries[j] = entry;
}

void capture_heap_add(struct capture_heap *heap, struct capture_entry *entry)
{
	unsigned int i = heap->count++;

	heap->entries[i] = entry;
	for (; i > 0 && is_before(heap->entries[i], heap->entries[(i - 1) / 2]); i = (i - 1) / 2)
		swap(heap, i, (i - 1) / 2);
}

/* The one of the two below `i` whose turn is first; 0: there is none. */
static unsigned int first_below(const struct capture_heap *heap, unsigned int i)
{
	unsigned int left = 2 * i + 1, right = left + 1;

	if (left >= heap->count)
		return 0;
	return right < heap->count && is_before(heap->entries[right], heap->entries[left]) ? right
											   : left;
}

void capture_heap_moved(struct capture_heap *heap)
{
	unsigned int i = 0, below;

	while ((below = first_below(heap, i)) != 0 &&
	       is_before(heap->entries[below], heap->entries[i])) {
		swap(heap, i, below);
		i = below;
	}
}

void capture_heap_take(struct capture_heap *heap)
{
	heap->entries[0] = heap->entries[--heap->count];
	capture_heap_moved(heap);
}

const struct capture_entry *capture_heap_second(const struct capture_heap *heap)
{
	const unsigned int second = first_below(heap, 0);

	return second != 0 ? heap->entries[second] : NULL;
}
