/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>

#include <weir/clock.h>

#define START (UINT64_C(1700000000) * CLOCK_SECOND)

/* How far the line may be off: 2^-32 ns a cycle, rounded down, and the last nanosecond. */
static void expect_near(uint64_t ns, uint64_t expected, uint64_t cycles)
{
	cr_expect(ns <= expected && expected - ns <= (cycles >> 32) + 1, "%lu, not %lu", ns,
		  expected);
}

Test(clock, line_through_the_anchor)
{
	static const uint64_t rates[] = {1000000, 24000000, 1000000000, 2596000000, 5000000000};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		const uint64_t hz = rates[i], begin = 123456789;
		struct cycle_clock clock;

		cycle_clock_init(&clock, hz, begin, START);
		cr_expect_eq(cycle_clock_ns(&clock, begin), START);
		for (uint64_t s = 1; s <= 86400; s *= 10)
			expect_near(cycle_clock_ns(&clock, begin + s * hz),
				    START + s * CLOCK_SECOND, s * hz);
		expect_near(cycle_clock_ns(&clock, begin + hz / 1000), START + CLOCK_MILLISECOND,
			    hz / 1000);
	}
}

Test(clock, new_anchor_keeps_the_rate)
{
	struct cycle_clock clock;

	cycle_clock_init(&clock, 2000000000, 0, START);
	cycle_clock_anchor(&clock, 5000000000, START + 7 * CLOCK_SECOND);
	cr_expect_eq(cycle_clock_ns(&clock, 5000000000), START + 7 * CLOCK_SECOND);
	expect_near(cycle_clock_ns(&clock, 7000000000), START + 8 * CLOCK_SECOND, 2000000000);
}

/* Far from the anchor the product needs more than 64 bits. */
Test(clock, does_not_overflow)
{
	const uint64_t year = UINT64_C(365) * 86400;
	struct cycle_clock clock;

	cycle_clock_init(&clock, 1000000000, 0, START);
	cr_expect_eq(cycle_clock_ns(&clock, year * CLOCK_SECOND), START + year * CLOCK_SECOND);
}

Test(clock, kernel_clocks)
{
	const uint64_t monotonic = clock_monotonic_ns();

	cr_expect_gt(clock_wall_ns(), START, "after November 2023");
	cr_expect_geq(clock_monotonic_ns(), monotonic);
}

/* The clock lies between two readings of its kernel clock, and with the shift between two dates. */
Test(clock, reading_tells_clock_and_date)
{
	const uint64_t monotonic = clock_monotonic_ns(), wall = clock_wall_ns();
	const struct clock_reading reading = clock_read();
	const uint64_t slack =
		100 * CLOCK_MILLISECOND; /* a thread put aside between two readings */

	cr_expect_geq(reading.clock, monotonic);
	cr_expect_leq(reading.clock, clock_monotonic_ns());
	cr_expect_geq(clock_date(reading) + slack, wall);
	cr_expect_leq(clock_date(reading), clock_wall_ns() + slack);
}
