/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of several batches, and those that are made anew for a new connection. */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weir/clock.h>

#include "rig.h"

TestSuite(restarts, .timeout = 60);

#define ALL    20000
#define RECORD sizeof(uint32_t)

struct head {
	uint32_t connection, sequence; /* records before, on this connection */
};

/* Both ends of a way whose connections break. All but `open` is the outlet's thread's. */
struct line {
	/* the encoder */
	struct head head;
	uint64_t due; /* monotonic ns: so is a message of its own */
	uint32_t last;
	bool closed;
	/* the sender */
	uint32_t breaks_every; /* messages; 0: never */
	uint32_t takes;        /* records of a message that breaks */
	bool connected, counts;
	uint32_t attempts;
	/* the other end */
	struct head expected;
	uint8_t seen[ALL]; /* how often */
	uint32_t order, messages, most, own;
	bool wrong;
};

static size_t put_head(void *context, char *out)
{
	const struct line *line = context;

	memcpy(out, &line->head, sizeof(line->head));
	return sizeof(line->head);
}

static size_t put_number(void *context, char *out, const struct flow_view *view)
{
	struct line *line = context;
	uint32_t number = (uint32_t)view->packets[0];

	line->head.sequence++;
	memcpy(out, &number, RECORD);
	return RECORD;
}

/* Now and then, and then once. */
static size_t put_due(void *context, char *out, const struct outlet *outlet)
{
	struct line *line = context;
	uint64_t now = clock_monotonic_ns();

	(void)outlet;
	if (now < line->due)
		return 0;
	line->due = now + CLOCK_SECOND / 2;
	return put_head(context, out);
}

static size_t put_last(void *context, char *out, const struct outlet *outlet)
{
	struct line *line = context;

	(void)outlet;
	return line->last++ == 0 ? put_head(context, out) : 0;
}

static void restart(void *context)
{
	struct line *line = context;

	line->head = (struct head){.connection = line->head.connection + 1};
	line->due = 0;
}

static void close_line(void *context)
{
	((struct line *)context)->closed = true;
}

/* So many records of a message have arrived. */
static void arrive(struct line *line, const struct message *message, uint32_t records)
{
	const char *at = message->bytes + sizeof(struct head);
	struct head head;

	memcpy(&head, message->bytes, sizeof(head));
	line->wrong |= memcmp(&head, &line->expected, sizeof(head)) != 0 ||
		       message->size != sizeof(head) + message->items * RECORD;
	for (uint32_t i = 0; i < records; i++, at += RECORD) {
		uint32_t number;

		memcpy(&number, at, RECORD);
		line->wrong |= number != line->order;
		line->order = number + 1;
		line->seen[number % ALL]++;
	}
	line->expected.sequence += message->items;
	line->messages++;
	line->own += message->items == 0;
	line->most = message->items > line->most ? message->items : line->most;
}

static int send_line(void *context, struct message *message, int wake, struct error *error)
{
	struct line *line = context;

	(void)wake;
	if (!line->connected) {
		line->connected = true;
		line->expected = (struct head){.connection = line->expected.connection + 1};
		return ERESTART;
	}
	if (line->breaks_every > 0 && ++line->attempts % line->breaks_every == 0) {
		uint32_t taken = line->counts && message->items > line->takes ? line->takes : 0;

		if (taken > 0)
			arrive(line, message, taken);
		message->sent = taken;
		line->connected = false;
		return line->attempts % 20 == 0 /* few of them: each is left alone for a second */
			       ? -error_set(error, ECONNRESET, "line: broken")
			       : send_line(context, message, wake, error);
	}
	arrive(line, message, message->items);
	message->done = message->size;
	return 0;
}

static int close_nothing(void *context)
{
	(void)context;
	return 0;
}

static struct outlet *open_line(struct line *line, uint32_t records, uint64_t linger)
{
	const struct encoder encoder = {.message = sizeof(struct head) + records * RECORD,
					.longest = RECORD,
					.begin = put_head,
					.record = put_number,
					.due = put_due,
					.last = put_last,
					.restart = restart,
					.close = close_line,
					.context = line};
	const struct outlet_settings settings = {.name = "line",
						 .what = "things",
						 .queue = 8,
						 .encoder = &encoder,
						 .linger = linger,
						 .patience = OUTLET_ALWAYS};
	const struct sender sender = {.context = line,
				      .send = send_line,
				      .close = close_nothing,
				      .mends_within = 60 * CLOCK_SECOND};

	return rig_open_to(&settings, &sender);
}

static void expect_all_once(const struct line *line)
{
	cr_expect_not(line->wrong, "not in sequence");
	for (uint32_t number = 0; number < ALL; number++)
		cr_assert_eq(line->seen[number], 1, "%u: %u times", number, line->seen[number]);
	cr_expect_geq(line->last, 1);
	cr_expect(line->closed);
}

Test(restarts, what_a_connection_did_not_take_is_made_anew)
{
	struct line *line = calloc(1, sizeof(*line));
	struct outlet *outlet;

	line->breaks_every = 7;
	outlet = open_line(line, 100, 0);
	rig_give_many(outlet, 0, ALL);
	rig_finish(outlet);
	expect_all_once(line);
	cr_expect_eq(line->most, 100);
	cr_expect_geq(line->expected.connection, ALL / 100 / 7);
	free(line);
}

/* As of lines: those that were taken wholly are not sent again, across batches, too. */
Test(restarts, what_it_took_is_not)
{
	struct line *line = calloc(1, sizeof(*line));
	struct outlet *outlet;

	line->breaks_every = 3;
	line->counts = true;
	line->takes = 1000;
	outlet = open_line(line, 1700, CLOCK_SECOND / 10);
	rig_give_many(outlet, 0, ALL);
	rig_finish(outlet);
	expect_all_once(line);
	free(line);
}

Test(restarts, messages_span_batches)
{
	struct line *line = calloc(1, sizeof(*line));
	struct outlet *outlet = open_line(line, 2000, CLOCK_SECOND / 5);

	rig_give_many(outlet, 0, ALL);
	rig_wait_sent(outlet, ALL); /* the last ones, too, although they fill none */
	rig_finish(outlet);
	expect_all_once(line);
	cr_expect_eq(line->most, 2000);
	free(line);
}

/* A longer one leaves with half of the queue: what comes meanwhile finds room. */
Test(restarts, no_message_has_more_than_half_of_the_queue)
{
	struct line *line = calloc(1, sizeof(*line));
	struct outlet *outlet = open_line(line, 2 * ALL, 3600 * CLOCK_SECOND);

	rig_give_many(outlet, 0, ALL);
	rig_finish(outlet);
	expect_all_once(line);
	cr_expect_eq(line->most, 8 / 2 * BUS_BATCH);
	free(line);
}

Test(restarts, an_idle_encoder_has_its_say)
{
	struct line *line = calloc(1, sizeof(*line));
	struct outlet *outlet = open_line(line, 100, 0);

	sleep(1);
	rig_give_many(outlet, 0, ALL);
	rig_finish(outlet);
	expect_all_once(line);
	cr_expect_geq(line->own, 3, "at once, after a second, and at the end");
	free(line);
}

/* One record leaves; then it only tries, as where the kernel has no room, and says so to nobody. */
static int send_one_and_try(void *context, struct message *message, int wake, struct error *error)
{
	(void)context;
	(void)error;
	message->sent = 1;
	return poll(&(struct pollfd){wake, POLLIN, 0}, 1, 1) > 0 ? ECANCELED : 0;
}

/* What of a message has left counts before the rest does, and who only tries is given up. */
Test(restarts, trying_is_not_moving)
{
	struct line line = {0};
	const struct encoder encoder = {
		.message = 4096, .longest = RECORD, .record = put_number, .context = &line};
	const struct outlet_settings settings = {.name = "line",
						 .what = "things",
						 .queue = 8,
						 .encoder = &encoder,
						 .patience = OUTLET_BRIEFLY};
	const struct sender sender = {.send = send_one_and_try, .close = close_nothing};
	struct outlet *outlet = rig_open_to(&settings, &sender);

	rig_give_many(outlet, 0, 100);
	rig_wait_sent(outlet, 1);
	struct outlet_ledger ledger = rig_lost(outlet, EIO, "1 things were written, 99 were not");

	cr_expect_eq(ledger.sent, 1);
	cr_expect_eq(ledger.lost_remote, 99);
}
