/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Everything that a thread of weir reads while another one writes it, hammered:
 *
 *	litmus [SECONDS [TEST]]		the same time for each test
 *
 *	records		flow_table_read() while the worker updates, ends and reuses slots
 *	lines		the same of a table with extensions, which agree with their record
 *	counters	worker_shared_counters() while the worker publishes
 *	overflow	worker_shared_read() while all packets overflow
 *	marks		flow_table_take_marks() while the worker marks what it changes
 *	ring		ended records through the ring, often full
 *	pool		snapshots published, acquired and released by several readers
 *	bus		records to a fast and a slow outlet, their ledgers read meanwhile
 *
 * Built a second time as litmus-unlocked, with a seqlock that takes every copy for whole: there the
 * first four must find torn copies, or these tests would prove nothing.
 */
#include "litmus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>

#ifndef LITMUS_UNLOCKED
#define LITMUS_UNLOCKED 0
#endif

struct part {
	struct litmus *litmus;
	litmus_role *role;
	void *context;
};

static void *play(void *argument)
{
	struct part *part = argument;

	part->role(part->litmus, part->context);
	return NULL;
}

static void wait_for_end(const struct litmus *litmus, const struct litmus_plan *plan)
{
	uint64_t end = clock_monotonic_ns() + (uint64_t)(plan->seconds * (double)CLOCK_SECOND);
	const struct timespec moment = {.tv_nsec = 10 * CLOCK_MILLISECOND};

	while (clock_monotonic_ns() < end) {
		nanosleep(&moment, NULL);
		if (plan->until_wrong && __atomic_load_n(&litmus->wrong, __ATOMIC_RELAXED) != NULL)
			return;
	}
}

void litmus_run(struct litmus *litmus, const struct litmus_plan *plan)
{
	struct part writer = {litmus, plan->write, plan->context};
	struct part reader = {litmus, plan->read, plan->context};
	unsigned int threads = 1 + plan->readers;
	pthread_t thread[LITMUS_THREADS];

	for (unsigned int i = 0; i < threads; i++) {
		if (pthread_create(&thread[i], NULL, play, i == 0 ? &writer : &reader) != 0) {
			perror("litmus: thread");
			exit(1);
		}
	}
	wait_for_end(litmus, plan);
	__atomic_store_n(&litmus->stop, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
}

static const struct {
	const char *name;
	litmus_test *test;
} tests[] = {
	{"records", litmus_records},   {"lines", litmus_lines},
	{"counters", litmus_counters}, {"overflow", litmus_overflow},
#if !LITMUS_UNLOCKED
	{"marks", litmus_marks},       {"ring", litmus_ring},
	{"pool", litmus_pool},         {"bus", litmus_bus},
#endif
};
#define TESTS (sizeof(tests) / sizeof(tests[0]))

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 20;
	const char *only = argc > 2 ? argv[2] : NULL;
	int failed = 0, number = 0;

	for (size_t i = 0; i < TESTS; i++) {
		struct litmus litmus = {0};
		struct litmus_plan plan = {.readers = 2, .until_wrong = LITMUS_UNLOCKED};
		bool good;

		if (only != NULL && strcmp(only, tests[i].name) != 0)
			continue;
		plan.seconds = only != NULL ? seconds : seconds / TESTS;
		tests[i].test(&litmus, &plan);
		good = LITMUS_UNLOCKED ? litmus.wrong != NULL
				       : litmus.wrong == NULL && litmus.copies > 0;
		failed += !good;
		printf("%s %d - %s: %s\n# %llu writes, %llu copies\n", good ? "ok" : "not ok",
		       ++number, tests[i].name, litmus.wrong != NULL ? litmus.wrong : "all whole",
		       (unsigned long long)litmus.writes, (unsigned long long)litmus.copies);
		fflush(stdout);
	}
	printf("1..%d\n", number);
	return failed > 0 || number == 0;
}
