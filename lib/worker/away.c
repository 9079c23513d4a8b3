/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/worker.h>

#include <unistd.h>

#include <weir/clock.h>

#define ANSWER_WITHIN (200 * CLOCK_MILLISECOND)
#define LOOK_US       50

/* The worker's queues of `port`, a bit each. */
static uint32_t queues_of(const struct worker *worker, uint16_t port)
{
	uint32_t queues = 0;

	for (uint16_t q = 0; q < worker->queue_count; q++)
		if (worker->queues[q].port == port)
			queues |= UINT32_C(1) << q;
	return queues;
}

static bool has_let_go(const struct worker *worker, uint32_t queues)
{
	return (__atomic_load_n(&worker->away_seen, __ATOMIC_ACQUIRE) & queues) == queues ||
	       __atomic_load_n(&worker->shared.done, __ATOMIC_ACQUIRE);
}

bool workers_let_go(struct worker *workers, unsigned int count, uint16_t port)
{
	const uint64_t end = clock_monotonic_ns() + ANSWER_WITHIN;

	for (unsigned int w = 0; w < count; w++)
		__atomic_fetch_or(&workers[w].away, queues_of(&workers[w], port), __ATOMIC_RELEASE);
	for (unsigned int w = 0; w < count; w++)
		while (!has_let_go(&workers[w], queues_of(&workers[w], port))) {
			if (clock_monotonic_ns() > end)
				return false;
			usleep(LOOK_US);
		}
	return true;
}

void workers_take_up(struct worker *workers, unsigned int count, uint16_t port, uint16_t id)
{
	for (unsigned int w = 0; w < count; w++) {
		struct worker *worker = &workers[w];
		const uint32_t queues = queues_of(worker, port) & worker->away;

		for (uint16_t q = 0; q < worker->queue_count; q++)
			if ((queues >> q & 1) != 0)
				worker->moved[q] = id + 1;
		__atomic_fetch_and(&worker->away, ~queues, __ATOMIC_RELEASE);
	}
}
