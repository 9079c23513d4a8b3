/* SPDX-License-Identifier: BSD-3-Clause */
#include "tops.h"

#include <endian.h>
#include <errno.h>

#include <weir/memory.h>

static struct summary *new_summary(const struct summary_shape *shape)
{
	void *memory = memory_allocate(summary_bytes(shape));

	return memory == NULL ? NULL : summary_init(memory, shape);
}

static const uint32_t window_slices[TOPS_WINDOWS] = {
	[TOPS_10S] = TOPS_10S_SLICES, [TOPS_60S] = TOPS_PLACES};

/* Mostly empty, too, when there is little traffic. */
static struct summary *new_window(const struct summary_shape *shape, uint32_t slices)
{
	struct summary_shape large = *shape;
	void *memory;

	large.capacity = slices * TOPS_SLICE_CAPACITY;
	large.repeatable = true;
	memory = memory_allocate_sparse(summary_bytes(&large));
	return memory == NULL ? NULL : summary_init(memory, &large);
}

static void free_summary(struct summary *summary)
{
	if (summary != NULL)
		memory_free(summary, summary_bytes(summary_shape(summary)));
}

/* The ring's rows: mostly empty when there is little traffic. */
#define RING_ROWS ((size_t)TOPS_PLACES * TOPS_SLICE_CAPACITY)

static size_t ring_keys_bytes(const struct tops_subject *subject)
{
	return RING_ROWS * summary_key_stride(&subject->shape);
}

static size_t ring_metrics_bytes(const struct tops_subject *subject)
{
	return RING_ROWS * subject->shape.sides * sizeof(*subject->slice_metrics);
}

static int init_subject(struct tops_subject *subject, bool interval_is_slice)
{
	const struct summary_shape *shape = &subject->shape;

	subject->now = new_summary(shape);
	subject->total = new_summary(shape);
	subject->slice = interval_is_slice ? subject->now : new_summary(shape);
	for (unsigned int w = 0; w < TOPS_WINDOWS; w++)
		subject->windows[w].sums = new_window(shape, window_slices[w]);
	subject->slice_keys = memory_allocate_sparse(ring_keys_bytes(subject));
	subject->slice_metrics = memory_allocate_sparse(ring_metrics_bytes(subject));
	subject->slice_hashes = memory_allocate_sparse(RING_ROWS * sizeof(*subject->slice_hashes));
	return subject->now != NULL && subject->total != NULL && subject->slice != NULL &&
			       subject->windows[TOPS_10S].sums != NULL &&
			       subject->windows[TOPS_60S].sums != NULL &&
			       subject->slice_keys != NULL && subject->slice_metrics != NULL &&
			       subject->slice_hashes != NULL
		       ? 0
		       : -ENOMEM;
}

static void release_subject(struct tops_subject *subject)
{
	if (subject->slice != subject->now)
		free_summary(subject->slice);
	free_summary(subject->now);
	free_summary(subject->total);
	for (unsigned int w = 0; w < TOPS_WINDOWS; w++)
		free_summary(subject->windows[w].sums);
	memory_free(subject->slice_keys, ring_keys_bytes(subject));
	memory_free(subject->slice_metrics, ring_metrics_bytes(subject));
	memory_free(subject->slice_hashes, RING_ROWS * sizeof(*subject->slice_hashes));
}

static struct summary_shape shape_of(enum subject subject, const struct stats_settings *settings)
{
	return (struct summary_shape){
		.capacity = subject == SUBJECT_PROTOCOL ? 256 : TOPS_CAPACITY,
		.key_size = subject_shapes[subject].key_size,
		.sides = subject_shapes[subject].sides,
		.noted = subject_shapes[subject].noted,
		.repeatable = settings->capture,
	};
}

int tops_init(struct tops *tops, const struct stats_settings *settings)
{
	int result = 0;

	tops->secret = settings->secret;
	tops->length = settings->top_length;
	tops->interval_is_slice = settings->interval >= CLOCK_SECOND;
	for (unsigned int s = 0; s < SUBJECTS; s++)
		tops->subjects[s].shape = shape_of(s, settings);
	for (unsigned int s = 0; s < SUBJECTS && result == 0; s++)
		result = init_subject(&tops->subjects[s], tops->interval_is_slice);
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

int tops_counts_init(struct tops_counts *counts, const struct stats_settings *settings)
{
	int result = 0;

	counts->secret = settings->secret;
	for (unsigned int s = 0; s < SUBJECTS; s++) {
		const struct summary_shape shape = shape_of(s, settings);

		counts->now[s] = new_summary(&shape);
		if (counts->now[s] == NULL)
			result = -ENOMEM;
	}
	if (result == 0)
		result = numbered_init(&counts->ports, SUBJECT_PORT);
	if (result == 0)
		result = numbered_init(&counts->protocols, SUBJECT_PROTOCOL);
	return result;
}

void tops_counts_release(struct tops_counts *counts)
{
	for (unsigned int s = 0; s < SUBJECTS; s++)
		free_summary(counts->now[s]);
	numbered_release(&counts->ports);
	numbered_release(&counts->protocols);
}

/* Of both ends: the same port, as all was sent and received by it, has one of each. */
static void count_numbers(struct tops_counts *counts, const struct stats_batch *batch)
{
	static const union summary_brought nothing;
	const struct sums *sums = &counts->sums;

	for (uint32_t i = 0; i < batch->count; i++) {
		const uint32_t *ports = counts->port_numbers[i];

		if (ports[0] == ports[1]) {
			numbered_add(&counts->ports, ports[0], &sums->whole[i], &sums->whole[i]);
		} else {
			numbered_add(&counts->ports, ports[0], &sums->forward[i],
				     &sums->reverse[i]);
			numbered_add(&counts->ports, ports[1], &sums->reverse[i],
				     &sums->forward[i]);
		}
		numbered_add(&counts->protocols, batch->records[i]->hot.key.protocol,
			     &sums->whole[i], &nothing);
	}
}

static void prefetch(struct tops_counts *counts, const struct stats_batch *batch)
{
	const struct sums *sums = &counts->sums;

	summary_prefetch(counts->now[SUBJECT_ADDRESS], sums->addresses, 2 * batch->count);
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct flow_record *record = batch->records[i];

		for (unsigned int end = 0; end < 2; end++) {
			uint16_t port = be16toh(record->hot.key.port[flow_source(record) ^ end]);

			counts->port_numbers[i][end] =
				numbered_port(record->hot.key.protocol, port);
			numbered_prefetch(&counts->ports, counts->port_numbers[i][end]);
		}
	}
	summary_prefetch(counts->now[SUBJECT_PAIR], sums->pairs, batch->count);
	summary_prefetch(counts->now[SUBJECT_FLOW], sums->flows, batch->count);
}

void tops_count(void *context, const struct stats_batch *batch)
{
	struct tops_counts *counts = context;

	sums_make(&counts->sums, batch, &counts->secret);
	prefetch(counts, batch);
	sums_count_addresses(&counts->sums, batch, counts->now[SUBJECT_ADDRESS]);
	count_numbers(counts, batch);
	sums_count_pairs(&counts->sums, batch, counts->now[SUBJECT_PAIR]);
	sums_count_flows(&counts->sums, batch, counts->now[SUBJECT_FLOW]);
}

static void merge_subject(const struct tops *tops, struct tops_subject *subject,
			  struct summary **counted)
{
	struct summary *first = *counted;
	uint32_t position = 0;

	if (summary_keys(subject->now) > 0) {
		while (!summary_merge_part(subject->now, first, &position, TOPS_PART))
			tops_breathe(tops);
		summary_clear(first);
		tops_breathe(tops);
		return;
	}
	/* Nothing to merge it with: they change places. */
	*counted = subject->now;
	subject->slice = subject->slice == subject->now ? first : subject->slice;
	subject->now = first;
}

static void merge_numbered(const struct tops *tops, struct numbered *numbered,
			   struct numbered *counted)
{
	struct numbered first = *counted;

	if (numbered->used_count > 0) {
		numbered_merge(numbered, counted);
		tops_breathe(tops);
		return;
	}
	*counted = *numbered;
	*numbered = first;
}

void tops_merge(struct tops *tops, struct tops_counts *counts)
{
	merge_numbered(tops, &tops->ports, &counts->ports);
	merge_numbered(tops, &tops->protocols, &counts->protocols);
	for (unsigned int s = 0; s < SUBJECTS; s++)
		merge_subject(tops, &tops->subjects[s], &counts->now[s]);
}
