/* SPDX-License-Identifier: BSD-3-Clause */
/* Timelines against plain sums: nothing is lost, whoever counts what, and however long it takes. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include <kit/prng.h>
#include <weir/clock.h>
#include <weir/timeline.h>

#define YEAR (UINT64_C(365) * 86400 * CLOCK_SECOND)

static void expect_sums(const struct timeline_sums *got, const struct timeline_sums *expected)
{
	cr_assert_eq(got->packets, expected->packets);
	cr_assert_eq(got->frame_octets, expected->frame_octets);
	cr_assert_eq(got->ip_octets, expected->ip_octets);
	cr_assert_eq(got->flows, expected->flows);
}

static void add(struct timeline_sums *sums, const struct timeline_sums *more)
{
	sums->packets += more->packets;
	sums->frame_octets += more->frame_octets;
	sums->ip_octets += more->ip_octets;
	sums->flows += more->flows;
}

/* In order, at multiples of the width, not empty. */
static struct timeline_sums sums_of(const struct timeline *timeline)
{
	struct timeline_sums sums = {0};

	for (uint32_t i = 0; i < timeline->count; i++) {
		const struct timeline_entry *entry = &timeline->entries[i];

		cr_assert_eq(entry->begin % timeline_width(timeline), 0);
		cr_assert(i == 0 || entry->begin > timeline->entries[i - 1].begin);
		cr_assert_gt(entry->sums.packets, 0);
		add(&sums, &entry->sums);
	}
	return sums;
}

/* What is in each entry, by adding up all that was counted once more. */
static void expect_entries(const struct timeline *timeline, const uint64_t *times,
			   const struct timeline_sums *counted, size_t count)
{
	size_t next = 0;

	for (uint32_t i = 0; i < timeline->count; i++) {
		const struct timeline_entry *entry = &timeline->entries[i];
		struct timeline_sums sums = {0};

		for (; next < count && times[next] - entry->begin < timeline_width(timeline);
		     next++)
			add(&sums, &counted[next]);
		expect_sums(&entry->sums, &sums);
	}
	cr_assert_eq(next, count);
}

enum { COUNTED = 30000, SHARES = 4 };

static uint64_t times[COUNTED];
static struct timeline_sums counted[COUNTED];

static uint64_t below(struct prng *prng, uint64_t bound)
{
	return prng_next(prng) % bound;
}

/* Times up to `most` ns apart, and now and then a long gap. */
static void draw(struct prng *prng, uint64_t most, uint64_t gap)
{
	uint64_t now = below(prng, most);

	for (size_t i = 0; i < COUNTED; i++) {
		now += below(prng, prng_percent(prng, 1) ? gap : most);
		times[i] = now;
		counted[i] = (struct timeline_sums){1 + prng_below(prng, 9), prng_below(prng, 9000),
						    prng_below(prng, 8000), prng_below(prng, 3)};
	}
}

/* One counts all, or several a part each: the same entries. */
Test(timeline, it_does_not_matter_who_counts)
{
	static const uint64_t most[] = {1000,
					CLOCK_MILLISECOND,
					80 * CLOCK_MILLISECOND,
					3 * CLOCK_SECOND,
					4000 * CLOCK_SECOND,
					YEAR / 200};
	struct timeline *one = timeline_create(), *sum = timeline_create(), *share[SHARES];
	struct prng prng = {.state = 5};

	for (size_t s = 0; s < SHARES; s++)
		share[s] = timeline_create();
	for (size_t m = 0; m < sizeof(most) / sizeof(most[0]); m++) {
		draw(&prng, most[m], most[m] * 50);
		timeline_clear(one);
		timeline_clear(sum);
		for (size_t s = 0; s < SHARES; s++)
			timeline_clear(share[s]);
		for (size_t i = 0; i < COUNTED; i++) {
			/* The last one gets little, and so may keep finer entries. */
			size_t s = prng_percent(&prng, 1) ? 3 : prng_below(&prng, 3);

			timeline_add(one, times[i], &counted[i]);
			timeline_add(share[s], times[i], &counted[i]);
		}
		timeline_merge(sum, (const struct timeline *const *)share, SHARES);
		expect_entries(one, times, counted, COUNTED);
		cr_assert_eq(timeline_width(sum), timeline_width(one));
		cr_assert_eq(sum->count, one->count);
		expect_entries(sum, times, counted, COUNTED);
	}
	timeline_destroy(one);
	timeline_destroy(sum);
	for (size_t s = 0; s < SHARES; s++)
		timeline_destroy(share[s]);
}

/* A day and a half of seconds is kept; beyond that they become wider, and no sum is lost. */
Test(timeline, seconds_of_36_hours)
{
	struct timeline *timeline = timeline_create();
	const struct timeline_sums sums = {1, 2, 3, 4};

	for (uint64_t i = 0; i < TIMELINE_ENTRIES; i++)
		timeline_add(timeline, 7 * YEAR + i * CLOCK_SECOND, &sums);
	cr_expect_eq(timeline_width(timeline), CLOCK_SECOND);
	cr_expect_eq(timeline->count, TIMELINE_ENTRIES);
	timeline_add(timeline, 7 * YEAR + TIMELINE_ENTRIES * CLOCK_SECOND, &sums);
	cr_expect_eq(timeline_width(timeline), 2 * CLOCK_SECOND);
	cr_expect_eq(sums_of(timeline).flows, 4 * (TIMELINE_ENTRIES + 1));
	timeline_destroy(timeline);
}

/* Years without anything take no room, and do not make what is short less fine. */
Test(timeline, gaps_are_free)
{
	struct timeline *timeline = timeline_create();
	const struct timeline_sums sums = {1, 2, 3, 4};

	for (uint64_t i = 0; i < 20; i++)
		timeline_add(timeline, i / 10 * 90 * YEAR + i * 2 * CLOCK_MILLISECOND, &sums);
	cr_expect_eq(timeline_width(timeline), CLOCK_MILLISECOND);
	timeline_limit(timeline, 21);
	cr_expect_eq(timeline_width(timeline), 2 * CLOCK_MILLISECOND);
	cr_expect_eq(timeline->count, 20);
	timeline_destroy(timeline);
}

/* From the first ns to the last there are, everything fits into a few lines. */
Test(timeline, all_time)
{
	struct timeline *timeline = timeline_create();
	const struct timeline_sums sums = {1, 2, 3, 4};
	enum { STEPS = 300000 };

	for (uint64_t i = 0; i <= STEPS; i++)
		timeline_add(timeline, i == STEPS ? UINT64_MAX : UINT64_MAX / STEPS * i, &sums);
	cr_expect_eq(sums_of(timeline).packets, STEPS + 1);
	cr_expect_eq(timeline->until, UINT64_MAX);
	timeline_limit(timeline, TIMELINE_WIDEST);
	cr_expect_leq(timeline->count, TIMELINE_WIDEST);
	cr_expect_eq(sums_of(timeline).packets, STEPS + 1);
	timeline_destroy(timeline);
}
