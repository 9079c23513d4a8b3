/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/summary.h>

#include <string.h>

#include "layout.h"

/* The rows chosen so far: a heap with the last of them, in the order of the answer, on top. */
struct heap {
	struct summary_row *rows;
	uint32_t count;
	unsigned int side, metric;
	size_t key_size;
};

/* Does `a` come after `b` in the answer? */
static bool after(const struct heap *heap, const struct summary_row *a, const struct summary_row *b)
{
	uint64_t a_sum = a->metrics[heap->side][heap->metric];
	uint64_t b_sum = b->metrics[heap->side][heap->metric];

	if (a_sum != b_sum)
		return a_sum < b_sum;
	return memcmp(a->key, b->key, heap->key_size) > 0;
}

static void swap(struct summary_row *a, struct summary_row *b)
{
	struct summary_row row = *a;

	*a = *b;
	*b = row;
}

static void sift_up(struct heap *heap, uint32_t i)
{
	while (i > 0 && after(heap, &heap->rows[i], &heap->rows[(i - 1) / 2])) {
		swap(&heap->rows[i], &heap->rows[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

static void sift_down(struct heap *heap)
{
	uint32_t i = 0;

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= heap->count)
			return;
		if (child + 1 < heap->count &&
		    after(heap, &heap->rows[child + 1], &heap->rows[child]))
			child++;
		if (!after(heap, &heap->rows[child], &heap->rows[i]))
			return;
		swap(&heap->rows[i], &heap->rows[child]);
		i = child;
	}
}

static bool of_side(const struct summary_row *row, unsigned int side)
{
	uint64_t any = 0;

	for (unsigned int m = 0; m < SUMMARY_METRICS; m++)
		any |= row->metrics[side][m];
	return any != 0;
}

uint32_t summary_side_keys(const struct summary *summary, unsigned int side)
{
	struct summary_row row;
	uint32_t position = 0, keys = 0;

	while (summary_next(summary, &position, &row))
		keys += of_side(&row, side);
	return keys;
}

uint32_t summary_top(const struct summary *summary, unsigned int side, unsigned int metric,
		     struct summary_row *rows, uint32_t count)
{
	struct heap heap = {
		.rows = rows, .side = side, .metric = metric, .key_size = summary->shape.key_size};
	struct summary_row row;
	uint32_t position = 0, found;

	while (count > 0 && summary_next(summary, &position, &row)) {
		if (!of_side(&row, side))
			continue;
		if (heap.count < count) {
			rows[heap.count] = row;
			sift_up(&heap, heap.count++);
		} else if (after(&heap, &rows[0], &row)) {
			rows[0] = row;
			sift_down(&heap);
		}
	}
	/* Taken from the heap one by one, the last comes first: fill the answer from its end. */
	found = heap.count;
	while (heap.count > 1) {
		swap(&rows[0], &rows[--heap.count]);
		sift_down(&heap);
	}
	return found;
}
