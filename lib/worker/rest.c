/* SPDX-License-Identifier: BSD-3-Clause */
#include "rest.h"

#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <weir/clock.h>

#define SHORTEST_NS (UINT64_C(50) * 1000)
/* Sockets wake a worker within some 50 us, but each time is a system call: not in every gap. */
#define SOCKETS_AFTER_NS (2 * CLOCK_MILLISECOND)
/* A nap is this part of the time without frames, so it grows with it. */
#define NAP_PART 16

static void nap(uint64_t ns)
{
	const struct timespec time = {.tv_nsec = (long)ns};

	nanosleep(&time, NULL);
}

/* Until a frame comes. A socket whose interface went down tells so until it is asked for it. */
static void wait_for_sockets(const struct worker_rest *rest)
{
	struct pollfd sockets[WORKER_QUEUES_MAX];
	bool failed = false;

	for (uint16_t i = 0; i < rest->socket_count; i++)
		sockets[i] = (struct pollfd){.fd = rest->sockets[i], .events = POLLIN};
	if (poll(sockets, rest->socket_count, REST_LONGEST_NS / CLOCK_MILLISECOND) <= 0)
		return;
	for (uint16_t i = 0; i < rest->socket_count; i++) {
		socklen_t size = sizeof(int);
		int error;

		if ((sockets[i].revents & (POLLERR | POLLHUP | POLLNVAL)) == 0)
			continue;
		(void)getsockopt(sockets[i].fd, SOL_SOCKET, SO_ERROR, &error, &size);
		failed = true;
	}
	if (failed) /* and should it go on telling, that costs no core */
		nap(SOCKETS_AFTER_NS);
}

void rest(const struct worker_rest *rest, uint64_t idle)
{
	uint64_t ns = idle / NAP_PART;

	if (rest->longest == 0)
		return;
	if (rest->socket_count > 0 && idle >= SOCKETS_AFTER_NS) {
		wait_for_sockets(rest);
		return;
	}
	ns = ns < rest->longest ? ns : rest->longest;
	nap(ns > SHORTEST_NS ? ns : SHORTEST_NS);
}
