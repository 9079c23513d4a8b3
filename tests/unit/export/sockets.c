/* SPDX-License-Identifier: BSD-3-Clause */
/* Records to real sockets on loopback, whose other end comes, goes, and does not read. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/socket_sender.h>

#include "rig.h"

TestSuite(sockets, .init = rig_begin, .fini = rig_end, .timeout = 60);

#define ALL 5000 /* lines, about 2.5 MB */

/* ---- the collector ---- */

static int set_up(int family, int type, uint16_t *port)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6,
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT,
				   .sin6_port = htons(*port)};
	struct sockaddr_in four = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				   .sin_port = htons(*port)};
	struct sockaddr *address =
		family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
	socklen_t size = family == AF_INET ? sizeof(four) : sizeof(six);
	int listener = socket(family, type, 0);

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	cr_assert_eq(bind(listener, address, size), 0, "%s", strerror(errno));
	if (type == SOCK_STREAM)
		cr_assert_eq(listen(listener, 5), 0);
	cr_assert_eq(getsockname(listener, address, &size), 0);
	*port = ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
	return listener;
}

static int take(int listener)
{
	struct pollfd watched = {listener, POLLIN, 0};

	cr_assert_eq(poll(&watched, 1, 20000), 1, "nobody has come");
	return accept(listener, NULL, NULL);
}

/* All that comes, or so many octets and a part of a read more, into a file. */
static void save(int from, const char *path, size_t most)
{
	static char bytes[65536];
	FILE *out = fopen(path, "a");
	ssize_t got;

	while (most > 0 && (got = read(from, bytes, sizeof(bytes))) > 0) {
		fwrite(bytes, 1, (size_t)got, out);
		most -= (size_t)got < most ? (size_t)got : most;
	}
	fclose(out);
}

struct collector {
	pthread_t thread;
	int listener;
};

static void *collect(void *context)
{
	const struct collector *collector = context;
	int from = take(collector->listener);

	save(from, "lines", SIZE_MAX);
	close(from);
	return NULL;
}

static void start(struct collector *collector)
{
	cr_assert_eq(pthread_create(&collector->thread, NULL, collect, collector), 0);
}

/* ---- the outlet ---- */

static struct outlet *open_socket(const char *transport, const char *host, uint16_t port,
				  enum outlet_patience patience)
{
	const struct export_url url = {.scheme = "lines",
				       .transport = transport,
				       .hosts = {{host, port}},
				       .host_count = 1};
	/* So that not much is on its way. */
	const struct socket_options options = {.verify = true, .send_buffer = 8192};
	struct rig_settings settings = rig_settings("collector");
	struct error error = {0};
	struct sender sender;

	settings.outlet.patience = patience;
	cr_assert_eq(socket_sender_open(&url, &options, true, &sender, &error), 0, "%s",
		     error.text);
	return rig_open_to(&settings.outlet, &sender);
}

static void lines_over(int family, const char *host)
{
	uint16_t port = 0;
	struct collector collector = {.listener = set_up(family, SOCK_STREAM, &port)};
	struct outlet *outlet = open_socket("tcp", host, port, OUTLET_ALWAYS);

	start(&collector);
	rig_give_many(outlet, 0, ALL);
	rig_finish(outlet);
	pthread_join(collector.thread, NULL);
	close(collector.listener);
	cr_expect_eq(rig_read("lines", 0), ALL);
}

Test(sockets, tcp_over_ipv4)
{
	lines_over(AF_INET, "127.0.0.1");
}

Test(sockets, tcp_over_ipv6)
{
	lines_over(AF_INET6, "::1");
}

/* By name: ::1 comes first where it is known, and nobody listens there. */
Test(sockets, the_next_address_is_tried)
{
	lines_over(AF_INET, "localhost");
}

Test(sockets, a_collector_that_comes_late_gets_all)
{
	uint16_t port = 0;
	struct collector collector = {.listener = set_up(AF_INET, SOCK_STREAM, &port)};

	close(collector.listener);
	struct outlet *outlet = open_socket("tcp", "127.0.0.1", port, OUTLET_ALWAYS);

	rig_give_many(outlet, 0, ALL);
	rig_wait_failure(outlet, ECONNREFUSED);
	collector.listener = set_up(AF_INET, SOCK_STREAM, &port);
	start(&collector);
	rig_wait_failure(outlet, 0);
	rig_finish(outlet);
	pthread_join(collector.thread, NULL);
	close(collector.listener);
	cr_expect_eq(rig_read("lines", 0), ALL);
}

/* It closes between messages: that is noticed before the next one is given to the kernel. */
Test(sockets, an_end_that_left_in_peace_costs_nothing)
{
	uint16_t port = 0;
	int listener = set_up(AF_INET, SOCK_STREAM, &port);
	struct outlet *outlet = open_socket("tcp", "127.0.0.1", port, OUTLET_NEVER);

	for (unsigned int i = 0; i < 3; i++) {
		rig_give_many(outlet, 10 * i, 10 * i + 10);
		int from = take(listener);

		rig_wait_sent(outlet, 10 * i + 10);
		save(from, "lines", 10 * 497);
		close(from);
	}
	close(listener);
	rig_finish(outlet);
	cr_expect_eq(rig_read("lines", 0), 30);
}

/*
 * It dies with much on its way: none is sent twice, those that the kernel had are gone, and all the
 * rest is on the next connection.
 */
Test(sockets, nothing_is_sent_twice)
{
	uint16_t port = 0;
	struct collector collector = {.listener = set_up(AF_INET, SOCK_STREAM, &port)};
	struct outlet *outlet = open_socket("tcp", "127.0.0.1", port, OUTLET_ALWAYS);
	unsigned int first, next;
	FILE *in;

	setsockopt(collector.listener, SOL_SOCKET, SO_RCVBUF, &(int){4096}, sizeof(int));
	rig_give_many(outlet, 0, ALL);
	int from = take(collector.listener);

	save(from, "first", 65536 * 5 / 2); /* in the midst of a message */
	setsockopt(from, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
	close(from);
	setsockopt(collector.listener, SOL_SOCKET, SO_RCVBUF, &(int){1 << 20}, sizeof(int));
	start(&collector);
	rig_wait_sent(outlet, ALL);
	rig_finish(outlet);
	pthread_join(collector.thread, NULL);
	close(collector.listener);
	in = fopen("first", "r");
	char line[1024];

	for (first = 0; fgets(line, sizeof(line), in) != NULL && strchr(line, '\n') != NULL;
	     first++)
		;
	fclose(in);
	in = fopen("lines", "r");
	cr_assert_eq(fscanf(in, "{\"n\":%u", &next), 1);
	fclose(in);
	cr_expect_geq(next, first, "the first connection had %u whole lines", first);
	cr_expect_eq(rig_read("lines", next), ALL - next);
}

/* What it says is read and dropped: an end that says much is as good as any. */
static void *babble(void *context)
{
	const struct collector *collector = context;
	int from = take(collector->listener);
	static const char nonsense[65536] = "nonsense";

	for (int i = 0; i < 100; i++)
		(void)!send(from, nonsense, sizeof(nonsense), MSG_NOSIGNAL | MSG_DONTWAIT);
	save(from, "lines", SIZE_MAX);
	close(from);
	return NULL;
}

Test(sockets, nonsense_is_no_harm)
{
	uint16_t port = 0;
	struct collector collector = {.listener = set_up(AF_INET, SOCK_STREAM, &port)};
	struct outlet *outlet = open_socket("tcp", "127.0.0.1", port, OUTLET_ALWAYS);

	cr_assert_eq(pthread_create(&collector.thread, NULL, babble, &collector), 0);
	rig_give_many(outlet, 0, ALL);
	rig_finish(outlet);
	pthread_join(collector.thread, NULL);
	close(collector.listener);
	cr_expect_eq(rig_read("lines", 0), ALL);
}

/* It takes the connection and nothing else: live traffic loses, and the end is not held up. */
Test(sockets, who_does_not_read_is_not_waited_for)
{
	uint16_t port = 0;
	int listener = set_up(AF_INET, SOCK_STREAM, &port);
	struct outlet *outlet = open_socket("tcp", "127.0.0.1", port, OUTLET_NEVER);
	unsigned int taken = rig_give_many(outlet, 0, 10 * ALL);
	uint64_t began = clock_monotonic_ns();

	outlet_set_patience(outlet, OUTLET_BRIEFLY);
	struct outlet_ledger ledger = rig_lost(outlet, EIO, "nobody read it, or too slowly");

	cr_expect_lt(clock_monotonic_ns() - began, 8 * CLOCK_SECOND);
	cr_expect_eq(ledger.lost_full, 10 * ALL - taken);
	cr_expect_gt(ledger.lost_remote, 0);
	cr_expect_gt(ledger.sent, 0);
	close(listener);
}

Test(sockets, a_name_that_is_none)
{
	struct outlet *outlet = open_socket("tcp", "nobody.invalid", 1, OUTLET_NEVER);

	rig_give_many(outlet, 0, 10);
	rig_wait_failure(outlet, EDESTADDRREQ);
	outlet_set_patience(outlet, OUTLET_BRIEFLY);
	cr_expect_eq(
		rig_lost(outlet, EDESTADDRREQ, "10 were not: see to what takes them there").sent,
		0);
}

/* They would send in the clear what was meant to be encrypted. */
Test(sockets, options_of_tls_without_it)
{
	static const struct socket_options wrong[] = {
		{.verify = true, .ca = "/nowhere"},
		{.verify = true, .certificate = "/nowhere"},
		{.verify = true, .key = "/nowhere"},
		{.verify = false},
	};
	static const char *const transports[] = {"tcp", "udp"};

	for (size_t i = 0; i < 2 * sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct export_url url = {.scheme = "lines",
					       .transport = transports[i % 2],
					       .hosts = {{"127.0.0.1", 9}},
					       .host_count = 1};
		struct sender sender;
		struct error error;

		cr_expect_eq(socket_sender_open(&url, &wrong[i / 2], true, &sender, &error),
			     -EINVAL);
		cr_expect_not_null(strstr(error.text, "lines is not encrypted"), "%s", error.text);
	}
}

/* ---- datagrams ---- */

static void *collect_datagrams(void *context)
{
	const struct collector *collector = context;
	static char bytes[65536];
	FILE *out = fopen("lines", "w");
	ssize_t got;

	while ((got = recv(collector->listener, bytes, sizeof(bytes), 0)) > 1)
		fwrite(bytes, 1, (size_t)got, out);
	fclose(out);
	return NULL;
}

static void end_datagrams(const struct collector *collector, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons(port)};
	int from = socket(AF_INET, SOCK_DGRAM, 0);

	cr_assert_eq(sendto(from, "", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	close(from);
	pthread_join(collector->thread, NULL);
	close(collector->listener);
}

static struct outlet *open_datagrams(uint16_t port, struct encoder *encoder, size_t message)
{
	const struct export_url url = {.scheme = "lines",
				       .transport = "udp",
				       .hosts = {{"127.0.0.1", port}},
				       .host_count = 1};
	const struct socket_options options = {.verify = true};
	struct rig_settings settings = rig_settings("collector");
	struct sender sender;

	*encoder = *settings.outlet.encoder;
	encoder->message = message;
	settings.outlet.encoder = encoder;
	cr_assert_eq(socket_sender_open(&url, &options, false, &sender, NULL), 0);
	return rig_open_to(&settings.outlet, &sender);
}

/* Nobody there: known by the first datagram, which is not counted as sent, and kept. */
Test(sockets, udp_to_nobody_waits_for_somebody)
{
	uint16_t port = 0;
	struct collector collector = {.listener = set_up(AF_INET, SOCK_DGRAM, &port)};
	struct outlet_ledger ledger;
	struct encoder encoder;

	close(collector.listener);
	struct outlet *outlet = open_datagrams(port, &encoder, 1400);

	rig_give_many(outlet, 0, 100); /* as many as fit into a socket's buffer */
	rig_wait_failure(outlet, ECONNREFUSED);
	outlet_ledger(outlet, &ledger);
	cr_expect_eq(ledger.sent, 0);
	collector.listener = set_up(AF_INET, SOCK_DGRAM, &port);
	cr_assert_eq(pthread_create(&collector.thread, NULL, collect_datagrams, &collector), 0);
	rig_wait_sent(outlet, 100);
	rig_finish(outlet);
	end_datagrams(&collector, port);
	cr_expect_eq(rig_read("lines", 0), 100);
}

Test(sockets, datagrams_that_are_too_long_are_counted)
{
	uint16_t port = 0;
	int listener = set_up(AF_INET, SOCK_DGRAM, &port);
	struct encoder encoder;
	struct outlet *outlet = open_datagrams(port, &encoder, 70000);

	rig_give_many(outlet, 0, 512); /* several of the longest kind, and a shorter rest */
	struct outlet_ledger ledger = rig_lost(outlet, EIO, "were not");

	cr_expect_eq(ledger.lost_full, 0);
	cr_expect_gt(ledger.lost_remote, 400);
	cr_expect_eq(ledger.sent, 512 - ledger.lost_remote);
	cr_expect_gt(ledger.sent, 0);
	close(listener);
}
