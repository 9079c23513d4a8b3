/* SPDX-License-Identifier: BSD-3-Clause */
#include "over_time.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/memory.h>
#include <weir/worker_shared.h>

_Static_assert(STATS_OVER_TIME_MAX >= TIMELINE_WIDEST, "");

#define VALUES_BYTES (TIMELINE_ENTRIES * sizeof(uint64_t))

/* Rates are reckoned from sums, each from its own: one loop does for all of them. */
#define RATES (sizeof(struct stats_rates) / sizeof(uint64_t))
_Static_assert(sizeof(struct timeline_sums) == sizeof(struct stats_rates) &&
		       offsetof(struct timeline_sums, frame_octets) ==
			       offsetof(struct stats_rates, l2_bits_per_second) &&
		       offsetof(struct timeline_sums, flows) ==
			       offsetof(struct stats_rates, flows_per_second),
	       "in the same order");

int over_time_init(struct over_time *over_time)
{
	over_time->all = timeline_create();
	over_time->stretches = timeline_create();
	over_time->values = memory_allocate_sparse(VALUES_BYTES);
	return over_time->all != NULL && over_time->stretches != NULL && over_time->values != NULL
		       ? 0
		       : -ENOMEM;
}

void over_time_release(struct over_time *over_time)
{
	timeline_destroy(over_time->all);
	timeline_destroy(over_time->stretches);
	memory_free(over_time->values, VALUES_BYTES);
	*over_time = (struct over_time){0};
}

/* What came in `ns`. */
static struct stats_history history_of(const struct timeline_sums *sums, uint64_t ns)
{
	return (struct stats_history){
		.duration = ns,
		.packets = sums->packets,
		.frame_octets = sums->frame_octets,
		.ip_octets = sums->ip_octets,
		.flows = sums->flows,
	};
}

static void show_stretches(const struct timeline *timeline, struct stats_over_time *shown)
{
	shown->width = timeline_width(timeline);
	shown->count = timeline->count;
	for (uint32_t i = 0; i < timeline->count; i++) {
		const struct timeline_entry *entry = &timeline->entries[i];

		shown->stretches[i] = history_of(&entry->sums, shown->width);
		shown->stretches[i].received = entry->sums.packets;
		shown->stretches[i].time = entry->begin + shown->width;
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return (one > other) - (one < other);
}

/* The sum that `rate` is of, as in struct stats_rates. */
static uint64_t sum_of(const struct timeline_entry *entry, unsigned int rate)
{
	uint64_t sums[RATES];

	memcpy(sums, &entry->sums, sizeof(sums));
	return sums[rate];
}

/* What 95% of `seconds` values, those that are not in `values` being 0, do not exceed. */
static uint64_t percentile95(uint64_t *values, uint32_t count, uint64_t seconds)
{
	uint64_t rank = seconds - seconds / 20; /* 95% of them, rounded up */

	if (rank <= seconds - count)
		return 0;
	qsort(values, count, sizeof(values[0]), compare);
	return values[rank - (seconds - count) - 1];
}

static void show_seconds(const struct timeline *timeline, uint64_t *values,
			 struct stats_over_time *shown)
{
	const struct timeline_entry *entries = timeline->entries;
	const uint32_t count = timeline->count;
	uint64_t peak[RATES], begin[RATES] = {0}, p95[RATES], seconds;
	struct timeline_sums sums;
	struct stats_history second;

	shown->second = timeline_width(timeline);
	if (count == 0)
		return;
	seconds = (entries[count - 1].begin - entries[0].begin) / shown->second + 1;
	for (unsigned int rate = 0; rate < RATES; rate++) {
		peak[rate] = 0;
		for (uint32_t i = 0; i < count; i++) {
			values[i] = sum_of(&entries[i], rate);
			if (values[i] > peak[rate]) {
				peak[rate] = values[i];
				begin[rate] = entries[i].begin;
			}
		}
		p95[rate] = percentile95(values, count, seconds);
	}
	memcpy(&sums, peak, sizeof(sums));
	second = history_of(&sums, shown->second);
	shown->peak = stats_history_rates(&second);
	memcpy(&shown->peak_begin, begin, sizeof(begin));
	memcpy(&sums, p95, sizeof(sums));
	second = history_of(&sums, shown->second);
	shown->p95 = stats_history_rates(&second);
}

void over_time_fill(struct over_time *over_time, const struct stats_settings *settings,
		    struct stats_over_time *shown)
{
	const struct timeline *timelines[WORKERS_MAX];
	struct timeline *all = over_time->all, *stretches = over_time->stretches;

	if (all == NULL)
		return;
	for (uint32_t w = 0; w < settings->worker_count; w++)
		timelines[w] = settings->workers[w]->timeline;
	timeline_clear(all);
	timeline_merge(all, timelines, settings->worker_count);
	memcpy(stretches, all,
	       offsetof(struct timeline, entries) + all->count * sizeof(all->entries[0]));
	timeline_limit(stretches, STATS_OVER_TIME_MAX);
	shown->present = true;
	show_stretches(stretches, shown);
	timeline_widen(all, CLOCK_SECOND);
	show_seconds(all, over_time->values, shown);
}
