/* SPDX-License-Identifier: BSD-3-Clause */
#include "tops.h"

#include <errno.h>

#include <weir/memory.h>

static struct summary *new_summary(const struct summary_shape *shape,
				   const struct hash_secret *secret)
{
	void *memory = memory_allocate(summary_bytes(shape));

	return memory == NULL ? NULL : summary_init(memory, shape, secret);
}

static void free_summary(struct summary *summary, const struct summary_shape *shape)
{
	memory_free(summary, summary_bytes(shape));
}

/* The ring's rows: mostly empty when there is little traffic. */
#define RING_ROWS ((size_t)TOPS_SLICES * TOPS_SLICE_CAPACITY)

static size_t ring_keys_bytes(const struct tops_subject *subject)
{
	return RING_ROWS * summary_key_stride(&subject->shape);
}

static size_t ring_metrics_bytes(const struct tops_subject *subject)
{
	return RING_ROWS * subject->shape.sides * sizeof(*subject->slice_metrics);
}

static int init_subject(struct tops_subject *subject, bool interval_is_slice,
			const struct hash_secret *secret)
{
	const struct summary_shape *shape = &subject->shape;

	subject->now = new_summary(shape, secret);
	subject->total = new_summary(shape, secret);
	subject->slice = interval_is_slice ? subject->now : new_summary(shape, secret);
	subject->window = new_summary(shape, secret);
	subject->slice_keys = memory_allocate_sparse(ring_keys_bytes(subject));
	subject->slice_metrics = memory_allocate_sparse(ring_metrics_bytes(subject));
	return subject->now != NULL && subject->total != NULL && subject->slice != NULL &&
			       subject->window != NULL && subject->slice_keys != NULL &&
			       subject->slice_metrics != NULL
		       ? 0
		       : -ENOMEM;
}

static void release_subject(struct tops_subject *subject)
{
	if (subject->slice != subject->now)
		free_summary(subject->slice, &subject->shape);
	free_summary(subject->now, &subject->shape);
	free_summary(subject->total, &subject->shape);
	free_summary(subject->window, &subject->shape);
	memory_free(subject->slice_keys, ring_keys_bytes(subject));
	memory_free(subject->slice_metrics, ring_metrics_bytes(subject));
}

int tops_init(struct tops *tops, const struct stats_settings *settings)
{
	int result = 0;

	tops->length = settings->top_length;
	tops->interval_is_slice = settings->interval >= CLOCK_SECOND;
	for (unsigned int s = 0; s < SUBJECTS; s++)
		tops->subjects[s].shape = (struct summary_shape){
			.capacity = s == SUBJECT_PROTOCOL ? 256 : TOPS_CAPACITY,
			.key_size = subject_shapes[s].key_size,
			.sides = subject_shapes[s].sides,
			.noted = subject_shapes[s].noted,
			.repeatable = settings->capture,
		};
	for (unsigned int s = 0; s < SUBJECTS && result == 0; s++)
		result = init_subject(&tops->subjects[s], tops->interval_is_slice,
				      &settings->secret);
	if (result == 0)
		result = numbered_init(&tops->ports, SUBJECT_PORT);
	if (result == 0)
		result = numbered_init(&tops->protocols, SUBJECT_PROTOCOL);
	return result;
}

void tops_release(struct tops *tops)
{
	for (unsigned int s = 0; s < SUBJECTS; s++)
		release_subject(&tops->subjects[s]);
	numbered_release(&tops->ports);
	numbered_release(&tops->protocols);
}

void tops_count(void *context, const struct stats_batch *batch)
{
	struct tops *tops = context;
	struct tops_subject *subjects = tops->subjects;
	struct sums *sums = &tops->sums;
	uint32_t records = batch->count;

	sums_make(sums, batch);
	summary_add(subjects[SUBJECT_ADDRESS].now, sums->addresses, sums->address_sums[0],
		    2 * records);
	summary_add(subjects[SUBJECT_PAIR].now, sums->pairs, sums->pair_sums[0], records);
	summary_add(subjects[SUBJECT_FLOW].now, sums->flows, sums->record_sums, records);
	numbered_add(&tops->ports, sums->ports, sums->port_sums[0], 2 * records);
	numbered_add(&tops->protocols, sums->protocols, sums->record_sums, records);
}

void tops_complete(struct tops *tops)
{
	numbered_move(&tops->ports, tops->subjects[SUBJECT_PORT].now);
	numbered_move(&tops->protocols, tops->subjects[SUBJECT_PROTOCOL].now);
	for (unsigned int s = 0; s < SUBJECTS; s++) {
		struct tops_subject *subject = &tops->subjects[s];

		summary_merge(subject->total, subject->now);
		if (!tops->interval_is_slice)
			summary_merge(subject->slice, subject->now);
	}
}

void tops_next(struct tops *tops, bool slice_ends)
{
	for (unsigned int s = 0; s < SUBJECTS; s++) {
		struct tops_subject *subject = &tops->subjects[s];

		if (slice_ends) {
			tops_store_slice(subject, tops->ring_next);
			summary_clear(subject->slice);
		}
		summary_clear(subject->now);
	}
	if (slice_ends)
		tops->ring_next = (tops->ring_next + 1) % TOPS_SLICES;
}
