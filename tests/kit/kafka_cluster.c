/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A Kafka cluster for tests: the brokers that librdkafka brings along, on free ports, and somebody
 * who reads all that comes to a topic of four partitions:
 *
 *	kafka-cluster TOPIC FILE
 *
 * First it prints the brokers' addresses. To FILE goes a line for each message, in the order of its
 * partition: "PARTITION KEY VALUE". Commands on standard input, each answered by a line:
 *
 *	down N | up N		the broker (1 to 3) takes no connections, and ends those it has
 *	slow N MS		so long it takes to answer
 *	refuse CODE COUNT	so many requests to store something, by the error's name
 *	read			answered by the number of messages, when all that is there is in
 *FILE
 *
 * It ends when standard input does.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#define BROKERS    3
#define PARTITIONS 4
#define PRODUCE    0 /* ApiKey */

static rd_kafka_mock_cluster_t *cluster;
static rd_kafka_t *reader;
static FILE *out;
static unsigned long count; /* atomic */
static bool ended;          /* atomic */

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "kafka-cluster: %s: %s\n", what, why);
	exit(1);
}

static rd_kafka_t *make(rd_kafka_type_t type, const char *const settings[][2])
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[256];
	rd_kafka_t *made;

	for (size_t i = 0; settings[i][0] != NULL; i++)
		if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof(why)) !=
		    RD_KAFKA_CONF_OK)
			fail(settings[i][0], why);
	made = rd_kafka_new(type, conf, why, sizeof(why));
	if (made == NULL)
		fail("librdkafka", why);
	return made;
}

/* ---- the reader ---- */

static void take(const rd_kafka_message_t *message)
{
	if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
		return; /* of a broker that is down; it goes on by itself */
	fprintf(out, "%d %.*s %.*s\n", message->partition, (int)message->key_len,
		(const char *)message->key, (int)message->len, (const char *)message->payload);
	__atomic_add_fetch(&count, 1, __ATOMIC_RELEASE);
}

static void *read_all(void *unused)
{
	(void)unused;
	while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE)) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, 100);

		if (message == NULL)
			continue;
		take(message);
		rd_kafka_message_destroy(message);
	}
	return NULL;
}

static void assign(const char *topic)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);

	for (int i = 0; i < PARTITIONS; i++)
		rd_kafka_topic_partition_list_add(list, topic, i)->offset =
			RD_KAFKA_OFFSET_BEGINNING;
	if (rd_kafka_assign(reader, list) != RD_KAFKA_RESP_ERR_NO_ERROR)
		fail(topic, "cannot be read");
	rd_kafka_topic_partition_list_destroy(list);
}

/* When nothing has come for longer than it takes to find a broker again. */
static unsigned long read_to_the_end(void)
{
	unsigned long before, now = __atomic_load_n(&count, __ATOMIC_ACQUIRE);

	do {
		before = now;
		usleep(700000);
		now = __atomic_load_n(&count, __ATOMIC_ACQUIRE);
	} while (now != before);
	fflush(out);
	return now;
}

/* ---- commands ---- */

static rd_kafka_resp_err_t code_of(const char *name)
{
	const struct rd_kafka_err_desc *all;
	size_t known;

	rd_kafka_get_err_descs(&all, &known);
	for (size_t i = 0; i < known; i++)
		if (all[i].name != NULL && strcmp(all[i].name, name) == 0)
			return all[i].code;
	fail(name, "no such error");
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void obey(const char *line)
{
	char name[64];
	int one, other;

	if (sscanf(line, "down %d", &one) == 1) {
		rd_kafka_mock_broker_set_down(cluster, one);
	} else if (sscanf(line, "up %d", &one) == 1) {
		rd_kafka_mock_broker_set_up(cluster, one);
	} else if (sscanf(line, "slow %d %d", &one, &other) == 2) {
		rd_kafka_mock_broker_set_rtt(cluster, one, other);
	} else if (sscanf(line, "refuse %63s %d", name, &one) == 2) {
		while (one-- > 0)
			rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1, code_of(name));
	} else if (strcmp(line, "read\n") == 0) {
		printf("%lu\n", read_to_the_end());
		return;
	} else {
		fail(line, "no such command");
	}
	puts("ok");
}

int main(int argc, char **argv)
{
	rd_kafka_t *keeper = make(RD_KAFKA_PRODUCER, (const char *const[][2]){{NULL, NULL}});
	pthread_t thread;
	char line[256];

	if (argc != 3)
		fail("usage", "kafka-cluster TOPIC FILE");
	cluster = rd_kafka_mock_cluster_new(keeper, BROKERS);
	rd_kafka_mock_topic_create(cluster, argv[1], PARTITIONS, 1);
	out = fopen(argv[2], "w");
	if (out == NULL)
		fail(argv[2], strerror(errno));
	setlinebuf(stdout);
	puts(rd_kafka_mock_cluster_bootstraps(cluster));
	reader = make(RD_KAFKA_CONSUMER,
		      (const char *const[][2]){
			      {"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster)},
			      {"group.id", "reader"},
			      {"reconnect.backoff.max.ms", "200"},
			      {"log_level", "0"},
			      {NULL, NULL}});
	assign(argv[1]);
	pthread_create(&thread, NULL, read_all, NULL);
	while (fgets(line, sizeof(line), stdin) != NULL)
		obey(line);
	__atomic_store_n(&ended, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	rd_kafka_consumer_close(reader);
	rd_kafka_destroy(reader);
	fclose(out);
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(keeper);
	return 0;
}
