/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_CLICKHOUSE_HTTP_H
#define WEIR_EXPORT_CLICKHOUSE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/error.h>

/*
 * Requests to ClickHouse's HTTP interface, by libcurl: one at a time, on a connection that is kept
 * for all that may be asked twice. One thread.
 */
struct clickhouse_http;

/* Texts are copied. */
struct clickhouse_http_settings {
	const char *base;            /* "http://host:8123/" */
	const char *name;            /* the URL as people know it */
	const char *user, *password; /* NULL: none */
	const char *ca;              /* of https: a file of certificates; NULL: the system's */
	bool verify;                 /* who the server is */
	uint64_t timeout;            /* ns an answer may take */
};

/* Connects to nobody. 0, or negative errno with the line. Main thread. */
int clickhouse_http_open(const struct clickhouse_http_settings *settings,
			 struct clickhouse_http **http, struct error *error);
void clickhouse_http_close(struct clickhouse_http *http);

#define CLICKHOUSE_ANSWER_MAX ((size_t)256 << 10)

/*
 * Send a query; with `rows` (NULL: none) behind it, which go on their way once at most.
 * `parameters`: NAME=VALUE&..., escaped. 0: *answer is the server's, terminated, good until the
 * next request. Else a positive errno with the line: ECANCELED, once `wake` can be read; what the
 * server says is wrong, in its own words. *reached: the server may have taken something of it.
 */
int clickhouse_http_ask(struct clickhouse_http *http, const char *parameters, const char *query,
			const char *rows, size_t size, int wake, const char **answer, bool *reached,
			struct error *error);

#endif
