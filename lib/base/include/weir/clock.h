/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CLOCK_H
#define WEIR_CLOCK_H

#include <stdint.h>

/* In nanoseconds. */
#define CLOCK_SECOND	  UINT64_C(1000000000)
#define CLOCK_MILLISECOND UINT64_C(1000000)

/*
 * Time is always nanoseconds since 1970-01-01 UTC in a uint64_t, and is passed in:
 * only the worker loop, the stats loop and the program ask for it.
 */

/* The wall clock (CLOCK_REALTIME). */
uint64_t clock_wall_ns(void);

/* A clock that never jumps, for pacing only (CLOCK_MONOTONIC). */
uint64_t clock_monotonic_ns(void);

/*
 * Cycle counter to wall clock without asking the kernel: a line through an anchor.
 * Owned by one thread. Re-anchor about once a second so that it follows NTP.
 */
struct cycle_clock {
	uint64_t cycles; /* the anchor: at this reading of the cycle counter ... */
	uint64_t ns;	 /* ... the wall clock stood here */
	uint64_t scale;	 /* ns per cycle, 32.32 fixed point */
};

/* `hz` is the cycle counter's rate. */
void cycle_clock_init(struct cycle_clock *clock, uint64_t hz, uint64_t cycles, uint64_t ns);
void cycle_clock_anchor(struct cycle_clock *clock, uint64_t cycles, uint64_t ns);

/* Wall clock in ns at the reading `cycles`, which is not before the anchor. */
static inline uint64_t cycle_clock_ns(const struct cycle_clock *clock, uint64_t cycles)
{
	return clock->ns +
	       (uint64_t)(((unsigned __int128)(cycles - clock->cycles) * clock->scale) >> 32);
}

#endif
