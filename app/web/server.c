/* SPDX-License-Identifier: BSD-3-Clause */
#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>

#include "answer.h"

/* At most so many clients of weir, which has places for ten. */
#define THREADS 4

#define REQUEST_BYTES 16384 /* a request's head and an answer's */

/* ---- a request ---- */

static enum MHD_Result add_parameter(void *context, enum MHD_ValueKind kind, const char *name,
				     const char *value)
{
	struct request *request = context;

	(void)kind;
	if (request->parameter_count == REQUEST_PARAMETERS_MAX)
		return MHD_NO;
	request->parameters[request->parameter_count++] =
		(struct request_parameter){.name = name, .value = value};
	return MHD_YES;
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct answer *answer)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (answer->body == NULL)
		return MHD_NO; /* no memory: it is closed */
	response =
		MHD_create_response_from_buffer(answer->size, answer->body, MHD_RESPMEM_MUST_FREE);
	if (response == NULL) {
		free(answer->body);
		return MHD_NO;
	}
	MHD_add_response_header(response, "Content-Type", answer->type);
	MHD_add_response_header(response, "Cache-Control", "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	result = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result take_request(void *context, struct MHD_Connection *connection,
				    const char *path, const char *method, const char *version,
				    const char *body, size_t *body_bytes, void **seen)
{
	static char mark;
	struct server *server = context;
	struct request request = {.path = path};
	struct answer answer;

	(void)version;
	(void)body;
	/* It comes with the head first, then with what follows, of which nothing is wanted. */
	if (*seen == NULL || *body_bytes > 0) {
		*seen = &mark;
		*body_bytes = 0;
		return MHD_YES;
	}
	request.host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
	request.accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_parameter, &request);
	if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0)
		answer_get(server->options, &request, &answer);
	else
		answer_line(&answer, MHD_HTTP_METHOD_NOT_ALLOWED,
			    "only GET: nothing is changed here");
	return send_answer(connection, &answer);
}

/* ---- connections ---- */

static void note_connection(void *context, struct MHD_Connection *connection, void **own,
			    enum MHD_ConnectionNotificationCode what)
{
	struct server *server = context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		*own = patience_begin(
			&server->patience,
			MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				->connect_fd,
			clock_monotonic_ns());
	else
		patience_end(&server->patience, *own);
}

static void note_completion(void *context, struct MHD_Connection *connection, void **seen,
			    enum MHD_RequestTerminationCode why)
{
	struct server *server = context;

	(void)seen;
	(void)why;
	patience_renew(&server->patience,
		       MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
			       ->socket_context,
		       clock_monotonic_ns());
}

int server_start(struct server *server, const struct web_options *options, int fd,
		 struct error *error)
{
	server->options = options;
	patience_init(&server->patience);
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, take_request, server,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned int)THREADS,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)PATIENCE_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)PATIENCE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION, note_connection,
		server, MHD_OPTION_NOTIFY_COMPLETED, note_completion, server, MHD_OPTION_END);
	if (server->daemon == NULL)
		return error_set(error, errno != 0 ? errno : EIO,
				 "the HTTP server: %s; are there limits on threads or files?",
				 strerror(errno));
	return 0;
}

void server_stop(struct server *server)
{
	MHD_stop_daemon(server->daemon);
}
