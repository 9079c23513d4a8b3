/* SPDX-License-Identifier: BSD-3-Clause */
#include "kafka_sender.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/format.h>
#include <weir/log.h>

#include "kafka_line.h"

#define POLL_MS      50 /* so late it is noticed that nothing is waited for */
#define TELL         (200 * CLOCK_MILLISECOND) /* so often the ledger hears what was sent */
#define TROUBLE      CLOCK_SECOND              /* so long nothing goes on, and why is known */
#define SILENCE      (5 * CLOCK_SECOND)        /* so long, and nobody knows why */
#define MENDS_WITHIN (60 * CLOCK_SECOND)
#define GIVE_UP_MS   1000 /* what librdkafka may take to let go */

enum state {
	TO_DO, /* not given to librdkafka, or given up by it: it is to have it */
	GIVEN,
	SENT,
	LOST,
	AGAIN, /* librdkafka has given up at it: TO_DO by the next attempt */
};

struct kafka_sender {
	rd_kafka_conf_t *conf;
	rd_kafka_t *kafka;       /* NULL: not made yet, or broken */
	rd_kafka_topic_t *topic; /* of that */
	char *topic_name, *name;
	struct kafka_lines lines;
	/* The message that is being sent: */
	bool begun;
	size_t next;        /* octet of it, and ... */
	uint32_t next_item; /* ... which item there comes next to be given, if it is TO_DO */
	uint32_t sent, lost, again;
	uint32_t items;
	uint8_t *states; /* of its items: enum state */
	/* What is wrong, in librdkafka's words; "": nothing is known. */
	char trouble[256];
	bool said_lost, said_twice;
};

#define ITEMS_MAX (KAFKA_MESSAGE / sizeof(struct kafka_head))

/* ---- what librdkafka says, in rd_kafka_poll() ---- */

static void on_error(rd_kafka_t *kafka, int code, const char *reason, void *context)
{
	struct kafka_sender *sender = context;

	(void)kafka;
	/* That all are down is what the line of the last one says better. */
	if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || *sender->trouble == '\0')
		format_brief(sender->trouble, sizeof(sender->trouble), reason);
}

static bool is_the_records_fault(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
	       code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE ||
	       code == RD_KAFKA_RESP_ERR_INVALID_RECORD;
}

static void note_refusal(struct kafka_sender *sender, uint32_t item, rd_kafka_resp_err_t code)
{
	const char *why = rd_kafka_err2str(code);

	if (is_the_records_fault(code)) {
		if (!sender->said_lost)
			log_warning("%s: the broker refuses records, which are lost: %s; see to "
				    "the topic's limits",
				    sender->name, why);
		sender->said_lost = true;
		sender->states[item] = LOST;
		sender->lost++;
		return;
	}
	/* That it was purged says nothing of why. */
	if (code != RD_KAFKA_RESP_ERR__PURGE_QUEUE && code != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
		format_brief(sender->trouble, sizeof(sender->trouble), why);
	sender->states[item] = AGAIN;
	sender->again++;
}

static void note_twice(struct kafka_sender *sender)
{
	if (!sender->said_twice)
		log_warning("%s: whether the broker has stored some records is not known; they are "
			    "sent again, and may stand there twice",
			    sender->name);
	sender->said_twice = true;
}

static void on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *report, void *context)
{
	struct kafka_sender *sender = context;
	uint32_t item = (uint32_t)(uintptr_t)report->_private;

	(void)kafka;
	if (report->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
		sender->states[item] = SENT;
		sender->sent++;
		*sender->trouble = '\0';
		return;
	}
	note_refusal(sender, item, report->err);
	if (sender->states[item] == AGAIN &&
	    rd_kafka_message_status(report) == RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED)
		note_twice(sender);
}

/* librdkafka's own words are for those who look for a fault. Any thread. */
static void on_log(const rd_kafka_t *kafka, int level, const char *facility, const char *text)
{
	(void)kafka;
	(void)level;
	log_debug("librdkafka: %s: %s", facility, text);
}

/* ---- the producer ---- */

/* What was given and is not reported: nothing is known of it. */
static void take_back(struct kafka_sender *sender)
{
	for (uint32_t item = 0; sender->begun && item < sender->items; item++)
		if (sender->states[item] == GIVEN) {
			sender->states[item] = AGAIN;
			sender->again++;
			note_twice(sender);
		}
}

/* Takes back all that it has, which is reported as a rule, and is gone. */
static void leave_kafka(struct kafka_sender *sender)
{
	const uint64_t until = clock_monotonic_ns() + GIVE_UP_MS * CLOCK_MILLISECOND;

	if (sender->kafka == NULL)
		return;
	rd_kafka_purge(sender->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	while (rd_kafka_outq_len(sender->kafka) > 0 && clock_monotonic_ns() < until)
		rd_kafka_poll(sender->kafka, POLL_MS);
	rd_kafka_topic_destroy(sender->topic);
	rd_kafka_destroy(sender->kafka);
	sender->kafka = NULL;
	take_back(sender);
}

/* In the outlet's thread, so that its threads have no more rights than that. */
static int have_kafka(struct kafka_sender *sender, struct error *error)
{
	rd_kafka_conf_t *conf;
	char why[256] = "no memory";

	if (sender->kafka != NULL && rd_kafka_fatal_error(sender->kafka, NULL, 0) != 0)
		leave_kafka(sender);
	if (sender->kafka != NULL)
		return 0;
	conf = rd_kafka_conf_dup(sender->conf);
	sender->kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (sender->kafka == NULL) {
		rd_kafka_conf_destroy(conf);
		return -error_set(error, EINVAL, "%s: %s; mend the settings", sender->name, why);
	}
	sender->topic = rd_kafka_topic_new(sender->kafka, sender->topic_name, NULL);
	if (sender->topic != NULL)
		return 0;
	rd_kafka_destroy(sender->kafka);
	sender->kafka = NULL;
	return -error_set(error, EINVAL, "%s: %s; choose another topic", sender->name,
			  rd_kafka_err2str(rd_kafka_last_error()));
}

/* ---- giving ---- */

/* False: librdkafka has no room now. */
static bool give(struct kafka_sender *sender, uint32_t item, char *line,
		 const struct kafka_head *head)
{
	rd_kafka_resp_err_t code;

	sender->states[item] = GIVEN;
	if (rd_kafka_produce(sender->topic, RD_KAFKA_PARTITION_UA, 0, line, head->size, head->key,
			     sizeof(head->key), (void *)(uintptr_t)item) == 0)
		return true;
	code = rd_kafka_last_error();
	if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
		sender->states[item] = TO_DO;
		return false;
	}
	note_refusal(sender, item, code);
	return true;
}

/* What it has room for. The octets stay where they are until all is reported. */
static void give_more(struct kafka_sender *sender, const struct message *message)
{
	while (sender->next_item < message->items) {
		char *at = (char *)(uintptr_t)message->bytes + sender->next;
		struct kafka_head head;

		memcpy(&head, at, sizeof(head));
		if (sender->states[sender->next_item] == TO_DO &&
		    !give(sender, sender->next_item, at + sizeof(head), &head))
			return;
		sender->next += sizeof(head) + head.size;
		sender->next_item++;
	}
}

static void begin(struct kafka_sender *sender, const struct message *message)
{
	memset(sender->states, TO_DO, message->items);
	sender->items = message->items;
	sender->sent = sender->lost = sender->again = 0;
	sender->next = sender->next_item = 0;
	sender->begun = true;
}

/* Those at which librdkafka has given up are given to it again. */
static void begin_again(struct kafka_sender *sender, const struct message *message)
{
	for (uint32_t item = 0; item < message->items; item++)
		if (sender->states[item] == AGAIN)
			sender->states[item] = TO_DO;
	sender->again = 0;
	sender->next = sender->next_item = 0;
}

/* ---- sending ---- */

static bool is_done(const struct kafka_sender *sender, const struct message *message)
{
	return sender->sent + sender->lost == message->items;
}

/* Nothing of it is on its way any more. */
static bool is_settled(const struct kafka_sender *sender, const struct message *message)
{
	return sender->sent + sender->lost + sender->again == message->items;
}

static bool is_awake(int wake)
{
	return poll(&(struct pollfd){wake, POLLIN, 0}, 1, 0) > 0;
}

static int say_trouble(const struct kafka_sender *sender, struct error *error)
{
	return -error_set(error, EHOSTUNREACH, "%s: %s; it is tried again", sender->name,
			  *sender->trouble != '\0' ? sender->trouble
						   : "the broker does not answer");
}

/* Until all is reported, something is worth telling, or nothing goes on. */
static int await_reports(struct kafka_sender *sender, const struct message *message, int wake,
			 struct error *error)
{
	const uint32_t before = sender->sent + sender->lost;
	const uint64_t since = clock_monotonic_ns();

	for (;;) {
		uint64_t waited = clock_monotonic_ns() - since;

		give_more(sender, message);
		if (is_done(sender, message))
			return 0;
		if (is_settled(sender, message))
			return say_trouble(sender, error);
		if (waited >= TELL && sender->sent + sender->lost > before)
			return 0;
		if (waited >= SILENCE || (waited >= TROUBLE && *sender->trouble != '\0'))
			return say_trouble(sender, error);
		if (is_awake(wake))
			return ECANCELED;
		rd_kafka_poll(sender->kafka, POLL_MS);
	}
}

static int kafka_send(void *context, struct message *message, int wake, struct error *error)
{
	struct kafka_sender *sender = context;
	int code = have_kafka(sender, error);

	if (code != 0)
		return code;
	if (!sender->begun)
		begin(sender, message);
	else if (sender->again > 0)
		begin_again(sender, message);
	code = await_reports(sender, message, wake, error);
	if (code == ECANCELED)
		leave_kafka(sender);
	message->sent = sender->sent;
	message->lost = sender->lost;
	if (code == 0 && is_done(sender, message)) {
		message->done = message->size;
		sender->begun = false;
	}
	return code;
}

/* It tells of its brokers also when there is nothing to send. */
static uint64_t kafka_look(void *context)
{
	struct kafka_sender *sender = context;

	if (sender->kafka != NULL)
		rd_kafka_poll(sender->kafka, 0);
	return CLOCK_SECOND;
}

/* ---- the beginning and the end ---- */

static int kafka_close(void *context)
{
	struct kafka_sender *sender = context;

	leave_kafka(sender);
	rd_kafka_conf_destroy(sender->conf);
	free(sender->topic_name);
	free(sender->name);
	free(sender->states);
	free(sender);
	return 0;
}

int kafka_sender_open(rd_kafka_conf_t *conf, const char *topic, const char *exporter,
		      const char *name, struct encoder *encoder, struct sender *made,
		      struct error *error)
{
	struct kafka_sender *sender = calloc(1, sizeof(*sender));

	if (sender == NULL) {
		rd_kafka_conf_destroy(conf);
		return error_set(error, ENOMEM, "no memory; free some");
	}
	sender->conf = conf;
	sender->topic_name = strdup(topic);
	sender->name = strdup(name);
	sender->states = calloc(1, ITEMS_MAX);
	if (sender->topic_name == NULL || sender->name == NULL || sender->states == NULL) {
		kafka_close(sender);
		return error_set(error, ENOMEM, "no memory; free some");
	}
	rd_kafka_conf_set_opaque(conf, sender);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	rd_kafka_conf_set_log_cb(conf, on_log);
	*encoder = kafka_lines_encoder(&sender->lines, exporter);
	*made = (struct sender){
		.context = sender,
		.send = kafka_send,
		.look = kafka_look,
		.close = kafka_close,
		.mends_within = MENDS_WITHIN,
	};
	return 0;
}
