/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines to whoever connects to a UNIX socket: several, slow ones, ones that leave, none. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/runtime.h>

#include "clients_sender.h"
#include "rig.h"

TestSuite(clients, .init = rig_begin, .fini = rig_end, .timeout = 60);

#define ALL 5000 /* lines, about 2.5 MB: more than a socket's buffer */

static struct outlet *open_clients(enum outlet_patience patience)
{
	struct rig_settings settings = rig_settings("clients");
	struct error error = {0};
	struct sender sender;
	char name[64];

	settings.outlet.patience = patience;
	cr_assert_eq(clients_sender_open(".", 600, patience == OUTLET_ALWAYS, &sender, name,
					 sizeof(name), &error),
		     0, "%s", error.text);
	cr_expect_str_eq(name, RUNTIME_FLOWS);
	return rig_open_to(&settings.outlet, &sender);
}

static int come(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = RUNTIME_FLOWS};
	int client = socket(AF_UNIX, SOCK_STREAM, 0);

	cr_assert_eq(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
	return client;
}

/* What a client has seen of the lines, in their order. */
struct reader {
	pthread_t thread;
	int client;
	unsigned int lines, lost, notices;
	bool wrong;
};

static void *read_all(void *context)
{
	struct reader *reader = context;
	FILE *in = fdopen(reader->client, "r");
	char line[1024];
	unsigned int number, lost;

	while (fgets(line, sizeof(line), in) != NULL) {
		if (sscanf(line, "{\"lost\":%u}", &lost) == 1) {
			reader->lost += lost;
			reader->notices++;
		} else {
			reader->wrong |= sscanf(line, "{\"n\":%u,", &number) != 1 ||
					 number != reader->lines + reader->lost ||
					 line[strlen(line) - 1] != '\n';
			reader->lines++;
		}
	}
	fclose(in);
	return NULL;
}

static void start(struct reader *reader, int client)
{
	reader->client = client;
	cr_assert_eq(pthread_create(&reader->thread, NULL, read_all, reader), 0);
}

static void expect_all(struct reader *reader)
{
	pthread_join(reader->thread, NULL);
	cr_expect_not(reader->wrong);
	cr_expect_eq(reader->lines, ALL);
	cr_expect_eq(reader->lost, 0);
}

/* Clients are taken in within a tenth of a second. */
static void settle(void)
{
	usleep(300000);
}

static void wait_until_empty(const struct outlet *outlet)
{
	struct outlet_ledger ledger;

	do {
		usleep(1000);
		outlet_ledger(outlet, &ledger);
	} while (ledger.waiting > 0);
}

Test(clients, each_has_all)
{
	struct outlet *outlet = open_clients(OUTLET_NEVER);
	struct reader readers[3] = {0};

	for (int r = 0; r < 3; r++)
		start(&readers[r], come());
	settle();
	rig_give_many(outlet, 0, ALL);
	rig_finish(outlet);
	for (int r = 0; r < 3; r++)
		expect_all(&readers[r]);
	cr_expect_neq(access(RUNTIME_FLOWS, F_OK), 0, "the socket is gone");
}

Test(clients, without_any_nothing_waits)
{
	struct outlet *outlet = open_clients(OUTLET_NEVER);

	rig_give_many(outlet, 0, ALL);
	rig_finish(outlet);
}

/*
 * One stops reading: the other has all, in good time; the one is told how many it has lost, and
 * where, and that is no failure of the outlet's.
 */
Test(clients, who_does_not_read_loses_alone)
{
	struct outlet *outlet = open_clients(OUTLET_NEVER);
	struct reader fast = {0}, slow = {0};
	int client = come();
	struct outlet_ledger ledger;
	struct error error = {0};
	uint64_t began;

	start(&fast, come());
	settle();
	began = clock_monotonic_ns();
	rig_give_many(outlet, 0, ALL);
	wait_until_empty(outlet);
	cr_expect_lt(clock_monotonic_ns() - began, 2 * CLOCK_SECOND);
	start(&slow, client);
	settle();
	cr_expect_eq(outlet_finish(outlet, &error), 0, "%s", error.text);
	outlet_ledger(outlet, &ledger);
	outlet_free(outlet);
	expect_all(&fast);
	pthread_join(slow.thread, NULL);
	cr_expect_not(slow.wrong);
	cr_expect_eq(slow.lines + slow.lost, ALL);
	cr_expect_gt(slow.lost, 0);
	cr_expect_eq(slow.notices, 1);
	cr_expect_eq(ledger.lost_remote, slow.lost);
	cr_expect_eq(ledger.sent, slow.lines);
}

/* It reads on, falls behind again: each gap stands where it is. */
Test(clients, gaps_are_where_they_are)
{
	struct outlet *outlet = open_clients(OUTLET_NEVER);
	int small = 4096, client = come();
	struct reader slow = {0};

	setsockopt(client, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	settle();
	rig_give_many(outlet, 0, ALL / 2);
	wait_until_empty(outlet);
	start(&slow, client);
	settle();
	for (unsigned int number = ALL / 2; number < ALL; number += 500) {
		rig_give_many(outlet, number, number + 500);
		usleep(20000);
	}
	outlet_finish(outlet, NULL);
	outlet_free(outlet);
	pthread_join(slow.thread, NULL);
	cr_expect_not(slow.wrong);
	cr_expect_eq(slow.lines + slow.lost, ALL);
	cr_expect_geq(slow.lines, ALL / 2);
}

Test(clients, one_that_leaves_is_forgotten)
{
	struct outlet *outlet = open_clients(OUTLET_NEVER);
	struct reader stays = {0};
	int leaves = come();

	start(&stays, come());
	settle();
	rig_give_many(outlet, 0, 100);
	rig_wait_sent(outlet, 100);
	close(leaves);
	rig_give_many(outlet, 100, ALL);
	rig_finish(outlet);
	expect_all(&stays);
}

/* Captures: the first one is waited for, and nothing is lost, however slow it is. */
Test(clients, who_reads_a_capture_is_waited_for)
{
	struct outlet *outlet = open_clients(OUTLET_ALWAYS);
	struct reader late = {0};
	struct outlet_ledger ledger;
	int client;

	rig_give_many(outlet, 0, 1000);
	settle();
	outlet_ledger(outlet, &ledger);
	cr_expect_eq(ledger.waiting, 1000, "nobody has come yet");
	client = come();
	rig_give_many(outlet, 1000, ALL);
	settle();
	start(&late, client);
	rig_finish(outlet);
	expect_all(&late);
}

Test(clients, there_is_a_limit)
{
	struct outlet *outlet = open_clients(OUTLET_NEVER);
	int list[CLIENTS_MAX];
	char line[100] = "";

	for (int c = 0; c < CLIENTS_MAX; c++)
		list[c] = come();
	settle();
	int one_more = come();

	cr_expect_gt(read(one_more, line, sizeof(line) - 1), 0);
	cr_expect_str_eq(line, "{\"error\":\"too many clients are there; end one of them\"}\n");
	cr_expect_eq(read(one_more, line, 1), 0);
	close(one_more);
	close(list[0]);
	settle();
	one_more = come();
	settle();
	rig_give_many(outlet, 0, 1);
	cr_expect_gt(read(one_more, line, sizeof(line)), 0);
	cr_expect_eq(strncmp(line, "{\"n\":0", 6), 0);
	rig_finish(outlet);
}
