/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's counters are read as they were at one instant: here all of them are equal then. */
#include <stdlib.h>

#include <weir/clock.h>
#include <weir/worker_shared.h>

#include "litmus.h"

#define WORDS (sizeof(struct worker_counters) / sizeof(uint64_t))

union counters {
	struct worker_counters counters;
	uint64_t words[WORDS];
};
_Static_assert(sizeof(union counters) == sizeof(struct worker_counters), "nothing but words");

/* As the worker publishes. */
static void write_counters(struct litmus *litmus, void *context)
{
	struct worker_shared *shared = context;
	union counters own;

	for (uint64_t number = 1; litmus_running(litmus); number++) {
		for (unsigned int i = 0; i < WORDS; i++)
			own.words[i] = number;
		worker_shared_publish(shared, &own.counters);
		litmus_wrote(litmus, number);
		/* A burst's worth of work: a reader must come through between two. */
		for (unsigned int i = 0; i < 256; i++)
			__asm__ volatile("");
	}
}

static void read_counters(struct litmus *litmus, void *context)
{
	const struct worker_shared *shared = context;
	uint64_t newest = 0;
	union counters copy;

	while (litmus_running(litmus)) {
		const char *wrong = NULL;

		worker_shared_counters(shared, &copy.counters);
		for (unsigned int i = 1; i < WORDS; i++)
			if (copy.words[i] != copy.words[0])
				wrong = "counters of two instants";
		if (copy.words[0] < newest)
			wrong = "counters that go back";
		newest = copy.words[0];
		litmus_copied(litmus, wrong);
	}
}

void litmus_counters(struct litmus *litmus, struct litmus_plan *plan)
{
	const struct flow_settings settings = {.capacity = 64,
					       .active_timeout = 300 * CLOCK_SECOND,
					       .inactive_timeout = 300 * CLOCK_SECOND};
	struct worker_shared shared;

	if (worker_shared_init(&shared, 0, &settings, 64) != 0)
		abort();
	plan->write = write_counters;
	plan->read = read_counters;
	plan->context = &shared;
	litmus_run(litmus, plan);
	worker_shared_release(&shared);
}
