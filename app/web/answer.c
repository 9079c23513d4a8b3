/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include <weir/client.h>
#include <weir/client_report.h>
#include <weir/metrics.h>

#define QUESTION_BYTES 1024 /* what the socket takes */

void answer_line(struct answer *answer, unsigned int status, const char *line)
{
	int length;

	*answer = (struct answer){.status = status, .type = "text/plain; charset=utf-8"};
	length = asprintf(&answer->body, "weirweb: %s\n", line);
	if (length < 0)
		answer->body = NULL;
	else
		answer->size = (size_t)length;
}

static void answer_json(struct answer *answer, unsigned int status, const json_t *document)
{
	answer->status = status;
	answer->type = "application/json";
	answer->body = json_dumps(document, JSON_COMPACT | JSON_ENCODE_ANY);
	answer->size = answer->body != NULL ? strlen(answer->body) : 0;
}

static void answer_error(struct answer *answer, unsigned int status, const char *line)
{
	json_t *document = json_pack("{s:s}", "error", line);

	answer_json(answer, status, document);
	json_decref(document);
}

/* ---- /metrics ---- */

static int ask_report(const struct web_options *options, json_t **report, struct error *error)
{
	struct client client;
	int result = client_connect(&client, options->socket, options->file_prefix, error);

	if (result != 0)
		return result;
	result = report_ask(&client, REPORT_STATISTICS, report, error);
	client_close(&client);
	return result;
}

static void answer_metrics(const struct web_options *options, const struct request *request,
			   struct answer *answer)
{
	enum metrics_format format = request_format(request);
	struct error error;
	json_t *report;
	FILE *out;

	if (ask_report(options, &report, &error) != 0) {
		answer_line(answer, MHD_HTTP_SERVICE_UNAVAILABLE, error.text);
		return;
	}
	*answer = (struct answer){.status = MHD_HTTP_OK, .type = metrics_content_type(format)};
	out = open_memstream(&answer->body, &answer->size);
	if (out != NULL) {
		metrics_write(out, format, report);
		/* Cut, it would be other numbers. */
		if (ferror(out) | fclose(out)) {
			free(answer->body);
			answer->body = NULL;
		}
	}
	json_decref(report);
}

/* ---- /api/v1/ ---- */

static int ask(const struct web_options *options, const char *question, json_t **reply,
	       struct error *error)
{
	struct client client;
	int result = client_connect(&client, options->socket, options->file_prefix, error);

	if (result != 0)
		return result;
	result = client_ask(&client, question, reply, error);
	client_close(&client);
	return result;
}

/* What weir refuses is the fault of what was asked, if anything was; else it is not ready. */
static unsigned int status_of(int result, const struct request *request)
{
	switch (result) {
	case -ENOENT:
		return MHD_HTTP_NOT_FOUND;
	case -EPERM:
		return MHD_HTTP_FORBIDDEN;
	case -EINVAL:
		return MHD_HTTP_BAD_REQUEST;
	case -EREMOTEIO:
		return request->parameter_count > 0 ? MHD_HTTP_BAD_REQUEST
						    : MHD_HTTP_SERVICE_UNAVAILABLE;
	default:
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	}
}

static void answer_api(const struct web_options *options, const struct request *request,
		       struct answer *answer)
{
	char question[QUESTION_BYTES];
	struct error error;
	json_t *reply;
	int result = request_question(request, question, sizeof(question), &error);

	if (result != 0) {
		answer_error(answer, status_of(result, request), error.text);
		return;
	}
	result = ask(options, question, &reply, &error);
	if (result != 0) {
		/* -ENOENT: no weir, and not: no such question. */
		result = result == -EREMOTEIO ? result : -EIO;
		answer_error(answer, status_of(result, request), error.text);
		return;
	}
	answer_json(answer, MHD_HTTP_OK, reply);
	json_decref(reply);
}

void answer_get(const struct web_options *options, const struct request *request,
		struct answer *answer)
{
	if (!request_is_for_us(request, options->hosts.words, options->hosts.count))
		answer_line(answer, MHD_HTTP_FORBIDDEN,
			    "that host is not served here; if it is this one's name, start weirweb "
			    "with --host NAME");
	else if (strcmp(request->path, "/metrics") == 0)
		answer_metrics(options, request, answer);
	else if (strncmp(request->path, REQUEST_API, strlen(REQUEST_API)) == 0)
		answer_api(options, request, answer);
	else
		answer_line(answer, MHD_HTTP_NOT_FOUND,
			    "nothing is here; there are /metrics and " REQUEST_API "ledger, "
			    "/throughput, ...");
}
