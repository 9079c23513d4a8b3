/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/summary.h>

#include <endian.h>
#include <string.h>

#include "layout.h"

_Static_assert(SUMMARY_METRICS == 3, "look_at() looks at three");

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

/*
 * What comes before all that were not taken so far: a larger sum, or the same one and a key whose
 * first bytes are no larger. Looking at that alone spares most rows a look at the heap, also where
 * all sums are the same.
 */
struct bar {
	uint64_t sum, key;
};

/* In the order of memcmp(); keys are padded to words. */
static inline uint64_t first_bytes(const struct summary_row *row)
{
	uint64_t word;

	memcpy(&word, row->key, sizeof(word));
	return be64toh(word);
}

/* It may be among the largest by this metric: put it there, and set the bar. */
static void offer(struct heap *heap, uint32_t length, const struct summary_row *row,
		  struct bar *bar)
{
	if (heap->count < length) {
		heap->rows[heap->count] = *row;
		sift_up(heap, heap->count++);
	} else if (after(heap, &heap->rows[0], row)) {
		heap->rows[0] = *row;
		sift_down(heap);
	}
	if (heap->count == length)
		*bar = (struct bar){.sum = heap->rows[0].metrics[heap->side][heap->metric],
				    .key = first_bytes(&heap->rows[0])};
}

/* Taken from the heap one by one, the last comes first: fill the answer from its end. */
static void put_in_order(struct heap heap)
{
	while (heap.count > 1) {
		swap(&heap.rows[0], &heap.rows[--heap.count]);
		sift_down(&heap);
	}
}

/* A side's sums of the row; a key without any is none of this side. */
static inline bool look_at(struct heap heaps[SUMMARY_METRICS], struct bar bars[SUMMARY_METRICS],
			   uint32_t length, const struct summary_row *row, const uint64_t *sums,
			   uint64_t key)
{
	if ((sums[0] | sums[1] | sums[2]) == 0)
		return false;
	for (unsigned int m = 0; m < SUMMARY_METRICS; m++)
		if (sums[m] > bars[m].sum || (sums[m] == bars[m].sum && key <= bars[m].key))
			offer(&heaps[m], length, row, &bars[m]);
	return true;
}

void summary_top(const struct summary *summary, struct summary_tops *tops)
{
	const unsigned int sides = summary->shape.sides;
	struct heap heaps[2][SUMMARY_METRICS];
	struct bar bars[2][SUMMARY_METRICS];
	struct summary_row row;
	uint32_t position = 0;

	for (unsigned int side = 0; side < 2; side++) {
		tops->keys[side] = 0;
		for (unsigned int m = 0; m < SUMMARY_METRICS; m++) {
			heaps[side][m] = (struct heap){.rows = tops->of[side][m].rows,
						       .side = side,
						       .metric = m,
						       .key_size = summary->shape.key_size};
			bars[side][m].sum = tops->length > 0 ? 0 : UINT64_MAX;
			bars[side][m].key = UINT64_MAX;
		}
	}
	while (summary_next(summary, &position, &row)) {
		const uint64_t key = first_bytes(&row);

		for (unsigned int side = 0; side < sides; side++)
			tops->keys[side] += look_at(heaps[side], bars[side], tops->length, &row,
						    row.metrics[side], key);
	}
	for (unsigned int side = 0; side < 2; side++)
		for (unsigned int m = 0; m < SUMMARY_METRICS; m++) {
			tops->of[side][m].count = heaps[side][m].count;
			put_in_order(heaps[side][m]);
		}
}
