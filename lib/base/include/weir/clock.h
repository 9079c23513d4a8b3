/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CLOCK_H
#define WEIR_CLOCK_H

#include <stdint.h>

/* In nanoseconds. */
#define CLOCK_SECOND      UINT64_C(1000000000)
#define CLOCK_MILLISECOND UINT64_C(1000000)

/* The rate of what came in `ns`; of no time, 0. */
static inline uint64_t clock_per_second(uint64_t amount, uint64_t ns)
{
	return ns == 0 ? 0 : (uint64_t)((unsigned __int128)amount * CLOCK_SECOND / ns);
}

/*
 * Time is nanoseconds in a uint64_t and is passed in: only the worker loop, the stats loop and the
 * program ask for it. There are two kinds, kept apart:
 *
 *	clock	never steps: what timeouts, intervals and rates run by
 *	date	since 1970-01-01 UTC: for showing only
 *
 * A date is clock + shift, and the shift changes when somebody sets the wall clock. In captures the
 * clock is the packets' own date, and the shift is 0.
 */
struct clock_reading {
	uint64_t clock; /* CLOCK_MONOTONIC */
	int64_t shift;  /* CLOCK_REALTIME - CLOCK_MONOTONIC */
};

/* Both, as of one instant to within microseconds. */
struct clock_reading clock_read(void);

static inline uint64_t clock_date(struct clock_reading reading)
{
	return reading.clock + (uint64_t)reading.shift;
}

/* Each by itself. */
uint64_t clock_wall_ns(void);
uint64_t clock_monotonic_ns(void);

/*
 * Cycle counter to CLOCK_MONOTONIC without asking the kernel: a line through an anchor.
 * Owned by one thread. Re-anchor about once a second so that it follows the kernel's rate.
 */
struct cycle_clock {
	uint64_t cycles; /* the anchor: at this reading of the cycle counter ... */
	uint64_t ns;     /* ... the clock stood here */
	uint64_t scale;  /* ns per cycle, 32.32 fixed point */
};

/* `hz` is the cycle counter's rate. */
void cycle_clock_init(struct cycle_clock *clock, uint64_t hz, uint64_t cycles, uint64_t ns);
void cycle_clock_anchor(struct cycle_clock *clock, uint64_t cycles, uint64_t ns);

/* The clock in ns at the reading `cycles`, which is not before the anchor. */
static inline uint64_t cycle_clock_ns(const struct cycle_clock *clock, uint64_t cycles)
{
	return clock->ns +
	       (uint64_t)(((unsigned __int128)(cycles - clock->cycles) * clock->scale) >> 32);
}

#endif
