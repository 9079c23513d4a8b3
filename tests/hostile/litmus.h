/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_HOSTILE_LITMUS_H
#define WEIR_TESTS_HOSTILE_LITMUS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Litmus tests: one thread writes as fast as it can, others read as fast as they can, for a
 * given time, and every copy is checked for what holds between its parts. See litmus.c.
 */

/* What a test runs on. The reader that is first to find something wrong says what. */
struct litmus {
	bool stop;               /* atomic */
	const char *wrong;       /* atomic; NULL: nothing */
	uint64_t writes, copies; /* atomic */
};

/* A role in a test: does its work until litmus_running() is false. */
typedef void litmus_role(struct litmus *litmus, void *context);

/*
 * Run the writer in one thread and the reader in `readers` others for so many seconds. With
 * `until_wrong` it is over as soon as something is wrong.
 */
#define LITMUS_THREADS 8
struct litmus_plan {
	litmus_role *write, *read;
	unsigned int readers; /* less than LITMUS_THREADS */
	void *context;
	double seconds;
	bool until_wrong;
};
void litmus_run(struct litmus *litmus, const struct litmus_plan *plan);

static inline bool litmus_running(const struct litmus *litmus)
{
	return !__atomic_load_n(&litmus->stop, __ATOMIC_RELAXED);
}

/* `wrong` is what a copy showed, NULL if it was whole. */
static inline void litmus_copied(struct litmus *litmus, const char *wrong)
{
	__atomic_fetch_add(&litmus->copies, 1, __ATOMIC_RELAXED);
	if (wrong != NULL)
		__atomic_store_n(&litmus->wrong, wrong, __ATOMIC_RELAXED);
}

static inline void litmus_wrote(struct litmus *litmus, uint64_t writes)
{
	__atomic_store_n(&litmus->writes, writes, __ATOMIC_RELAXED);
}

/* Each fills the plan's roles and context, runs it, and says what it found. */
typedef void litmus_test(struct litmus *litmus, struct litmus_plan *plan);
litmus_test litmus_records, litmus_lines, litmus_counters, litmus_overflow, litmus_marks,
	litmus_ring, litmus_pool, litmus_bus;

#endif
