/* SPDX-License-Identifier: BSD-3-Clause */
#include "clickhouse_http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include <weir/clock.h>

#define CONNECT_MS 5000

struct clickhouse_http {
	CURL *curl;
	CURLM *multi; /* so that its waiting can be ended */
	struct curl_slist *headers;
	char *base, *name;
	long timeout; /* ms */
	size_t used;  /* octets of `answer` */
	char answer[CLICKHOUSE_ANSWER_MAX];
};

/* What has no room is left out. */
static size_t take(char *bytes, size_t one, size_t size, void *context)
{
	struct clickhouse_http *http = context;
	size_t room = sizeof(http->answer) - 1 - http->used, taken = size < room ? size : room;

	(void)one;
	memcpy(http->answer + http->used, bytes, taken);
	http->used += taken;
	http->answer[http->used] = '\0';
	return size;
}

/* ---- what the server says is wrong ---- */

/*
 * "Code: 60, e.displayText() = DB::Exception: Table a.b doesn't exist., e.what() = DB::Exception",
 * or "Code: 60. DB::Exception: Table a.b does not exist. (UNKNOWN_TABLE) (version 26.7 ...)": what
 * is between is for people.
 */
static void cut_exception(char *answer, const char **from)
{
	static const char begin[] = "DB::Exception: ";
	static const char *const ends[] = {"\n", ", e.what()", ": While executing", " (version "};
	char *text = strstr(answer, begin), *end;

	text = text != NULL ? text + strlen(begin) : answer;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if ((end = strstr(text, ends[i])) != NULL)
			*end = '\0';
	for (end = text + strlen(text); end > text && strchr(". \r", end[-1]) != NULL;)
		*--end = '\0';
	*from = text;
}

static int refused(struct clickhouse_http *http, long status, struct error *error)
{
	bool denied = status == 401 || status == 403;
	const char *text;

	cut_exception(http->answer, &text);
	return -error_set(error, denied ? EACCES : EREMOTEIO,
			  "%s: %s %ld%s%.300s; it is tried again", http->name, "the server answers",
			  status, *text != '\0' ? ": " : "", text);
}

static int errno_of(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_CONNECT:
		return ECONNREFUSED;
	case CURLE_OPERATION_TIMEDOUT:
		return ETIMEDOUT;
	case CURLE_COULDNT_RESOLVE_HOST:
		return EHOSTUNREACH;
	default:
		return EIO;
	}
}

static int failed(struct clickhouse_http *http, CURLcode code, const char *why, struct error *error)
{
	return -error_set(error, errno_of(code), "%s: %s; it is tried again", http->name,
			  *why != '\0' ? why : curl_easy_strerror(code));
}

/* ---- a request ---- */

/* Until it is over. 0 with libcurl's result; or ECANCELED. */
static int perform(struct clickhouse_http *http, int wake, CURLcode *result)
{
	struct curl_waitfd watched = {.fd = wake, .events = CURL_WAIT_POLLIN};
	const CURLMsg *message;
	int running = 1, rest, code = 0;

	curl_multi_add_handle(http->multi, http->curl);
	while (running > 0 && code == 0) {
		curl_multi_perform(http->multi, &running);
		if (running > 0)
			curl_multi_poll(http->multi, &watched, wake >= 0, 1000, NULL);
		if (running > 0 && watched.revents != 0)
			code = ECANCELED;
	}
	*result = CURLE_RECV_ERROR;
	while ((message = curl_multi_info_read(http->multi, &rest)) != NULL)
		if (message->msg == CURLMSG_DONE)
			*result = message->data.result;
	curl_multi_remove_handle(http->multi, http->curl);
	return code;
}

/* The query, in the address where rows are the body. NULL: no memory. */
static char *address_of(const struct clickhouse_http *http, const char *parameters,
			const char *query, bool in_address)
{
	char *escaped = in_address ? curl_easy_escape(http->curl, query, 0) : NULL, *address = NULL;

	if (asprintf(&address, "%s?%s%s%s", http->base, parameters, in_address ? "&query=" : "",
		     in_address ? escaped : "") < 0)
		address = NULL;
	curl_free(escaped);
	return address;
}

static void prepare(struct clickhouse_http *http, const char *address, const char *body,
		    size_t size, bool once, char *why)
{
	http->used = 0;
	http->answer[0] = *why = '\0';
	curl_easy_setopt(http->curl, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(http->curl, CURLOPT_URL, address);
	curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
	/* What breaks off on a connection that was used before libcurl sends again by itself. */
	curl_easy_setopt(http->curl, CURLOPT_FRESH_CONNECT, (long)once);
}

int clickhouse_http_ask(struct clickhouse_http *http, const char *parameters, const char *query,
			const char *rows, size_t size, int wake, const char **answer, bool *reached,
			struct error *error)
{
	char *address = address_of(http, parameters, query, rows != NULL);
	char why[CURL_ERROR_SIZE];
	curl_off_t sent = 0;
	CURLcode result;
	long status = 0;
	int code;

	*reached = false;
	if (address == NULL)
		return -error_set(error, ENOMEM, "%s: no memory; free some", http->name);
	prepare(http, address, rows != NULL ? rows : query, rows != NULL ? size : strlen(query),
		rows != NULL, why);
	code = perform(http, wake, &result);
	curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(http->curl, CURLINFO_SIZE_UPLOAD_T, &sent);
	curl_easy_setopt(http->curl, CURLOPT_ERRORBUFFER, NULL);
	free(address);
	*reached = sent > 0 || status != 0;
	if (code != 0)
		return code;
	if (result != CURLE_OK)
		return failed(http, result, why, error);
	*answer = http->answer;
	return status == 200 ? 0 : refused(http, status, error);
}

/* ---- the beginning and the end ---- */

static void add_header(struct clickhouse_http *http, const char *name, const char *value)
{
	char *line;

	if (value == NULL || asprintf(&line, "%s: %s", name, value) < 0)
		return;
	http->headers = curl_slist_append(http->headers, line);
	free(line);
}

static void configure(struct clickhouse_http *http, const struct clickhouse_http_settings *settings)
{
	CURL *curl = http->curl;

	/* ClickHouse does not ask for them to be waited for, and takes large bodies at once. */
	http->headers = curl_slist_append(NULL, "Expect:");
	http->headers = curl_slist_append(http->headers, "Content-Type: application/octet-stream");
	add_header(http, "X-ClickHouse-User", settings->user);
	add_header(http, "X-ClickHouse-Key", settings->password);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "weir");
	curl_easy_setopt(curl, CURLOPT_POST, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(settings->timeout / CLOCK_MILLISECOND));
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, (long)settings->verify);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, settings->verify ? 2L : 0L);
	if (settings->ca != NULL)
		curl_easy_setopt(curl, CURLOPT_CAINFO, settings->ca);
}

int clickhouse_http_open(const struct clickhouse_http_settings *settings,
			 struct clickhouse_http **made, struct error *error)
{
	struct clickhouse_http *http = calloc(1, sizeof(*http));

	if (http == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(http);
		return error_set(error, ENOMEM, "no memory for libcurl; free some");
	}
	http->curl = curl_easy_init();
	http->multi = curl_multi_init();
	http->base = strdup(settings->base);
	http->name = strdup(settings->name);
	if (http->curl == NULL || http->multi == NULL || http->base == NULL || http->name == NULL) {
		clickhouse_http_close(http);
		return error_set(error, ENOMEM, "no memory for libcurl; free some");
	}
	configure(http, settings);
	*made = http;
	return 0;
}

void clickhouse_http_close(struct clickhouse_http *http)
{
	if (http == NULL)
		return;
	curl_slist_free_all(http->headers);
	curl_easy_cleanup(http->curl);
	curl_multi_cleanup(http->multi);
	free(http->base);
	free(http->name);
	free(http);
	curl_global_cleanup();
}
