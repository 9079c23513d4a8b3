/* SPDX-License-Identifier: BSD-3-Clause */
#include "tops.h"

#include <string.h>

/* Where the rows of the slice in `place` begin. */
static uint8_t *keys_at(const struct tops_subject *subject, uint32_t place)
{
	return subject->slice_keys +
	       (size_t)place * TOPS_SLICE_CAPACITY * summary_key_stride(&subject->shape);
}

static uint64_t (*metrics_at(const struct tops_subject *subject, uint32_t place))[STATS_METRICS]
{
	return subject->slice_metrics + (size_t)place * TOPS_SLICE_CAPACITY * subject->shape.sides;
}

void tops_store_slice(struct tops_subject *subject, uint32_t place)
{
	const unsigned int sides = subject->shape.sides;
	struct tops_slice *slice = &subject->slices[place];
	size_t stride = summary_key_stride(&subject->shape);
	uint8_t *keys = keys_at(subject, place);
	uint64_t(*metrics)[STATS_METRICS] = metrics_at(subject, place);
	struct summary_row row;
	uint32_t position = 0;

	summary_prune(subject->slice, TOPS_SLICE_CAPACITY);
	slice->exact = summary_exact(subject->slice);
	for (unsigned int side = 0; side < sides; side++)
		for (unsigned int m = 0; m < STATS_METRICS; m++)
			slice->error[side][m] = summary_error(subject->slice, side, m);
	for (slice->count = 0; summary_next(subject->slice, &position, &row); slice->count++) {
		subject->slice_hashes[(size_t)place * TOPS_SLICE_CAPACITY + slice->count] =
			row.hash;
		memcpy(keys + slice->count * stride, row.key, stride);
		memcpy(metrics + slice->count * sides, row.metrics, sides * sizeof(*metrics));
	}
}

static void add_slice(struct tops_subject *subject, uint32_t place)
{
	const struct tops_slice *slice = &subject->slices[place];

	summary_add(subject->window, subject->slice_hashes + (size_t)place * TOPS_SLICE_CAPACITY,
		    keys_at(subject, place), metrics_at(subject, place), slice->count);
	if (!slice->exact)
		summary_add_error(subject->window, slice->error);
}

void tops_gather(const struct tops *tops, struct tops_subject *subject, uint32_t from,
		 uint32_t upto)
{
	for (uint32_t back = from; back < upto; back++) {
		add_slice(subject, (tops->ring_next + TOPS_SLICES - 1 - back) % TOPS_SLICES);
		tops_breathe(tops);
	}
}
