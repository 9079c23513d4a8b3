/* SPDX-License-Identifier: BSD-3-Clause */
#include "parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TIMEOUT_SECONDS 2
#define GREETING_BYTES  1024
#define ANSWER_LEAST    1024
#define ANSWER_MOST     (1 << 20)

static int timed_out(struct error *error)
{
	return error_set(error, ETIMEDOUT, "the socket: no answer within %d s; is weir stopped?",
			 TIMEOUT_SECONDS);
}

/* The message that comes next, terminated, in client->buffer. Bytes or negative errno. */
static ssize_t receive(struct client *client, struct error *error)
{
	ssize_t got = recv(client->socket, client->buffer, client->size, 0);

	if (got < 0 && errno == EAGAIN)
		return timed_out(error);
	if (got < 0)
		return error_set(error, errno, "the socket: %s; ask again", strerror(errno));
	if (got == 0)
		return error_set(
			error, ECONNRESET,
			"the socket: closed by weir; it has ended or has 10 clients already");
	client->buffer[got] = '\0';
	return got;
}

static int resize(struct client *client, size_t size, struct error *error)
{
	char *buffer = realloc(client->buffer, size + 1);

	if (buffer == NULL)
		return error_set(error, ENOMEM, "no memory for an answer");
	client->buffer = buffer;
	client->size = size;
	return 0;
}

/* {"version":"DPDK ...","pid":1,"max_output_len":16384} */
static int read_greeting(struct client *client, const char *path, struct error *error)
{
	int result = resize(client, GREETING_BYTES, error);

	if (result != 0)
		return result;
	ssize_t got = receive(client, error);

	if (got < 0)
		return (int)got;
	json_t *greeting = json_loadb(client->buffer, (size_t)got, 0, NULL);
	json_int_t most = json_integer_value(json_object_get(greeting, "max_output_len"));

	json_decref(greeting);
	if (most < ANSWER_LEAST || most > ANSWER_MOST)
		return error_set(error, EPROTO,
				 "%s: is no telemetry socket of DPDK; check the path", path);
	return resize(client, (size_t)most, error);
}

static int connect_to(struct client *client, const char *path, struct error *error)
{
	const int fd = client->socket;
	const struct timeval timeout = {.tv_sec = TIMEOUT_SECONDS};
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(error, ENAMETOOLONG, "%s: longer than a socket's path can be",
				 path);
	strcpy(address.sun_path, path);
	strcpy(client->path, path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	switch (errno) {
	case EAGAIN:
		return timed_out(error);
	case ECONNREFUSED:
		return error_set(error, errno,
				 "%s: nobody answers there; check the path, or start weir again",
				 path);
	case EACCES:
		return error_set(error, errno, "%s: %s; only the user of weir may ask it", path,
				 strerror(errno));
	case EPROTOTYPE:
		return error_set(error, errno, "%s: is no telemetry socket of DPDK; check the path",
				 path);
	default:
		return error_set(error, errno, "%s: %s; check the path and its permissions", path,
				 strerror(errno));
	}
}

int client_open(struct client *client, const char *path, struct error *error)
{
	*client = (struct client){.socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
	if (client->socket < 0)
		return error_set(error, errno, "socket: %s", strerror(errno));
	int result = connect_to(client, path, error);

	if (result == 0)
		result = read_greeting(client, path, error);
	if (result != 0)
		client_close(client);
	return result;
}

void client_close(struct client *client)
{
	if (client->socket >= 0)
		close(client->socket);
	free(client->buffer);
	*client = (struct client){.socket = -1};
}

/* {"/weir/top": ANSWER} -> ANSWER, a new reference. */
static int unwrap(const json_t *message, const char *command, json_t **answer, struct error *error)
{
	json_t *value = json_object_iter_value(json_object_iter((json_t *)message));
	const char *reason = json_string_value(json_object_get(value, "error"));
	const char *more = json_string_value(json_object_get(value, "error_more"));

	if (value == NULL)
		return error_set(error, EPROTO, "the answer is not JSON; is that a DPDK process?");
	if (json_is_null(value))
		return error_set(error, ENOENT, "%s: unknown there; is it a weir of this version?",
				 command);
	if (reason != NULL)
		return error_set(error, EREMOTEIO, "%s%s", reason, more != NULL ? more : "");
	*answer = json_incref(value);
	return 0;
}

int client_ask(struct client *client, const char *command, json_t **answer, struct error *error)
{
	*answer = NULL;
	if (send(client->socket, command, strlen(command), MSG_NOSIGNAL) < 0)
		return errno == EAGAIN ? timed_out(error)
				       : error_set(error, errno, "the socket: %s; weir has ended",
						   strerror(errno));
	ssize_t got = receive(client, error);

	if (got < 0)
		return (int)got;
	json_t *message = json_loadb(client->buffer, (size_t)got, 0, NULL);
	int result = unwrap(message, command, answer, error);

	json_decref(message);
	return result;
}

int client_ask_info(struct client *client, json_t **info, struct error *error)
{
	return client_ask(client, "/weir/info", info, error);
}

bool client_info_of_captures(const json_t *info)
{
	const json_t *settings = json_object_get(info, "settings");
	const char *input = json_string_value(json_object_get(settings, "input"));

	return input != NULL && strcmp(input, "captures") == 0;
}
