/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers that are slow, stop reading, come late, or leave. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/output_name.h>

#include "rig.h"

static void begin(void)
{
	rig_begin();
	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(mkfifo("fifo", 0600), 0);
}

TestSuite(streams, .init = begin, .fini = rig_end, .timeout = 60);

#define ALL 20000 /* lines, about 10 MB: more than the buffers of an outlet */

/* A reader of the FIFO, who reads nothing yet. */
static int open_reader(void)
{
	int fd = open("fifo", O_RDONLY | O_NONBLOCK);

	cr_assert_geq(fd, 0);
	return fd;
}

static void *read_all(void *count)
{
	*(unsigned int *)count = rig_read("fifo", 0);
	return NULL;
}

static bool yes(void)
{
	return true;
}

/* Who makes the lines waits, and gets them all across. */
Test(streams, a_reader_that_is_slower_gets_everything_in_order)
{
	struct rig_settings settings = rig_settings("fifo");
	struct outlet *outlet = rig_open(&settings); /* before there is a reader */
	unsigned int count = 0;
	pthread_t reader;

	cr_assert_eq(pthread_create(&reader, NULL, read_all, &count), 0);
	cr_expect_eq(rig_give_many(outlet, 0, ALL), ALL);
	rig_finish(outlet);
	pthread_join(reader, NULL);
	cr_expect_eq(count, ALL);
}

/* The same over a descriptor that blocks and that is somebody else's, too. */
Test(streams, standard_output)
{
	struct rig_settings settings = rig_settings(OUTPUT_STDOUT);
	unsigned int count = 0;
	pthread_t reader;

	cr_assert_eq(pthread_create(&reader, NULL, read_all, &count), 0);
	int fifo = open("fifo", O_WRONLY), saved = dup(STDOUT_FILENO);

	dup2(fifo, STDOUT_FILENO);
	close(fifo);
	struct outlet *outlet = rig_open(&settings);

	cr_expect_eq(rig_give_many(outlet, 0, ALL), ALL);
	rig_finish(outlet);
	cr_expect_eq(fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK, 0);
	dup2(saved, STDOUT_FILENO);
	pthread_join(reader, NULL);
	cr_expect_eq(count, ALL);
}

/* Live: nobody waits, and what found no room is counted. What was sent is whole lines. */
Test(streams, a_reader_that_stops_makes_nobody_wait)
{
	struct rig_settings settings = rig_settings("fifo");
	int reader = open_reader();

	settings.outlet.patience = OUTLET_NEVER;
	struct outlet *outlet = rig_open(&settings);
	uint64_t began = clock_monotonic_ns();
	unsigned int taken = rig_give_many(outlet, 0, ALL);

	cr_expect_lt(clock_monotonic_ns() - began, 5 * CLOCK_SECOND);
	cr_expect_gt(taken, 5000);
	cr_expect_lt(taken, ALL);
	outlet_set_patience(outlet, OUTLET_BRIEFLY);
	began = clock_monotonic_ns();
	struct outlet_ledger ledger =
		rig_lost(outlet, EIO, "fifo: nobody read it, or too slowly; ");
	uint64_t waited = clock_monotonic_ns() - began;

	cr_expect_geq(waited, 4 * CLOCK_SECOND);
	cr_expect_lt(waited, 15 * CLOCK_SECOND);
	cr_expect_eq(ledger.given, ALL);
	cr_expect_eq(ledger.lost_full, ALL - taken);
	cr_expect_eq(ledger.lost_full + ledger.lost_remote, ALL - ledger.sent);
	char *pipe = malloc(1 << 20);
	ssize_t got = read(reader, pipe, 1 << 20);
	unsigned int lines = 0;

	for (ssize_t i = 0; i < got; i++)
		lines += pipe[i] == '\n';
	cr_expect_eq(lines, ledger.sent);
	free(pipe);
	close(reader);
}

/* Captures: a signal ends the waiting. */
Test(streams, a_stop_ends_the_waiting)
{
	struct rig_settings settings = rig_settings("fifo");
	int reader = open_reader();

	settings.outlet.hurry = yes;
	struct outlet *outlet = rig_open(&settings);
	uint64_t began = clock_monotonic_ns();

	rig_give_many(outlet, 0, ALL);
	rig_lost(outlet, EIO, "fifo: nobody read it");
	cr_expect_lt(clock_monotonic_ns() - began, 15 * CLOCK_SECOND);
	close(reader);
}

/* Nobody ever came; and nothing was to be told. */
Test(streams, no_reader_and_nothing_to_read)
{
	struct rig_settings settings = rig_settings("fifo");

	rig_finish(rig_open(&settings));
}

/* A collector that is started again gets whole lines, and misses none that waited. */
Test(streams, a_reader_that_leaves_and_another_that_comes)
{
	struct rig_settings settings = rig_settings("fifo");
	struct outlet_ledger ledger = {0};
	int first = open_reader();

	settings.outlet.patience = OUTLET_NEVER;
	struct outlet *outlet = rig_open(&settings);
	unsigned int count = 0;
	pthread_t reader;

	close(first);
	cr_expect_eq(rig_give_many(outlet, 0, 5000), 5000);
	while (ledger.failure != EPIPE)
		outlet_ledger(outlet, &ledger);
	cr_assert_eq(pthread_create(&reader, NULL, read_all, &count), 0);
	rig_wait_sent(outlet, 4000);
	outlet_set_patience(outlet, OUTLET_BRIEFLY);
	rig_finish(outlet);
	pthread_join(reader, NULL);
	cr_expect_eq(count, 5000);
}

/* Ends a program quietly: outlet_finish() has no line for it. */
Test(streams, standard_outputs_reader_leaves)
{
	struct rig_settings settings = rig_settings(OUTPUT_STDOUT);
	int ends[2], saved = dup(STDOUT_FILENO);
	struct outlet *outlet;

	cr_assert_eq(pipe(ends), 0);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	outlet = rig_open(&settings);
	cr_expect_not(outlet_left_alone(outlet));
	close(ends[0]);
	rig_give_many(outlet, 0, ALL); /* does not wait */
	cr_expect_eq(outlet_finish(outlet, NULL), 0);
	cr_expect(outlet_left_alone(outlet));
	outlet_free(outlet);
	dup2(saved, STDOUT_FILENO);
}
