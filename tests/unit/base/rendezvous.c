/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <pthread.h>

#include <weir/rendezvous.h>

/* Three kinds of threads, as those that analyse a capture, and what each finds done by the others.
 */

#define WORKERS  3
#define MEETINGS 300
#define BORDER   1000 /* of the first meeting */

struct party {
	struct rendezvous rendezvous;
	bool stop; /* atomic */
	/* How far each has come: counted by the one thread, checked by the others when they meet.
	 */
	uint64_t handed, ended;
	uint64_t counted[WORKERS];
};

struct worker {
	struct party *party;
	uint32_t index;
};

static void *work(void *argument)
{
	const struct worker *worker = argument;
	struct party *party = worker->party;

	for (uint64_t meeting = 0; meeting < MEETINGS;) {
		uint64_t called = rendezvous_called(&party->rendezvous);

		if (called == meeting)
			continue;
		cr_assert_eq(called, meeting + 1, "no meeting is called before one is over");
		cr_assert_eq(party->handed, called, "what was handed out is there");
		cr_assert_eq(party->ended, meeting, "nobody was ahead");
		cr_assert_eq(rendezvous_border(&party->rendezvous), BORDER * called);
		party->counted[worker->index] = meeting = called;
		rendezvous_arrive(&party->rendezvous, worker->index, called);
	}
	return NULL;
}

static void *read_capture(void *argument)
{
	struct party *party = argument;

	for (uint64_t meeting = 1; meeting <= MEETINGS; meeting++) {
		party->handed = meeting;
		cr_assert(rendezvous_meet(&party->rendezvous, BORDER * meeting, &party->stop));
		cr_assert_eq(party->ended, meeting, "it waits until the interval is ended");
	}
	return NULL;
}

Test(rendezvous, nobody_is_ahead_of_the_others, .timeout = 60)
{
	struct worker workers[WORKERS];
	pthread_t threads[WORKERS + 1];
	struct party party = {0};

	rendezvous_init(&party.rendezvous, WORKERS);
	for (uint32_t w = 0; w < WORKERS; w++) {
		workers[w] = (struct worker){&party, w};
		cr_assert_eq(pthread_create(&threads[w], NULL, work, &workers[w]), 0);
	}
	cr_assert_eq(pthread_create(&threads[WORKERS], NULL, read_capture, &party), 0);
	while (party.ended < MEETINGS) {
		uint64_t border;

		if (!rendezvous_met(&party.rendezvous, &border)) {
			rendezvous_nap(&party.rendezvous, 10000);
			continue;
		}
		party.ended++;
		cr_assert_eq(border, BORDER * party.ended);
		for (uint32_t w = 0; w < WORKERS; w++)
			cr_assert_eq(party.counted[w], party.ended, "all of it is counted");
		rendezvous_close(&party.rendezvous);
	}
	for (uint32_t t = 0; t <= WORKERS; t++)
		pthread_join(threads[t], NULL);
	cr_assert_not(rendezvous_met(&party.rendezvous, &party.handed), "all is over");
	rendezvous_destroy(&party.rendezvous);
}

static void *meet_once(void *argument)
{
	struct party *party = argument;

	cr_assert_not(rendezvous_meet(&party->rendezvous, BORDER, &party->stop));
	cr_assert_not(rendezvous_meet(&party->rendezvous, 2 * BORDER, &party->stop));
	return NULL;
}

Test(rendezvous, who_is_stopped_waits_for_nobody, .timeout = 60)
{
	struct party party = {0};
	pthread_t reader;

	rendezvous_init(&party.rendezvous, WORKERS);
	cr_assert_eq(pthread_create(&reader, NULL, meet_once, &party), 0);
	while (rendezvous_called(&party.rendezvous) == 0)
		;
	__atomic_store_n(&party.stop, true, __ATOMIC_RELAXED);
	pthread_join(reader, NULL);
	cr_expect_eq(rendezvous_called(&party.rendezvous), 1, "the second one was not called");
	rendezvous_destroy(&party.rendezvous);
}
