/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/rendezvous.h>

#include <assert.h>
#include <string.h>
#include <time.h>

/* Between two looks at what the others have done: they may need this CPU for it. */
#define LOOK_NS 20000

void rendezvous_init(struct rendezvous *rendezvous, uint32_t workers)
{
	assert(workers > 0 && workers <= WORKERS_MAX);
	memset(rendezvous, 0, sizeof(*rendezvous));
	rendezvous->workers = workers;
	sem_init(&rendezvous->bell, 0, 0);
}

void rendezvous_destroy(struct rendezvous *rendezvous)
{
	sem_destroy(&rendezvous->bell);
}

/* ---- reader ---- */

static bool all_arrived(const struct rendezvous *rendezvous)
{
	/* The reader's own, or seen by way of workers that have arrived at it. */
	uint64_t called = __atomic_load_n(&rendezvous->called, __ATOMIC_ACQUIRE);

	for (uint32_t w = 0; w < rendezvous->workers; w++)
		if (__atomic_load_n(&rendezvous->arrived[w].at, __ATOMIC_ACQUIRE) != called)
			return false;
	return true;
}

static bool is_closed(const struct rendezvous *rendezvous)
{
	return __atomic_load_n(&rendezvous->closed, __ATOMIC_ACQUIRE) == rendezvous->called;
}

static bool wait_for(bool (*come_true)(const struct rendezvous *),
		     const struct rendezvous *rendezvous, const bool *stop)
{
	const struct timespec look = {.tv_nsec = LOOK_NS};

	while (!come_true(rendezvous)) {
		if (__atomic_load_n(stop, __ATOMIC_RELAXED))
			return false;
		nanosleep(&look, NULL);
	}
	return true;
}

bool rendezvous_meet(struct rendezvous *rendezvous, uint64_t border, const bool *stop)
{
	if (__atomic_load_n(stop, __ATOMIC_RELAXED))
		return false;
	rendezvous->border = border;
	__atomic_store_n(&rendezvous->called, rendezvous->called + 1, __ATOMIC_RELEASE);
	if (!wait_for(all_arrived, rendezvous, stop))
		return false;
	sem_post(&rendezvous->bell);
	return wait_for(is_closed, rendezvous, stop);
}

/* ---- worker ---- */

uint64_t rendezvous_called(const struct rendezvous *rendezvous)
{
	return __atomic_load_n(&rendezvous->called, __ATOMIC_ACQUIRE);
}

uint64_t rendezvous_border(const struct rendezvous *rendezvous)
{
	return rendezvous->border;
}

void rendezvous_arrive(struct rendezvous *rendezvous, uint32_t worker, uint64_t meeting)
{
	__atomic_store_n(&rendezvous->arrived[worker].at, meeting, __ATOMIC_RELEASE);
}

/* ---- stats core ---- */

bool rendezvous_met(const struct rendezvous *rendezvous, uint64_t *border)
{
	if (__atomic_load_n(&rendezvous->called, __ATOMIC_ACQUIRE) == rendezvous->closed ||
	    !all_arrived(rendezvous))
		return false;
	*border = rendezvous->border;
	return true;
}

void rendezvous_close(struct rendezvous *rendezvous)
{
	__atomic_store_n(&rendezvous->closed, rendezvous->closed + 1, __ATOMIC_RELEASE);
}

void rendezvous_nap(struct rendezvous *rendezvous, unsigned int us)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)us % 1000000 * 1000;
	until.tv_sec += (time_t)(us / 1000000) + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (sem_clockwait(&rendezvous->bell, CLOCK_MONOTONIC, &until) != 0)
		return;
	while (sem_trywait(&rendezvous->bell) == 0)
		; /* for meetings that it came to without being called */
}
