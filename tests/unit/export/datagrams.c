/* SPDX-License-Identifier: BSD-3-Clause */
/* What protocols of datagrams ask of an outlet: headers, an MTU, numbers in sequence, loss. */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weir/bus.h>

TestSuite(datagrams, .timeout = 60);

#define MTU 1400
#define ALL 10000

struct header {
	uint32_t sequence; /* records before this message */
	uint32_t records;
	uint32_t size;
};

struct way {
	int ends[2];       /* ours, the collector's */
	uint32_t sequence; /* the outlet's thread */
	uint32_t too_long; /* messages of so many records and more are longer than is possible */
	/* the collector's */
	uint32_t messages, records, missing;
	size_t longest;
};

static size_t put_header(void *context, char *out)
{
	const struct header header = {.sequence = ((struct way *)context)->sequence};

	memcpy(out, &header, sizeof(header));
	return sizeof(header);
}

/* Of any length: 40 to 139 octets. */
static size_t put_record(void *context, char *out, const struct flow_view *view)
{
	size_t size = 40 + view->packets[0] % 100;

	((struct way *)context)->sequence++;
	memset(out, (int)view->packets[0], size);
	return size;
}

static size_t fill_in(void *context, char *message, size_t size, uint32_t records)
{
	struct header header;

	(void)context;
	memcpy(&header, message, sizeof(header));
	header.records = records;
	header.size = (uint32_t)size;
	memcpy(message, &header, sizeof(header));
	return size;
}

static int send_one(void *context, struct message *message, int wake, struct error *error)
{
	struct way *way = context;
	struct pollfd watched[] = {{way->ends[0], POLLOUT, 0}, {wake, POLLIN, 0}};
	ssize_t got;

	if (message->items >= way->too_long) {
		message->lost = message->items; /* what a socket says with EMSGSIZE */
		message->done = message->size;
		return 0;
	}
	poll(watched, 2, -1);
	if (watched[0].revents == 0)
		return ECANCELED;
	got = send(way->ends[0], message->bytes, message->size, MSG_DONTWAIT);
	if (got < 0)
		return -error_set(error, errno, "collector: %s", strerror(errno));
	message->done = (size_t)got;
	return 0;
}

static int close_way(void *context)
{
	return close(((struct way *)context)->ends[0]);
}

static void *collect(void *context)
{
	struct way *way = context;
	struct header header;
	char message[65536];
	ssize_t got;

	while ((got = recv(way->ends[1], message, sizeof(message), 0)) > 0) {
		memcpy(&header, message, sizeof(header));
		if (header.size != (size_t)got)
			break;
		way->missing = header.sequence - way->records;
		way->records += header.records;
		way->messages++;
		way->longest = (size_t)got > way->longest ? (size_t)got : way->longest;
	}
	return NULL;
}

static struct outlet_ledger run(struct way *way)
{
	const struct encoder encoder = {.message = MTU,
					.longest = 140,
					.begin = put_header,
					.record = put_record,
					.end = fill_in,
					.context = way};
	const struct outlet_settings settings = {.name = "collector",
						 .what = "flow records",
						 .queue = 4,
						 .encoder = &encoder,
						 .patience = OUTLET_ALWAYS};
	const struct sender sender = {.context = way, .send = send_one, .close = close_way};
	struct outlet_ledger ledger;
	struct outlet *outlet;
	pthread_t collector;
	struct bus *bus;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, way->ends), 0);
	cr_assert_eq(outlet_open(&settings, &sender, &outlet, NULL), 0);
	cr_assert_eq(bus_create(&outlet, 1, 0, &bus), 0);
	cr_assert_eq(pthread_create(&collector, NULL, collect, way), 0);
	for (uint32_t number = 0; number < ALL; number++) {
		while (bus_room(bus) == 0)
			usleep(100);
		bus_record(bus, &(struct flow_view){.packets[0] = number});
	}
	while (!bus_flush(bus))
		usleep(100);
	outlet_finish(outlet, NULL);
	outlet_ledger(outlet, &ledger);
	pthread_join(collector, NULL);
	outlet_free(outlet);
	bus_destroy(bus);
	close(way->ends[1]);
	return ledger;
}

Test(datagrams, each_is_whole_within_the_mtu_and_in_sequence)
{
	struct way way = {.too_long = UINT32_MAX};
	struct outlet_ledger ledger = run(&way);

	cr_expect_eq(ledger.sent, ALL);
	cr_expect_eq(way.records, ALL);
	cr_expect_eq(way.missing, 0);
	cr_expect_leq(way.longest, MTU);
	cr_expect_gt(way.longest, MTU - 140);
	cr_expect_lt(way.messages, ALL / 10);
}

/* What is lost on the way stands in the ledger, and the collector can reckon it from the sequence.
 */
Test(datagrams, what_cannot_be_sent_is_counted)
{
	struct way way = {.too_long = 15};
	struct outlet_ledger ledger = run(&way);

	cr_expect_eq(ledger.given, ALL);
	cr_expect_eq(ledger.given, ledger.sent + ledger.lost_remote);
	cr_expect_gt(ledger.lost_remote, 0);
	cr_expect_eq(way.records, ledger.sent);
	cr_expect_leq(way.missing, ledger.lost_remote);
}
