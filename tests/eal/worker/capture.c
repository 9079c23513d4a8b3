/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/capture.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/handover.h>
#include <weir/runtime.h>

#include "eal_rig.h"
#include "ring_rig.h"

/* Clients on the real socket, a worker on a ring port, frames by the thousand. */

static struct ring_rig rig;
static struct capture_interface interface = {.name = "ring", .description = "a ring"};
static struct capture *capture;
static uint64_t sent;

#define PATIENCE (20 * CLOCK_SECOND)
#define FRAME    200

static void start(void)
{
	const char *directory = eal_rig_path("sockets");
	struct error error;

	ring_rig_start(&rig);
	interface.port = rig.worker.queues[0].port;
	cr_assert_eq(mkdir(directory, 0700), 0);
	cr_assert_eq(capture_start(
			     &(struct capture_settings){
				     .directory = directory,
				     .handovers = &rig.worker.handover,
				     .worker_count = 1,
				     .interfaces = &interface,
				     .interface_count = 1,
				     .fields = &rig.worker.fields,
			     },
			     &capture, &error),
		     0, "%s", error.text);
	ring_rig_launch(&rig);
}

/* Every frame is counted and every mbuf is at home, whatever became of the clients. */
static void stop(void)
{
	struct worker_counters counters;

	ring_rig_join(&rig);
	capture_stop(capture);
	handover_destroy(rig.worker.handover);
	rig.worker.handover = NULL;
	worker_shared_counters(&rig.worker.shared, &counters);
	assert_balanced(&counters);
	cr_expect_eq(counters.received, sent);
	cr_expect_eq(rte_mempool_in_use_count(rig.pool), 0);
	ring_rig_stop(&rig);
}

/* Of four flows in turn, from UDP ports 1024 on; until the worker has seen them. */
static void send_frames(unsigned int count)
{
	static uint8_t frame[FRAME];
	struct worker_counters counters;

	for (unsigned int i = 0; i < count; i++, sent++) {
		while (rte_mempool_avail_count(rig.pool) < 2000 ||
		       rte_ring_free_count(rig.ring) == 0)
			;
		frame_udp4(frame, sizeof(frame), i % 4, false);
		ring_rig_add(&rig, frame, sizeof(frame), 0);
	}
	do
		worker_shared_counters(&rig.worker.shared, &counters);
	while (counters.received < sent);
}

static void wait_until_all_are_home(void)
{
	const uint64_t end = clock_monotonic_ns() + PATIENCE;

	while (rte_mempool_in_use_count(rig.pool) > 0)
		cr_assert_lt(clock_monotonic_ns(), end);
}

/* ---- clients ---- */

static int client(const char *request)
{
	const struct timeval patience = {.tv_sec = PATIENCE / CLOCK_SECOND};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", eal_rig_path("sockets"),
		 capture_socket(capture));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	(void)!send(fd, request, strlen(request), MSG_NOSIGNAL);
	return fd;
}

/* A client whose capture has begun. */
static int running(const char *request)
{
	char byte;
	int fd = client(request);

	cr_assert_eq(recv(fd, &byte, 1, MSG_PEEK), 1);
	return fd;
}

struct stream {
	uint64_t frames, dropped, accepted, delivered, statistics;
};

static uint64_t option(const uint8_t *block, uint32_t length, uint16_t wanted)
{
	for (uint32_t at = 20; at + 4 < length;) {
		uint16_t code, size;
		uint64_t value;

		memcpy(&code, block + at, 2);
		memcpy(&size, block + at + 2, 2);
		memcpy(&value, block + at + 4, 8);
		if (code == wanted)
			return value;
		at += 4 + (size + 3u) / 4 * 4;
	}
	cr_assert_fail("no option %u", wanted);
	return 0;
}

/* All that comes until weir closes, read as the specification says. */
static struct stream read_stream(int fd)
{
	static uint8_t all[32 << 20];
	struct stream stream = {0};
	size_t size = 0, at = 0;
	ssize_t got;

	while ((got = recv(fd, all + size, sizeof(all) - size, 0)) > 0)
		size += (size_t)got;
	cr_assert_eq(got, 0, "%s", strerror(errno));
	close(fd);
	while (at < size) {
		uint32_t type, length, again;

		cr_assert_leq(at + 12, size);
		memcpy(&type, all + at, 4);
		memcpy(&length, all + at + 4, 4);
		cr_assert(length >= 12 && length % 4 == 0 && at + length <= size);
		memcpy(&again, all + at + length - 4, 4);
		cr_assert_eq(again, length);
		stream.frames += type == 6;
		if (type == 5) {
			stream.statistics++;
			stream.dropped = option(all + at, length, 5);
			stream.accepted = option(all + at, length, 6);
			stream.delivered = option(all + at, length, 8);
		}
		at += length;
	}
	cr_expect_eq(stream.statistics, 1);
	cr_expect_eq(stream.delivered, stream.frames);
	cr_expect_eq(stream.accepted, stream.delivered + stream.dropped);
	return stream;
}

static struct stream end(int fd)
{
	shutdown(fd, SHUT_WR);
	return read_stream(fd);
}

static void expect_refusal(int fd, const char *words)
{
	char line[1024] = "";
	ssize_t got;
	size_t size = 0;

	while (size < sizeof(line) - 1 &&
	       (got = recv(fd, line + size, sizeof(line) - 1 - size, 0)) > 0)
		size += (size_t)got;
	close(fd);
	cr_expect_eq(strncmp(line, "error: ", 7), 0, "%s", line);
	cr_expect_not_null(strstr(line, words), "%s: %s", line, words);
	cr_expect_eq(strchr(line, '\n'), line + strlen(line) - 1, "one line: %s", line);
}

/* ---- what they get ---- */

/* Fewer than may be out: none of them can be lost. */
Test(capture, what_matches_comes_to_the_frame)
{
	struct stream all, some, none;
	int fds[3];

	start();
	fds[0] = running("\n");
	fds[1] = running("snap=60 filter=udp src port 1025\n");
	fds[2] = running("filter=tcp\n");
	send_frames(800);
	all = end(fds[0]);
	some = end(fds[1]);
	none = end(fds[2]);
	cr_expect_eq(all.frames, 800);
	cr_expect_eq(some.frames, 200, "%lu", some.frames);
	cr_expect_eq(none.frames, 0);
	cr_expect_eq(all.dropped + some.dropped + none.dropped, 0);
	wait_until_all_are_home();
	send_frames(100);
	stop();
}

Test(capture, it_ends_by_itself)
{
	int count, time;

	start();
	count = running("count=10\n");
	time = running("seconds=0.2\n");
	send_frames(500);
	cr_expect_eq(read_stream(count).frames, 10);
	cr_expect_eq(read_stream(time).frames, 500);
	wait_until_all_are_home();
	stop();
}

/* Nobody waits for it: what it does not take is lost to it alone, and counted. */
Test(capture, a_client_that_does_not_read_loses_frames)
{
	enum { FRAMES = 40000 };
	struct stream slow;
	int fd;

	start();
	fd = running("\n");
	send_frames(FRAMES);
	wait_until_all_are_home();
	slow = end(fd);
	cr_expect_gt(slow.frames, 0);
	cr_expect_gt(slow.dropped, 0);
	cr_expect_eq(slow.accepted, FRAMES);
	/* There is room again: for a new one as at first. */
	fd = running("\n");
	send_frames(100);
	cr_expect_eq(end(fd).frames, 100);
	stop();
}

Test(capture, clients_may_go_at_any_time)
{
	int fd;

	start();
	close(client(""));
	close(client("filter=udp po"));
	close(client("filter=udp\n"));
	for (int i = 0; i < 20; i++) {
		fd = running("\n");
		send_frames(50);
		close(fd);
	}
	wait_until_all_are_home();
	fd = running("\n");
	send_frames(100);
	cr_expect_eq(end(fd).frames, 100, "nothing of those before");
	stop();
}

Test(capture, there_are_so_many_and_no_more)
{
	int fds[CAPTURE_CLIENTS_MAX];

	start();
	for (int i = 0; i < CAPTURE_CLIENTS_MAX; i++)
		fds[i] = running("filter=ip\n");
	expect_refusal(client("\n"), "8 run already");
	send_frames(100);
	for (int i = 0; i < CAPTURE_CLIENTS_MAX; i++)
		cr_expect_eq(end(fds[i]).frames, 100);
	cr_expect_eq(end(running("\n")).frames, 0);
	stop();
}

Test(capture, what_is_wrong_is_said_in_a_line)
{
	char *endless = calloc(1, 70000);

	start();
	memset(endless, '(', 69999);
	expect_refusal(client("filter=port nowhere\n"), "port nowhere");
	expect_refusal(client("count=0\n"), "count=0");
	expect_refusal(client("count=-1\n"), "count=-1");
	expect_refusal(client("seconds=never\n"), "seconds=never");
	expect_refusal(client("snap=262145\n"), "snap=262145");
	expect_refusal(client("port=5\n"), "port=");
	expect_refusal(client("GET / HTTP/1.1\r\n"), "GET");
	expect_refusal(client(endless), "less than 65536");
	free(endless);
	stop();
}

/* At weir's end a stream has its own end, too. */
Test(capture, the_end_of_weir_is_the_end_of_the_stream)
{
	int fd;

	start();
	fd = running("\n");
	send_frames(500);
	stop();
	cr_expect_eq(read_stream(fd).frames, 500);
}

/* A socket that was left is taken over, one that is answered is not. */
Test(capture, sockets_in_one_directory)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int left = socket(AF_UNIX, SOCK_STREAM, 0);
	struct capture *second;
	struct error error;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", eal_rig_path(RUNTIME_CAPTURE));
	cr_assert_eq(bind(left, (struct sockaddr *)&address, sizeof(address)), 0);
	close(left);
	start();
	*strrchr(address.sun_path, '/') = '\0';
	cr_assert_eq(capture_start(&(struct capture_settings){.directory = address.sun_path},
				   &second, &error),
		     0, "%s", error.text);
	cr_expect_str_eq(capture_socket(second), RUNTIME_CAPTURE);
	capture_stop(second);
	cr_expect_str_eq(capture_socket(capture), RUNTIME_CAPTURE);
	cr_assert_eq(capture_start(&(struct capture_settings){.directory = eal_rig_path("sockets")},
				   &second, &error),
		     0, "%s", error.text);
	cr_expect_str_eq(capture_socket(second), RUNTIME_CAPTURE ":1");
	capture_stop(second);
	cr_expect_eq(end(running("\n")).frames, 0);
	stop();
}
