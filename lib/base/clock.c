/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/clock.h>

#include <time.h>

static uint64_t read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * CLOCK_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t clock_wall_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

uint64_t clock_monotonic_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* How far apart the readings around a date may lie; a thread that was put aside reads again. */
#define READ_APART    (10 * 1000)
#define READ_ATTEMPTS 4

struct clock_reading clock_read(void)
{
	uint64_t before, wall, after;
	int attempt = 0;

	do {
		before = clock_monotonic_ns();
		wall = clock_wall_ns();
		after = clock_monotonic_ns();
	} while (after - before > READ_APART && ++attempt < READ_ATTEMPTS);
	return (struct clock_reading){
		.clock = after,
		.shift = (int64_t)(wall - (before + (after - before) / 2)),
	};
}

void cycle_clock_init(struct cycle_clock *clock, uint64_t hz, uint64_t cycles, uint64_t ns)
{
	clock->scale = (uint64_t)(((unsigned __int128)CLOCK_SECOND << 32) / hz);
	cycle_clock_anchor(clock, cycles, ns);
}

void cycle_clock_anchor(struct cycle_clock *clock, uint64_t cycles, uint64_t ns)
{
	clock->cycles = cycles;
	clock->ns = ns;
}
