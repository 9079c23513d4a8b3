/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/capture.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/local_socket.h>
#include <weir/runtime.h>
#include <weir/signals.h>

#include "client.h"

/* Rings have no descriptor to wait for: 1024 frames a worker in this time are 2 million a second.
 */
#define LOOK_NS (CLOCK_MILLISECOND / 2)
#define LAST_NS CLOCK_SECOND /* for clients to take what is left when weir ends */

struct capture {
	struct local_socket socket;
	int wake; /* eventfd: the thread shall end */
	pthread_t thread;
	struct clients clients; /* the thread's own */
};

/* ---- the thread ---- */

static void welcome(struct capture *capture, uint64_t now)
{
	int client = local_socket_accept(&capture->socket);

	if (client >= 0)
		clients_add(&capture->clients, client, now);
	else if (client != -EAGAIN && client != -EINTR)
		usleep(1000); /* no descriptor is free: it will be asked for again and again */
}

/* What the client's socket has to say; -1: nothing. */
static struct pollfd describe(const struct client *client)
{
	switch (client->state) {
	case CLIENT_NONE:
	case CLIENT_STARTS: /* both go on with the workers, whatever the socket says */
	case CLIENT_ENDS:
		return (struct pollfd){.fd = -1};
	case CLIENT_LEAVES:
		return (struct pollfd){.fd = client->socket, .events = POLLOUT};
	default:
		return (struct pollfd){.fd = client->socket,
				       .events = (short)(POLLIN | (client->waits ? POLLOUT : 0))};
	}
}

/* Until something comes, or it is time to look again. */
static void wait_for(struct capture *capture, struct pollfd *polls, uint64_t ns)
{
	const struct timespec time = {.tv_sec = (time_t)(ns / CLOCK_SECOND),
				      .tv_nsec = (long)(ns % CLOCK_SECOND)};

	polls[0] = (struct pollfd){.fd = capture->wake, .events = POLLIN};
	polls[1] = (struct pollfd){.fd = capture->socket.listener, .events = POLLIN};
	for (unsigned int c = 0; c < CAPTURE_CLIENTS_MAX; c++)
		polls[2 + c] = describe(&capture->clients.list[c]);
	(void)ppoll(polls, 2 + CAPTURE_CLIENTS_MAX, ns == UINT64_MAX ? NULL : &time, NULL);
}

static uint64_t patience(const struct capture *capture, bool busy)
{
	if (busy)
		return 0;
	if (clients_busy(&capture->clients) > 0)
		return LOOK_NS;
	return clients_count(&capture->clients) > 0 ? CLOCK_SECOND : UINT64_MAX;
}

static void end_all(struct clients *clients)
{
	const uint64_t end = clock_monotonic_ns() + LAST_NS;
	uint64_t now;

	clients_stop(clients);
	while (clients_count(clients) > 0 && (now = clock_monotonic_ns()) < end) {
		(void)clients_take(clients);
		clients_step(clients, now);
		usleep(1000);
	}
	clients_drop(clients);
}

static void *capture_main(void *argument)
{
	struct capture *capture = argument;
	struct pollfd polls[2 + CAPTURE_CLIENTS_MAX];
	bool busy = false;

	prctl(PR_SET_NAME, "weir-capture");
	for (;;) {
		wait_for(capture, polls, patience(capture, busy));
		uint64_t now = clock_monotonic_ns();

		if (polls[0].revents != 0)
			break;
		if (polls[1].revents != 0)
			welcome(capture, now);
		busy = clients_take(&capture->clients);
		clients_step(&capture->clients, now);
	}
	end_all(&capture->clients);
	return NULL;
}

/* ---- life ---- */

static int open_socket(struct capture *capture, const char *directory, struct error *error)
{
	int result = local_socket_open(&capture->socket, directory, RUNTIME_CAPTURE,
				       CAPTURE_CLIENTS_MAX);

	if (result != 0)
		error_set(error, -result, "%s/" RUNTIME_CAPTURE ": %s; weirctl cannot capture",
			  directory, strerror(-result));
	return result;
}

static void release(struct capture *capture)
{
	local_socket_close(&capture->socket);
	if (capture->wake >= 0)
		close(capture->wake);
	free(capture);
}

int capture_start(const struct capture_settings *settings, struct capture **started,
		  struct error *error)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int result;

	if (capture == NULL)
		return error_set(error, ENOMEM, "capture: out of memory; free some");
	capture->clients.settings = *settings;
	capture->socket.listener = -1;
	capture->wake = eventfd(0, EFD_CLOEXEC);
	if (capture->wake < 0)
		result = error_set(error, errno, "capture: %s; free some descriptors",
				   strerror(errno));
	else
		result = open_socket(capture, settings->directory, error);
	if (result == 0) {
		result = signals_start_thread(&capture->thread, capture_main, capture);
		if (result != 0)
			error_set(error, -result, "capture: no thread: %s; free some memory",
				  strerror(-result));
	}
	if (result != 0)
		release(capture);
	else
		*started = capture;
	return result;
}

const char *capture_socket(const struct capture *capture)
{
	return local_socket_name(&capture->socket);
}

void capture_stop(struct capture *capture)
{
	if (capture == NULL)
		return;
	eventfd_write(capture->wake, 1);
	pthread_join(capture->thread, NULL);
	release(capture);
}
