/* SPDX-License-Identifier: BSD-3-Clause */
#include "clickhouse_sender.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/format.h>
#include <weir/log.h>

#include "clickhouse_rows.h"

#define RETRY_MOST   (30 * CLOCK_SECOND)
#define MENDS_WITHIN (60 * CLOCK_SECOND)
#define ASYNC_SINCE  21011 /* servers that may answer before they have stored anything */

struct clickhouse_sender {
	struct clickhouse_http *http;
	struct clickhouse_rows rows;
	char *name;
	char *insert;
	struct clickhouse_place place;
	char exporter[EXPORTER_MAX];
	bool create;
	uint32_t ttl;
	uint32_t version;  /* of the server, whose table is as it should be; 0: to be looked at */
	bool unsure;       /* the message may be there */
	uint32_t attempts; /* INSERTs so far, each with a name of its own */
};

/* A query of few words and its answer: 0, or a positive errno with the line. */
static int ask(struct clickhouse_sender *sender, int wake, const char **answer, struct error *error,
	       const char *format, ...) __attribute__((format(printf, 5, 6)));
static int ask(struct clickhouse_sender *sender, int wake, const char **answer, struct error *error,
	       const char *format, ...)
{
	char *query = NULL;
	va_list arguments;
	bool reached;
	int length, code;

	va_start(arguments, format);
	length = vasprintf(&query, format, arguments);
	va_end(arguments);
	if (length < 0)
		return -error_set(error, ENOMEM, "%s: no memory; free some", sender->name);
	code = clickhouse_http_ask(sender->http, "", query, NULL, 0, wake, answer, &reached, error);
	free(query);
	return code;
}

/* The same, where the answer is a number. */
#define ASK_NUMBER(sender, wake, number, error, ...)                                               \
	({                                                                                         \
		const char *answer_;                                                               \
		int code_ = ask(sender, wake, &answer_, error, __VA_ARGS__);                       \
		*(number) = code_ == 0 ? strtoull(answer_, NULL, 10) : 0;                          \
		code_;                                                                             \
	})

/* ---- is the table there, and as it should be? ---- */

static int look_at_version(struct clickhouse_sender *sender, int wake, uint32_t *version,
			   struct error *error)
{
	const char *answer;
	int code = ask(sender, wake, &answer, error, "SELECT version()");

	if (code != 0)
		return code;
	*version = clickhouse_version(answer);
	if (*version == 0)
		return -error_set(error, EPROTO,
				  "%s: what answers there is not ClickHouse; see to host and port",
				  sender->name);
	if (sender->ttl > 0 && *version < CLICKHOUSE_TODAY)
		return -error_set(error, ENOTSUP,
				  "%s: a server of %u.%u forgets no rows by itself; leave out ttl=",
				  sender->name, *version / 1000, *version % 1000);
	return 0;
}

static int create_table(struct clickhouse_sender *sender, uint32_t version, int wake,
			struct error *error)
{
	char *statement = clickhouse_create(&sender->place, version, sender->ttl);
	const char *answer;
	int code = statement != NULL
			   ? ask(sender, wake, &answer, error, "CREATE DATABASE IF NOT EXISTS `%s`",
				 sender->place.database)
			   : -error_set(error, ENOMEM, "no memory; free some");

	if (code == 0)
		code = ask(sender, wake, &answer, error, "%s", statement);
	free(statement);
	if (code == 0)
		log_info("%s: the table is made", sender->name);
	return code;
}

/* 0; ENOENT: it is not there. */
static int check_table(struct clickhouse_sender *sender, int wake, struct error *error)
{
	const struct clickhouse_place *place = &sender->place;
	struct error what;
	const char *columns;
	int code = ask(sender, wake, &columns, error,
		       "SELECT name, type FROM system.columns WHERE database = '%s' AND table = "
		       "'%s'",
		       place->database, place->table);

	if (code == 0)
		code = -clickhouse_check(place, columns, &what);
	else
		return code;
	if (code == EINVAL)
		error_set(error, code, "%s: %s", sender->name, what.text);
	return code;
}

/* All that is asked for before rows are sent, and again when something went wrong. */
static int prepare(struct clickhouse_sender *sender, int wake, struct error *error)
{
	const struct clickhouse_place *place = &sender->place;
	uint32_t version = 0;
	const char *answer;
	int code = look_at_version(sender, wake, &version, error);

	if (code == 0)
		code = check_table(sender, wake, error);
	if (code == ENOENT && sender->create) {
		code = create_table(sender, version, wake, error);
		if (code == 0)
			code = check_table(sender, wake, error);
	}
	if (code == ENOENT)
		return -error_set(error, code,
				  "%s: there is no table %s.%s, or this user may not see it; "
				  "create=yes makes it",
				  sender->name, place->database, place->table);
	/* Whether a batch is there can be asked for. */
	if (code == 0)
		code = ask(sender, wake, &answer, error, "SELECT batch FROM `%s`.`%s` LIMIT 0",
			   place->database, place->table);
	if (code == 0)
		sender->version = version;
	return code;
}

/* ---- sending ---- */

/* How many rows of the message the server has. 0, EAGAIN: it is still at it; or a failure. */
static int count_rows(struct clickhouse_sender *sender, int wake, uint64_t *count,
		      struct error *error)
{
	const struct clickhouse_rows *rows = &sender->rows;
	/* Its time column is of 32 bits, and wraps: what is beyond is looked for everywhere. */
	bool wraps = rows->last / 1000 > UINT32_MAX;
	uint64_t running;
	int code = ASK_NUMBER(sender, wake, &running, error,
			      "SELECT count() FROM system.processes WHERE query_id LIKE "
			      "'weir-%s-%llu-%%'",
			      sender->exporter, (unsigned long long)rows->batch);

	if (code == 0 && running > 0)
		return -error_set(error, EAGAIN,
				  "%s: the server still works on rows whose connection it has "
				  "lost; they are waited for",
				  sender->name);
	if (code != 0)
		return code;
	return ASK_NUMBER(
		sender, wake, count, error,
		"SELECT count() FROM `%s`.`%s` WHERE batch = %llu AND exporter = '%s' AND "
		"time >= toDateTime(%llu) AND time <= toDateTime(%llu)",
		sender->place.database, sender->place.table, (unsigned long long)rows->batch,
		sender->exporter, wraps ? 0ull : (unsigned long long)rows->first / 1000,
		wraps ? (unsigned long long)UINT32_MAX : (unsigned long long)rows->last / 1000);
}

/* After something went wrong. 0, or a failure; if rows are there the message is done. */
static int settle(struct clickhouse_sender *sender, struct message *message, int wake,
		  struct error *error)
{
	uint64_t count = 0;
	int code = count_rows(sender, wake, &count, error);
	char some[32], all[32];

	if (code != 0)
		return code;
	sender->unsure = false;
	if (count == 0)
		return 0;
	if (count < message->items) {
		message->lost = message->items - (uint32_t)count;
		log_warning("%s: of an INSERT of %s rows that failed the server has stored %s; the "
			    "others are lost",
			    sender->name, format_count(all, sizeof(all), message->items),
			    format_count(some, sizeof(some), count));
	}
	message->done = message->size;
	return 0;
}

static int insert(struct clickhouse_sender *sender, struct message *message, int wake,
		  struct error *error)
{
	char parameters[EXPORTER_MAX + 256];
	const char *answer;
	bool reached;
	int code;

	snprintf(parameters, sizeof(parameters),
		 CLICKHOUSE_ROWS_SETTINGS "&query_id=weir-%s-%llu-%u%s", sender->exporter,
		 (unsigned long long)sender->rows.batch, ++sender->attempts,
		 sender->version >= ASYNC_SINCE ? "&async_insert=0" : "");
	code = clickhouse_http_ask(sender->http, parameters, sender->insert, message->bytes,
				   message->size, wake, &answer, &reached, error);
	if (code == 0 && *answer != '\0')
		code = -error_set(error, EPROTO, "%s: what answers there is not ClickHouse",
				  sender->name);
	sender->unsure = code != 0 && reached;
	if (code == 0)
		message->done = message->size;
	return code;
}

static int clickhouse_send(void *context, struct message *message, int wake, struct error *error)
{
	struct clickhouse_sender *sender = context;
	int code = 0;

	if (sender->version == 0)
		code = prepare(sender, wake, error);
	if (code == 0 && sender->unsure)
		code = settle(sender, message, wake, error);
	if (code == 0 && message->done < message->size)
		code = insert(sender, message, wake, error);
	if (code != 0)
		sender->version = 0;
	return code;
}

/* ---- the beginning and the end ---- */

static int clickhouse_close(void *context)
{
	struct clickhouse_sender *sender = context;

	clickhouse_http_close(sender->http);
	free(sender->name);
	free(sender->insert);
	free(sender);
	return 0;
}

int clickhouse_sender_open(const struct clickhouse_settings *settings, struct encoder *encoder,
			   struct sender *made, struct error *error)
{
	struct clickhouse_sender *sender = calloc(1, sizeof(*sender));
	int result;

	if (sender == NULL)
		return error_set(error, ENOMEM, "no memory; free some");
	sender->place = settings->place;
	sender->create = settings->create;
	sender->ttl = settings->ttl;
	memcpy(sender->exporter, settings->exporter, sizeof(sender->exporter));
	sender->name = strdup(settings->http.name);
	sender->insert = clickhouse_insert(&settings->place);
	result = sender->name != NULL && sender->insert != NULL
			 ? clickhouse_http_open(&settings->http, &sender->http, error)
			 : error_set(error, ENOMEM, "no memory; free some");
	if (result != 0) {
		clickhouse_close(sender);
		return result;
	}
	*encoder = clickhouse_rows_encoder(&sender->rows, sender->exporter, settings->rows);
	*made = (struct sender){
		.context = sender,
		.send = clickhouse_send,
		.close = clickhouse_close,
		.retry_most = RETRY_MOST,
		.mends_within = MENDS_WITHIN,
	};
	return 0;
}
