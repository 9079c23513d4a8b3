/* SPDX-License-Identifier: BSD-3-Clause */
#include <rest.h>

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weir/clock.h>

#include "eal_rig.h"
#include "ring_rig.h"

/* How a worker gives its core away while no frames come. */
#define TIMES 20

/* The time that so many rests take together, after a second without frames. */
static uint64_t rest_for(const struct worker_rest *settings, unsigned int times)
{
	uint64_t start = clock_monotonic_ns();

	for (unsigned int i = 0; i < times; i++)
		rest(settings, CLOCK_SECOND);
	return clock_monotonic_ns() - start;
}

static struct worker_rest until(int first, int second)
{
	return (struct worker_rest){
		.longest = CLOCK_MILLISECOND, .sockets = {first, second}, .socket_count = 2};
}

static bool tells_error(int fd)
{
	struct pollfd one = {.fd = fd};

	return poll(&one, 1, 0) == 1 && (one.revents & POLLERR) != 0;
}

Test(rest, a_core_of_its_own_is_kept)
{
	const struct worker_rest nothing = {0};

	cr_assert_lt(rest_for(&nothing, 1000), CLOCK_SECOND);
}

Test(rest, it_naps_up_to_the_longest)
{
	const struct worker_rest naps = {.longest = 5 * CLOCK_MILLISECOND};

	cr_assert_geq(rest_for(&naps, TIMES), TIMES * naps.longest);
}

Test(rest, it_sleeps_until_any_socket_is_readable)
{
	int one[2], other[2];
	struct worker_rest settings;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, one), 0);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, other), 0);
	settings = until(one[0], other[0]);
	cr_assert_geq(rest_for(&settings, 1), REST_LONGEST_NS, "nothing comes");
	cr_assert_eq(write(other[1], "x", 1), 1);
	cr_assert_lt(rest_for(&settings, TIMES), TIMES * REST_LONGEST_NS / 2);
}

/* An interface that goes down leaves such an error at its sockets. */
Test(rest, an_error_of_a_socket_is_taken_and_it_sleeps_on)
{
	struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct worker_rest settings = until(fd, fd);

	nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(connect(fd, (struct sockaddr *)&nobody, sizeof(nobody)), 0);
	cr_assert_eq(send(fd, "x", 1, 0), 1); /* answered by ICMP: port unreachable */
	cr_assert(tells_error(fd));
	rest(&settings, CLOCK_SECOND);
	cr_assert(!tells_error(fd));
	cr_assert_geq(rest_for(&settings, 1), REST_LONGEST_NS);
}

Test(rest, a_socket_that_is_done_for_costs_no_core)
{
	int pair[2];
	struct worker_rest settings;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	settings = until(pair[0], pair[0]);
	close(pair[1]);
	cr_assert_geq(rest_for(&settings, TIMES), TIMES * CLOCK_MILLISECOND);
}

/* ... and a worker that sleeps ends flows in time and shows its counters. */
Test(rest, flows_expire_and_counters_come_out_of_a_sleeping_worker)
{
	const uint64_t timeout = CLOCK_SECOND / 2, bound = timeout + 2 * CLOCK_SECOND;
	static struct ring_rig rig = {.inactive_timeout = CLOCK_SECOND / 2};
	struct worker_counters counters = {0};
	uint64_t started, now;
	uint8_t frame[60];
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	ring_rig_start(&rig);
	rig.worker.rest = until(pair[0], pair[0]);
	frame_udp4(frame, sizeof(frame), 1, false);
	ring_rig_add(&rig, frame, sizeof(frame), 0);
	ring_rig_launch(&rig);
	started = clock_monotonic_ns();
	do {
		now = clock_monotonic_ns();
		worker_shared_counters(&rig.worker.shared, &counters);
	} while (counters.flows.ended[FLOW_END_IDLE] == 0 && now - started < 4 * bound);
	ring_rig_join(&rig);
	cr_expect_leq(now - started, bound);
	worker_shared_counters(&rig.worker.shared, &counters);
	cr_expect_eq(counters.flows.ended[FLOW_END_IDLE], 1);
	/* 256 looks at the queue between two rests; awake it would look hundreds of thousands of
	 * times */
	cr_expect_lt(counters.polls_empty, 100000, "it slept");
	ring_rig_stop(&rig);
}
