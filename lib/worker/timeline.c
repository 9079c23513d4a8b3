/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/timeline.h>

#include <stdbool.h>
#include <stddef.h>

#include <weir/clock.h>
#include <weir/limits.h>
#include <weir/memory.h>

#define MS     CLOCK_MILLISECOND
#define SECOND CLOCK_SECOND
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* Each divides the next, and is a unit that people count time in. */
static const uint64_t widths[] = {
	1 * MS,     2 * MS,      10 * MS,     20 * MS,    100 * MS,   200 * MS,    1 * SECOND,
	2 * SECOND, 10 * SECOND, 20 * SECOND, 1 * MINUTE, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE,
	1 * HOUR,   3 * HOUR,    6 * HOUR,    12 * HOUR,  1 * DAY,    2 * DAY,     10 * DAY,
	20 * DAY,   100 * DAY,   200 * DAY,   1000 * DAY, 2000 * DAY, 10000 * DAY,
};
#define STEPS (sizeof(widths) / sizeof(widths[0]))
_Static_assert(UINT64_MAX / (10000 * DAY) < TIMELINE_WIDEST, "all time is as many");

struct timeline *timeline_create(void)
{
	return memory_allocate_sparse(sizeof(struct timeline));
}

void timeline_destroy(struct timeline *timeline)
{
	memory_free(timeline, sizeof(*timeline));
}

void timeline_clear(struct timeline *timeline)
{
	timeline->step = timeline->count = 0;
}

uint64_t timeline_width(const struct timeline *timeline)
{
	return widths[timeline->step];
}

static uint64_t begin_of(const struct timeline *timeline, uint64_t time)
{
	return time - time % widths[timeline->step];
}

uint64_t timeline_until(const struct timeline *timeline, uint64_t time)
{
	uint64_t begin = begin_of(timeline, time), rest = widths[timeline->step] - 1;

	return begin > UINT64_MAX - rest ? UINT64_MAX : begin + rest;
}

static void add(struct timeline_sums *sums, const struct timeline_sums *more)
{
	sums->packets += more->packets;
	sums->frame_octets += more->frame_octets;
	sums->ip_octets += more->ip_octets;
	sums->flows += more->flows;
}

/* Is `begin` that of the newest entry? */
static bool is_newest(const struct timeline *timeline, uint64_t begin)
{
	return timeline->count > 0 && timeline->entries[timeline->count - 1].begin == begin;
}

/* One step: in place, as an entry never moves up. */
static void widen(struct timeline *timeline)
{
	uint32_t count = timeline->count;

	timeline->step++;
	timeline->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct timeline_entry entry = timeline->entries[i];

		entry.begin = begin_of(timeline, entry.begin);
		if (is_newest(timeline, entry.begin))
			add(&timeline->entries[timeline->count - 1].sums, &entry.sums);
		else
			timeline->entries[timeline->count++] = entry;
	}
	if (count > 0)
		timeline->until =
			timeline_until(timeline, timeline->entries[timeline->count - 1].begin);
}

static uint32_t room(const struct timeline *timeline)
{
	return widths[timeline->step] < SECOND ? TIMELINE_ENTRIES_FINE : TIMELINE_ENTRIES;
}

/* `time` is after all entries: make it be in the newest. */
static void open_entry(struct timeline *timeline, uint64_t time)
{
	while (timeline->count == room(timeline) && !is_newest(timeline, begin_of(timeline, time)))
		widen(timeline);
	if (is_newest(timeline, begin_of(timeline, time)))
		return;
	timeline->entries[timeline->count++] =
		(struct timeline_entry){.begin = begin_of(timeline, time)};
	timeline->until = timeline_until(timeline, time);
}

void timeline_add(struct timeline *timeline, uint64_t time, const struct timeline_sums *sums)
{
	if (timeline->count == 0 || time > timeline->until)
		open_entry(timeline, time);
	add(&timeline->entries[timeline->count - 1].sums, sums);
}

void timeline_merge(struct timeline *timeline, const struct timeline *const *others, uint32_t count)
{
	uint32_t next[WORKERS_MAX] = {0};

	for (uint32_t i = 0; i < count; i++)
		timeline_widen(timeline, timeline_width(others[i]));
	for (;;) {
		const struct timeline_entry *oldest = NULL;
		uint32_t of = 0;

		for (uint32_t i = 0; i < count; i++) {
			const struct timeline_entry *entry = &others[i]->entries[next[i]];

			if (next[i] == others[i]->count ||
			    (oldest != NULL && oldest->begin <= entry->begin))
				continue;
			oldest = entry;
			of = i;
		}
		if (oldest == NULL)
			return;
		timeline_add(timeline, oldest->begin, &oldest->sums);
		next[of]++;
	}
}

void timeline_widen(struct timeline *timeline, uint64_t width)
{
	while (widths[timeline->step] < width && timeline->step < STEPS - 1)
		widen(timeline);
}

/* Entries, and gaps between them. */
static uint32_t lines_of(const struct timeline *timeline)
{
	const struct timeline_entry *entries = timeline->entries;
	uint32_t lines = timeline->count;

	for (uint32_t i = 1; i < timeline->count; i++)
		lines += entries[i].begin - entries[i - 1].begin > widths[timeline->step];
	return lines;
}

void timeline_limit(struct timeline *timeline, uint32_t lines)
{
	while (lines_of(timeline) > lines && timeline->step < STEPS - 1)
		widen(timeline);
}
