/* SPDX-License-Identifier: BSD-3-Clause */
#include "tops.h"

#include <string.h>

/* Where the rows of the slice in `place` begin. */
static uint8_t *keys_at(const struct tops_subject *subject, uint32_t place)
{
	return subject->slice_keys +
	       (size_t)place * TOPS_SLICE_CAPACITY * summary_key_stride(&subject->shape);
}

static uint32_t *hashes_at(const struct tops_subject *subject, uint32_t place)
{
	return subject->slice_hashes + (size_t)place * TOPS_SLICE_CAPACITY;
}

static uint64_t (*metrics_at(const struct tops_subject *subject, uint32_t place))[STATS_METRICS]
{
	return subject->slice_metrics + (size_t)place * TOPS_SLICE_CAPACITY * subject->shape.sides;
}

void tops_store_slice(struct tops *tops, struct tops_subject *subject)
{
	const unsigned int sides = subject->shape.sides;
	const uint32_t place = tops->newest % TOPS_PLACES;
	const size_t stride = summary_key_stride(&subject->shape);
	struct tops_slice *slice = &subject->slices[place];
	uint32_t *hashes = hashes_at(subject, place);
	uint8_t *keys = keys_at(subject, place);
	uint64_t(*metrics)[STATS_METRICS] = metrics_at(subject, place);

	slice->count = summary_largest(subject->slice, tops->slice_rows, TOPS_SLICE_CAPACITY,
				       slice->error);
	slice->exact =
		summary_exact(subject->slice) && slice->count == summary_keys(subject->slice);
	for (uint32_t i = 0; i < slice->count; i++) {
		const struct summary_row *row = &tops->slice_rows[i];

		hashes[i] = row->hash;
		memcpy(keys + i * stride, row->key, stride);
		memcpy(metrics + i * sides, row->metrics, sides * sizeof(*metrics));
	}
}

/* The first slice that a window is to have. */
static uint32_t first_of(const struct tops *tops, uint32_t older)
{
	return tops->newest - older;
}

static void drop(struct tops_subject *subject, struct tops_window *window, uint32_t number)
{
	uint32_t place = number % TOPS_PLACES;

	summary_subtract(window->sums, hashes_at(subject, place), keys_at(subject, place),
			 metrics_at(subject, place), subject->slices[place].count);
}

bool tops_window_drop(const struct tops *tops, struct tops_subject *subject,
		      struct tops_window *window, uint32_t older)
{
	if (window->from == window->upto)
		return false;
	/* The newest, as it stood an interval ago, and those that are too old. */
	if (window->upto == tops->newest + 1)
		drop(subject, window, --window->upto);
	else if (window->from < first_of(tops, older))
		drop(subject, window, window->from++);
	else
		return false;
	return true;
}

static void add(struct tops_subject *subject, struct tops_window *window, uint32_t number)
{
	uint32_t place = number % TOPS_PLACES;

	summary_add(window->sums, hashes_at(subject, place), keys_at(subject, place),
		    metrics_at(subject, place), subject->slices[place].count);
}

bool tops_window_add(const struct tops *tops, struct tops_subject *subject,
		     struct tops_window *window, uint32_t older)
{
	if (window->from == window->upto)
		window->from = window->upto = first_of(tops, older);
	/* An older one than before: where entries of the history are of different length. */
	if (window->from > first_of(tops, older))
		add(subject, window, --window->from);
	else if (window->upto <= tops->newest)
		add(subject, window, window->upto++);
	else
		return false;
	return true;
}

void tops_window_quality(const struct tops_subject *subject, const struct tops_window *window,
			 struct tops_quality *quality)
{
	*quality = (struct tops_quality){.exact = true};
	for (uint32_t number = window->from; number < window->upto; number++) {
		const struct tops_slice *slice = &subject->slices[number % TOPS_PLACES];

		if (slice->exact)
			continue;
		quality->exact = false;
		for (unsigned int side = 0; side < 2; side++)
			for (unsigned int m = 0; m < STATS_METRICS; m++)
				quality->error[side][m] += slice->error[side][m];
	}
}
