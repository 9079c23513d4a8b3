/* SPDX-License-Identifier: BSD-3-Clause */
#include "host.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weir/log.h>
#include <weir/signals.h>

/* Until a reading that failed is tried again. */
#define AGAIN_MS 10

/* All set before the thread runs. */
struct host_watch {
	unsigned int index;
	struct prefilter_host *shared; /* from then on the thread alone writes there */
	int events;                    /* rtnetlink */
	int stop;                      /* an eventfd: written by host_watch_stop() */
	pthread_t thread;
};

static int open_events(void)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -errno;
}

/* All of it, whatever changed. How many addresses found no place, or negative errno. */
static int update(const struct host_watch *watch)
{
	struct host_set set;
	int result = host_read(watch->index, &set);

	if (result != 0)
		return result;
	result = (int)host_publish(watch->shared, &set);
	free(set.keys);
	return result;
}

static void drain(int events)
{
	char bytes[8192];

	while (recv(events, bytes, sizeof(bytes), 0) >= 0 || errno == ENOBUFS)
		;
}

static void *watch_main(void *context)
{
	const struct host_watch *watch = context;
	struct pollfd wait[] = {{.fd = watch->events, .events = POLLIN},
				{.fd = watch->stop, .events = POLLIN}};
	int result = 0, before;

	pthread_setname_np(pthread_self(), "weir-addresses");
	while (poll(wait, 2, result >= 0 || result == -ENODEV ? -1 : AGAIN_MS) >= 0 ||
	       errno == EINTR) {
		if ((wait[1].revents & POLLIN) != 0)
			break;
		drain(watch->events);
		before = result;
		result = update(watch);
		if (result > 0 && before <= 0)
			log_error("prefilter: this host has %d addresses more than there is room "
				  "for, and frames for them may be kept from it; take some off, or "
				  "use --driver af_packet",
				  result);
	}
	return NULL;
}

static int start(struct host_watch *watch)
{
	int result;

	watch->stop = eventfd(0, EFD_CLOEXEC);
	if (watch->stop < 0)
		return -errno;
	watch->events = open_events(); /* before the first reading: nothing is missed */
	if (watch->events < 0)
		return watch->events;
	result = update(watch);
	if (result > 0)
		return -ENOSPC;
	return result != 0 ? result : signals_start_thread(&watch->thread, watch_main, watch);
}

static void release(struct host_watch *watch)
{
	if (watch->events >= 0)
		close(watch->events);
	if (watch->stop >= 0)
		close(watch->stop);
	free(watch);
}

int host_watch_start(unsigned int index, struct prefilter_host *shared, struct host_watch **watch,
		     struct error *error)
{
	struct host_watch *new = calloc(1, sizeof(*new));
	int result;

	if (new == NULL)
		return error_set(error, ENOMEM, "prefilter: no memory");
	*new = (struct host_watch){.index = index, .shared = shared, .events = -1, .stop = -1};
	result = start(new);
	if (result != 0) {
		release(new);
		if (result == -ENOSPC)
			return error_set(error, ENOSPC,
					 "prefilter: this host has more than a thousand addresses, "
					 "more than an XDP program can leave to it; use --driver "
					 "af_packet");
		return error_set(error, -result,
				 "prefilter: the kernel does not tell this host's addresses: %s; "
				 "use --driver af_packet",
				 strerror(-result));
	}
	*watch = new;
	return 0;
}

void host_watch_stop(struct host_watch *watch)
{
	const uint64_t one = 1;

	if (watch == NULL)
		return;
	if (write(watch->stop, &one, sizeof(one)) == sizeof(one))
		pthread_join(watch->thread, NULL);
	release(watch);
}
