/* SPDX-License-Identifier: BSD-3-Clause */
#include "service.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/log.h>
#include <weir/signals.h>

#include "eal.h"

/* How often the thread looks for the first snapshot. */
#define LOOK_MS 20

/* Of a start, beyond the first interval: tables are made, drivers brought up. */
#define START (90 * CLOCK_SECOND)

/* A manager that is busy is waited for, but not for long: none may hold up weir's end. */
static const struct timeval patience = {.tv_sec = 1};

/* False: it could not be told in that time. */
static bool tell(const struct service *service, const char *text)
{
	return sendto(service->socket, text, strlen(text), MSG_NOSIGNAL,
		      (const struct sockaddr *)&service->manager, service->manager_size) >= 0;
}

/* ---- the thread ---- */

/* Is there a snapshot, and one that is not older than `age`? */
static bool has_snapshot(const struct service *service, uint64_t age)
{
	const struct snapshot *snapshot = stats_acquire(service->stats);
	bool fresh;

	if (snapshot == NULL)
		return false;
	/* It may have been made since: then it is of a later time. */
	fresh = (int64_t)(clock_monotonic_ns() - snapshot->clock) <= (int64_t)age;
	stats_release(service->stats, snapshot);
	return fresh;
}

/* False: the time is over. */
static bool is_woken(const struct service *service, int ms)
{
	struct pollfd wake = {service->wake, POLLIN, 0};

	return poll(&wake, 1, ms) == 1;
}

static void *service_main(void *argument)
{
	const struct service *service = argument;
	const int pause_ms = (int)(service->watchdog / 3 / CLOCK_MILLISECOND);

	prctl(PR_SET_NAME, "weir-service");
	while (!has_snapshot(service, INT64_MAX) || !tell(service, "READY=1"))
		if (is_woken(service, LOOK_MS))
			return NULL;
	if (service->watchdog == 0)
		return NULL;
	do {
		if (has_snapshot(service, service->interval + service->watchdog))
			(void)tell(service, "WATCHDOG=1");
	} while (!is_woken(service, pause_ms > 0 ? pause_ms : 1));
	return NULL;
}

/* ---- life ---- */

/* A path, or the name of an abstract socket behind '@'. False: this is no service. */
static bool find_manager(struct service *service)
{
	const char *name = getenv("NOTIFY_SOCKET");
	size_t length = name != NULL ? strlen(name) : 0;

	if (length < 2 || length >= sizeof(service->manager.sun_path) ||
	    (name[0] != '/' && name[0] != '@'))
		return false;
	service->manager.sun_family = AF_UNIX;
	memcpy(service->manager.sun_path, name, length);
	if (name[0] == '@')
		service->manager.sun_path[0] = '\0';
	service->manager_size =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (name[0] == '/'));
	return true;
}

/* ns; 0: nobody waits for a sign of life of this process. */
static uint64_t find_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (usec == NULL || (pid != NULL && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	return strtoull(usec, NULL, 10) * 1000;
}

void service_start(struct service *service, struct stats *stats, uint64_t interval)
{
	char text[64];
	int result = 0;

	*service = (struct service){.stats = stats, .interval = interval};
	if (!find_manager(service))
		return;
	service->watchdog = find_watchdog();
	service->wake = eventfd(0, EFD_CLOEXEC);
	service->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (service->wake < 0 || service->socket < 0)
		result = -errno;
	if (result == 0 &&
	    setsockopt(service->socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0)
		result = -errno;
	/* Not among the workers. */
	eal_step_aside(true);
	if (result == 0)
		result = signals_start_thread(&service->thread, service_main, service);
	eal_step_aside(false);
	if (result != 0) {
		log_warning("service manager: %s; it is told nothing", strerror(-result));
		service->socket = 0;
		return;
	}
	snprintf(text, sizeof(text), "EXTEND_TIMEOUT_USEC=%" PRIu64, (interval + START) / 1000);
	(void)tell(service, text);
}

void service_ends(struct service *service)
{
	if (service->socket > 0)
		(void)tell(service, "STOPPING=1");
}

void service_stop(struct service *service)
{
	if (service->socket <= 0)
		return;
	eventfd_write(service->wake, 1);
	pthread_join(service->thread, NULL);
	close(service->wake);
	close(service->socket);
	service->socket = 0;
}
