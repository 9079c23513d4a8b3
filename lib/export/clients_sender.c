/* SPDX-License-Identifier: BSD-3-Clause */
#include "clients_sender.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/local_socket.h>
#include <weir/runtime.h>

#define PROMPT_MS  100 /* so long a message may take a client that is not slow */
#define LAST_MS    500 /* ... and the end of the last one each of them */
#define LOOK       (100 * CLOCK_MILLISECOND)
#define NOTICE_MAX 40 /* octets of {"lost":N} and its newline */

struct client {
	int socket; /* -1: there is none */
	bool slow;
	uint64_t lost;   /* lines, since it was last told */
	uint32_t missed; /* ... of this message */
	const char *at;  /* what comes next of it; its end: nothing */
	char *rest;      /* what comes before that: of a line that was cut, or a notice */
	size_t rest_size;
};

struct clients_sender {
	struct local_socket socket;
	bool patient, had_one;
	uint32_t count;
	struct client list[CLIENTS_MAX];
	char rests[]; /* a line and a notice for each client */
};

/* ---- who is there ---- */

static void forget(struct clients_sender *sender, struct client *client)
{
	close(client->socket);
	client->socket = -1;
	sender->count--;
}

static void refuse(int socket)
{
	static const char line[] = "{\"error\":\"too many clients are there; end one of them\"}\n";

	(void)!send(socket, line, sizeof(line) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(socket);
}

static struct client *free_place(struct clients_sender *sender)
{
	for (unsigned int c = 0; c < CLIENTS_MAX; c++)
		if (sender->list[c].socket < 0)
			return &sender->list[c];
	return NULL;
}

static void welcome_all(struct clients_sender *sender)
{
	int socket;

	while ((socket = local_socket_accept(&sender->socket)) >= 0) {
		struct client *client = free_place(sender);

		if (client == NULL) {
			refuse(socket);
			continue;
		}
		*client = (struct client){.socket = socket, .rest = client->rest};
		sender->had_one = true;
		sender->count++;
	}
}

static bool has_left(const struct client *client)
{
	char bytes[256];
	ssize_t got = recv(client->socket, bytes, sizeof(bytes), MSG_DONTWAIT);

	return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

/* ---- giving ---- */

static bool has_all(const struct client *client, const char *end)
{
	return client->socket < 0 || (client->rest_size == 0 && client->at == end);
}

/* How many octets it takes now; 0: none, or it is gone. */
static size_t offer(struct clients_sender *sender, struct client *client, const char *bytes,
		    size_t size)
{
	ssize_t got = send(client->socket, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (got < 0 && errno != EAGAIN && errno != EINTR)
		forget(sender, client);
	return got < 0 ? 0 : (size_t)got;
}

/* As much as it takes now of what comes before the message, and of that. */
static void give(struct clients_sender *sender, struct client *client, const char *end)
{
	if (client->rest_size > 0) {
		size_t took = offer(sender, client, client->rest, client->rest_size);

		client->rest_size -= took;
		memmove(client->rest, client->rest + took, client->rest_size);
	}
	if (client->rest_size == 0 && !has_all(client, end))
		client->at += offer(sender, client, client->at, (size_t)(end - client->at));
}

/* False: nobody is worth waiting for any more. */
static bool give_all(struct clients_sender *sender, const char *end, struct pollfd *polls)
{
	bool worth = false;

	for (unsigned int c = 0; c < CLIENTS_MAX; c++) {
		struct client *client = &sender->list[c];

		if (!has_all(client, end))
			give(sender, client, end);
		bool waits = !has_all(client, end);

		worth |= waits && (!client->slow || sender->patient);
		polls[c] = (struct pollfd){.fd = waits ? client->socket : -1, .events = POLLOUT};
	}
	return worth;
}

static uint32_t count_lines(const char *at, const char *end)
{
	uint32_t lines = 0;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		at++;
		lines++;
	}
	return lines;
}

static void miss(struct client *client, const char *from, const char *end)
{
	uint32_t lines = count_lines(from, end);

	client->at = end;
	client->missed += lines;
	client->lost += lines;
	client->slow = true;
}

/* It gets the rest of the line that it has begun with, later, and no more of the message. */
static void cut_off(struct client *client, const char *begin, const char *end)
{
	const char *from = client->at;

	if (client->rest_size == 0 && from > begin && from[-1] != '\n') {
		from = (const char *)memchr(from, '\n', (size_t)(end - from)) + 1;
		client->rest_size = (size_t)(from - client->at);
		memcpy(client->rest, client->at, client->rest_size);
	}
	miss(client, from, end);
}

/* Who is still busy with what was before gets nothing of this one; who has lost is told first. */
static void begin_message(struct clients_sender *sender, const char *begin, const char *end)
{
	for (unsigned int c = 0; c < CLIENTS_MAX; c++) {
		struct client *client = &sender->list[c];

		client->missed = 0;
		client->at = begin;
		if (client->socket >= 0)
			give(sender, client, begin);
		if (client->socket >= 0 && client->rest_size > 0) {
			miss(client, begin, end);
		} else if (client->lost > 0) {
			client->rest_size = (size_t)snprintf(
				client->rest, NOTICE_MAX, "{\"lost\":%" PRIu64 "}\n", client->lost);
			client->lost = 0;
		}
	}
}

/* What they have not taken by now is lost to them. The most that one of them has missed. */
static uint32_t end_message(struct clients_sender *sender, const char *begin, const char *end)
{
	uint32_t most = 0;

	for (unsigned int c = 0; c < CLIENTS_MAX; c++) {
		struct client *client = &sender->list[c];

		if (client->socket < 0)
			continue;
		if (client->missed == 0 && has_all(client, end))
			client->slow = false;
		else
			cut_off(client, begin, end);
		most = client->missed > most ? client->missed : most;
	}
	return most;
}

/* False: no longer. */
static bool wait_for(const struct clients_sender *sender, struct pollfd *polls, int wake,
		     uint64_t until)
{
	uint64_t now = clock_monotonic_ns();
	int ms = sender->patient ? -1
		 : now < until   ? (int)((until - now + CLOCK_MILLISECOND - 1) / CLOCK_MILLISECOND)
				 : 0;

	polls[CLIENTS_MAX] = (struct pollfd){.fd = wake, .events = POLLIN};
	if (poll(polls, CLIENTS_MAX + 1, ms) < 0)
		return errno == EINTR;
	return now < until || sender->patient ? polls[CLIENTS_MAX].revents == 0 : false;
}

static int clients_send(void *context, struct message *message, int wake, struct error *error)
{
	struct clients_sender *sender = context;
	const char *begin = message->bytes, *end = begin + message->size;
	uint64_t until = clock_monotonic_ns() + PROMPT_MS * CLOCK_MILLISECOND;
	struct pollfd polls[CLIENTS_MAX + 1];

	(void)error;
	welcome_all(sender);
	if (sender->patient && !sender->had_one)
		return ENXIO;
	if (sender->count > 0) {
		begin_message(sender, begin, end);
		while (give_all(sender, end, polls) && wait_for(sender, polls, wake, until))
			;
		message->lost = end_message(sender, begin, end);
	}
	message->done = message->size;
	return 0;
}

/* ---- meanwhile, and at the end ---- */

static uint64_t look(void *context)
{
	struct clients_sender *sender = context;

	welcome_all(sender);
	for (unsigned int c = 0; c < CLIENTS_MAX; c++) {
		struct client *client = &sender->list[c];

		if (client->socket >= 0 && has_left(client))
			forget(sender, client);
		if (client->socket >= 0)
			give(sender, client, client->at);
	}
	return LOOK;
}

static int clients_close(void *context)
{
	struct clients_sender *sender = context;
	uint64_t until = clock_monotonic_ns() + LAST_MS * CLOCK_MILLISECOND;
	struct pollfd polls[CLIENTS_MAX + 1];
	const char *const nothing = "";

	begin_message(sender, nothing, nothing);
	sender->patient = false;
	for (unsigned int c = 0; c < CLIENTS_MAX; c++)
		sender->list[c].slow = false; /* all of them for once */
	while (give_all(sender, nothing, polls) && wait_for(sender, polls, -1, until))
		;
	for (unsigned int c = 0; c < CLIENTS_MAX; c++)
		if (sender->list[c].socket >= 0)
			forget(sender, &sender->list[c]);
	local_socket_close(&sender->socket);
	free(sender);
	return 0;
}

int clients_sender_open(const char *directory, size_t longest, bool patient, struct sender *made,
			char *name, size_t size, struct error *error)
{
	const size_t room = longest + NOTICE_MAX;
	struct clients_sender *sender = calloc(1, sizeof(*sender) + CLIENTS_MAX * room);
	int result;

	if (sender == NULL)
		return error_set(error, ENOMEM, "no memory for its clients; free some");
	result = local_socket_open(&sender->socket, directory, RUNTIME_FLOWS, CLIENTS_MAX);
	if (result != 0) {
		free(sender);
		return error_set(error, -result, "%s/" RUNTIME_FLOWS ": %s; see to the directory",
				 directory, strerror(-result));
	}
	sender->patient = patient;
	for (unsigned int c = 0; c < CLIENTS_MAX; c++)
		sender->list[c] = (struct client){.socket = -1, .rest = sender->rests + c * room};
	snprintf(name, size, "%s", local_socket_name(&sender->socket));
	*made = (struct sender){.context = sender,
				.send = clients_send,
				.look = look,
				.close = clients_close,
				.spectators = true};
	return 0;
}
