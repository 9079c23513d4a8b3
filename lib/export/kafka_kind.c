/* SPDX-License-Identifier: BSD-3-Clause */
/* kafka://BROKER[,BROKER]/TOPIC */
#include "kinds.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>

#include "exporter.h"
#include "kafka_sender.h"

struct kafka_settings {
	struct export_common common;
	uint64_t linger;
	const char *exporter, *acks, *compression, *config;
};

/* What librdkafka says of the value comes last: the name leads. */
static int set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *error)
{
	char why[256];

	if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return 0;
	return error_set(error, EINVAL, "%s=%.60s: %s; see librdkafka's CONFIGURATION.md", name,
			 value, why);
}

/* ---- the file of properties ---- */

static char *trim(char *text)
{
	char *end;

	text += strspn(text, " \t\r\n");
	end = text + strlen(text);
	while (end > text && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	*end = '\0';
	return text;
}

/* The value may be a secret: it stands in no message. */
static int set_line(rd_kafka_conf_t *conf, char *line, struct error *error)
{
	char *value = strchr(line, '='), why[256];

	if (value == NULL)
		return error_set(error, EINVAL, "not NAME=VALUE; mend it");
	*value++ = '\0';
	line = trim(line);
	if (rd_kafka_conf_set(conf, line, trim(value), why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return 0;
	return error_set(error, EINVAL, "%s: librdkafka does not take it; see its CONFIGURATION.md",
			 line);
}

static int read_properties(rd_kafka_conf_t *conf, const char *path, struct error *error)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int result = 0;
	struct error what;

	if (file == NULL)
		return error_set(error, errno, "config=%s: %s; name another file", path,
				 strerror(errno));
	for (unsigned int number = 1; result == 0 && getline(&line, &room, file) >= 0; number++) {
		char *text = trim(line);

		if (*text != '\0' && *text != '#')
			result = set_line(conf, text, &what);
		if (result != 0)
			error_set(error, -result, "%s:%u: %s", path, number, what.text);
	}
	if (result == 0 && ferror(file))
		result = error_set(error, errno, "config=%s: %s; name another file", path,
				   strerror(errno));
	free(line);
	fclose(file);
	return result;
}

/* ---- opening ---- */

static int set_brokers(rd_kafka_conf_t *conf, const struct export_url *url, struct error *error)
{
	char list[EXPORT_URL_MAX + EXPORT_HOSTS_MAX * 8] = "";
	size_t used = 0;

	for (uint32_t i = 0; i < url->host_count; i++) {
		const struct export_host *host = &url->hosts[i];
		bool literal = strchr(host->name, ':') != NULL;

		used += (size_t)snprintf(list + used, sizeof(list) - used,
					 literal ? "%s[%s]:%u" : "%s%s:%u", i > 0 ? "," : "",
					 host->name, host->port);
	}
	return set(conf, "bootstrap.servers", list, error);
}

static int configure(rd_kafka_conf_t *conf, const struct export_url *url,
		     const struct kafka_settings *settings, struct error *error)
{
	bool all = strcmp(settings->acks, "all") == 0 || strcmp(settings->acks, "-1") == 0;
	int result = set_brokers(conf, url, error);

	if (result == 0)
		result = set(conf, "client.id", "weir", error);
	/* It tries for as long as weir waits, and by its numbers the broker stores nothing twice:
	 * these two go together in Kafka. */
	if (result == 0)
		result = set(conf, "message.timeout.ms", "0", error);
	if (result == 0)
		result = set(conf, "enable.idempotence", all ? "true" : "false", error);
	if (result == 0)
		result = set(conf, "acks", settings->acks, error);
	if (result == 0)
		result = set(conf, "compression.codec", settings->compression, error);
	if (result == 0 && settings->config != NULL)
		result = read_properties(conf, settings->config, error);
	return result;
}

static int open_kafka(const struct export_url *url, const void *given,
		      const struct export_environment *environment, struct export_parts *parts,
		      struct error *error)
{
	const struct kafka_settings *settings = given;
	char exporter[EXPORTER_MAX];
	rd_kafka_conf_t *conf;
	int result = exporter_name(exporter, settings->exporter, error);

	(void)environment;
	if (result != 0)
		return result;
	conf = rd_kafka_conf_new();
	result = configure(conf, url, settings, error);
	if (result != 0) {
		rd_kafka_conf_destroy(conf);
		return result;
	}
	parts->linger = settings->linger;
	return kafka_sender_open(conf, url->path, exporter, parts->name, &parts->encoder,
				 &parts->sender, error);
}

/* clang-format off */
static const struct option_row rows[] = {
	EXPORT_BUFFER_ROW,
	{"linger", "SECONDS", "how long records wait for others to be sent with",
		.type = OPTION_SECONDS, OPTION_INTO(struct kafka_settings, linger),
		.low = CLOCK_MILLISECOND, .high = 60 * CLOCK_SECOND, .usual = "0.1"},
	EXPORTER_ROW(struct kafka_settings, exporter),
	{"acks", "all|1|0", "how many replicas have a record before it counts as sent",
		.type = OPTION_TEXT, OPTION_INTO(struct kafka_settings, acks), .usual = "all"},
	{"compression", "CODEC", "none, gzip, snappy, lz4 or zstd",
		.type = OPTION_TEXT, OPTION_INTO(struct kafka_settings, compression), .usual = "lz4"},
	{"config", "FILE", "more properties of librdkafka, a line NAME=VALUE each: TLS, passwords, ...",
		.type = OPTION_TEXT, OPTION_INTO(struct kafka_settings, config)},
};
/* clang-format on */

static const char *const schemes[] = {"kafka", NULL};

const struct export_kind kafka_kind = {
	.schemes = schemes,
	.what = "lines of JSON to a topic of Kafka",
	.port = 9092,
	.hosts = EXPORT_HOSTS_MAX,
	.path = "TOPIC",
	.settings = {.rows = rows,
		     .count = sizeof(rows) / sizeof(rows[0]),
		     .size = sizeof(struct kafka_settings)},
	.open = open_kafka,
};
