/* SPDX-License-Identifier: BSD-3-Clause */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weir/clock.h>

#define ASK_WITHIN (5 * CLOCK_SECOND)
#define BURST      64

/* ---- what all of them have in common ---- */

static enum client_state refuse(struct client *client, const struct error *error)
{
	char line[sizeof(error->text) + 16];
	int length = snprintf(line, sizeof(line), "error: %s\n", error->text);

	(void)!send(client->socket, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
	return CLIENT_NONE;
}

/* It has shut down its sending side, or is gone; what it says meanwhile is not listened to. */
static bool wants_no_more(const struct client *client)
{
	char bytes[256];
	ssize_t got = recv(client->socket, bytes, sizeof(bytes), MSG_DONTWAIT);

	return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

static bool settled(const struct clients *clients)
{
	for (uint32_t w = 0; w < clients->settings.worker_count; w++)
		if (!handover_settled(clients->settings.handovers[w]))
			return false;
	return true;
}

/* Frames lost on the way from the workers: those of all times less those noted before. */
static void note_lost(const struct clients *clients, struct client *client)
{
	const struct capture_settings *settings = &clients->settings;

	for (uint32_t i = 0; i < settings->interface_count; i++) {
		uint64_t lost = 0;

		for (uint32_t w = 0; w < settings->worker_count; w++)
			lost += handover_lost(settings->handovers[w], client->receiver,
					      settings->interfaces[i].port);
		client->lost[i] = lost - client->lost[i];
	}
}

/* ---- from state to state ---- */

static enum client_state arm(struct clients *clients, struct client *client, struct error *error)
{
	client->stream = stream_create(&clients->settings, &client->request);
	free(client->text);
	client->text = NULL;
	if (client->stream == NULL) {
		error_set(error, ENOMEM, "capture: out of memory; free some");
		return refuse(client, error);
	}
	memset(client->lost, 0, sizeof(client->lost));
	note_lost(clients, client);
	for (uint32_t w = 0; w < clients->settings.worker_count; w++)
		handover_arm(clients->settings.handovers[w], client->receiver, client->filter,
			     false);
	return CLIENT_STARTS;
}

static enum client_state answer(struct clients *clients, struct client *client)
{
	struct error error;

	if (request_parse(client->text, &client->request, &error) != 0)
		return refuse(client, &error);
	if (client->request.filter == NULL)
		return arm(clients, client, &error);
	if (filter_begin(client->request.filter, &client->job, &error) != 0)
		return refuse(client, &error);
	return CLIENT_COMPILES;
}

static enum client_state step_asks(struct clients *clients, struct client *client, uint64_t now)
{
	ssize_t got = recv(client->socket, client->text + client->length,
			   REQUEST_BYTES_MAX - client->length, MSG_DONTWAIT);
	struct error error;
	char *end;

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		return CLIENT_NONE;
	client->length += got > 0 ? (size_t)got : 0;
	end = memchr(client->text, '\n', client->length);
	if (end != NULL && memchr(client->text, '\0', client->length) == NULL) {
		*end = '\0';
		return answer(clients, client);
	}
	if (end != NULL || client->length == REQUEST_BYTES_MAX)
		error_set(&error, EINVAL, "capture: is no line of text of less than %d octets",
			  REQUEST_BYTES_MAX);
	else if (now >= client->until)
		error_set(&error, ETIMEDOUT, "capture: no line has come within %d s",
			  (int)(ASK_WITHIN / CLOCK_SECOND));
	else
		return CLIENT_ASKS;
	return refuse(client, &error);
}

static enum client_state step_compiles(struct clients *clients, struct client *client, uint64_t now)
{
	struct error error;
	int result;

	(void)now;
	if (wants_no_more(client))
		return CLIENT_NONE;
	result = filter_look(client->job, clients->settings.fields, &client->filter, &error);
	if (result == -EAGAIN)
		return CLIENT_COMPILES;
	client->job = NULL;
	return result == 0 ? arm(clients, client, &error) : refuse(client, &error);
}

/* What the client gets begins when all workers know: so nothing is missing afterwards. */
static enum client_state step_starts(struct clients *clients, struct client *client, uint64_t now)
{
	if (!settled(clients))
		return CLIENT_STARTS;
	client->until = client->request.duration == UINT64_MAX ? UINT64_MAX
							       : now + client->request.duration;
	return CLIENT_RUNS;
}

static enum client_state disarm(const struct clients *clients, struct client *client)
{
	/* What a client that has all would have had later is not lost to it. */
	client->counted = stream_has_all(client->stream);
	if (client->counted)
		note_lost(clients, client);
	for (uint32_t w = 0; w < clients->settings.worker_count; w++)
		handover_disarm(clients->settings.handovers[w], client->receiver);
	return CLIENT_ENDS;
}

static enum client_state step_runs(struct clients *clients, struct client *client, uint64_t now)
{
	int result = stream_send(client->stream, client->socket);

	client->waits = result > 0;
	if (result < 0 || now >= client->until || stream_has_all(client->stream) ||
	    wants_no_more(client))
		return disarm(clients, client);
	return CLIENT_RUNS;
}

static enum client_state step_ends(struct clients *clients, struct client *client, uint64_t now)
{
	(void)now;
	if (!settled(clients))
		return CLIENT_ENDS;
	(void)clients_take(clients);
	if (!client->counted)
		note_lost(clients, client);
	stream_end(client->stream, client->lost);
	return CLIENT_LEAVES;
}

static enum client_state step_leaves(struct clients *clients, struct client *client, uint64_t now)
{
	(void)clients, (void)now;
	client->waits = stream_send(client->stream, client->socket) > 0;
	return client->waits ? CLIENT_LEAVES : CLIENT_NONE;
}

static enum client_state (*const steps[])(struct clients *clients, struct client *client,
					  uint64_t now) = {
	[CLIENT_ASKS] = step_asks, [CLIENT_COMPILES] = step_compiles, [CLIENT_STARTS] = step_starts,
	[CLIENT_RUNS] = step_runs, [CLIENT_ENDS] = step_ends,         [CLIENT_LEAVES] = step_leaves,
};

/* ---- all of them ---- */

static void forget(struct client *client)
{
	if (client->job != NULL)
		filter_leave(client->job);
	filter_destroy(client->filter);
	stream_destroy(client->stream);
	free(client->text);
	close(client->socket);
	*client = (struct client){.state = CLIENT_NONE};
}

static void begin(struct client *client, int socket, uint64_t now)
{
	*client = (struct client){
		.state = CLIENT_ASKS,
		.socket = socket,
		.text = malloc(REQUEST_BYTES_MAX),
		.until = now + ASK_WITHIN,
	};
	if (client->text == NULL)
		forget(client);
}

void clients_add(struct clients *clients, int socket, uint64_t now)
{
	struct client nobody = {.socket = socket};
	struct error error;

	for (unsigned int c = 0; c < CAPTURE_CLIENTS_MAX; c++)
		if (clients->list[c].state == CLIENT_NONE) {
			begin(&clients->list[c], socket, now);
			clients->list[c].receiver = c;
			return;
		}
	error_set(&error, EBUSY, "capture: %d run already; end one of them", CAPTURE_CLIENTS_MAX);
	(void)refuse(&nobody, &error);
	close(socket);
}

static void deal_out(struct clients *clients, const struct handover_frame *frame)
{
	for (uint32_t left = frame->receivers; left != 0; left &= left - 1) {
		struct client *client = &clients->list[__builtin_ctz(left)];

		if (client->stream != NULL)
			stream_add(client->stream, frame);
	}
}

bool clients_take(struct clients *clients)
{
	const struct capture_settings *settings = &clients->settings;
	struct handover_frame frames[BURST];
	bool some = false;
	uint32_t count;

	for (uint32_t w = 0; w < settings->worker_count; w++)
		/* No more than there can be at a time, so that no worker keeps the others waiting.
		 */
		for (uint32_t taken = 0; taken < HANDOVER_FRAMES; taken += count) {
			count = handover_take(settings->handovers[w], frames, BURST);
			if (count == 0)
				break;
			some = true;
			for (uint32_t i = 0; i < count; i++)
				deal_out(clients, &frames[i]);
			handover_return(settings->handovers[w], frames, count);
		}
	return some;
}

void clients_step(struct clients *clients, uint64_t now)
{
	for (unsigned int c = 0; c < CAPTURE_CLIENTS_MAX; c++) {
		struct client *client = &clients->list[c];
		enum client_state before = CLIENT_NONE;

		while (client->state != before) {
			before = client->state;
			client->state = steps[before](clients, client, now);
			if (client->state == CLIENT_NONE) {
				forget(client);
				break;
			}
		}
	}
}

void clients_stop(struct clients *clients)
{
	for (unsigned int c = 0; c < CAPTURE_CLIENTS_MAX; c++) {
		struct client *client = &clients->list[c];

		if (client->state == CLIENT_STARTS || client->state == CLIENT_RUNS)
			client->state = disarm(clients, client);
		else if (client->state != CLIENT_NONE && client->state < CLIENT_STARTS)
			forget(client);
	}
}

unsigned int clients_count(const struct clients *clients)
{
	unsigned int count = 0;

	for (unsigned int c = 0; c < CAPTURE_CLIENTS_MAX; c++)
		count += clients->list[c].state != CLIENT_NONE;
	return count;
}

unsigned int clients_busy(const struct clients *clients)
{
	unsigned int count = 0;

	for (unsigned int c = 0; c < CAPTURE_CLIENTS_MAX; c++)
		count += clients->list[c].state >= CLIENT_COMPILES &&
			 clients->list[c].state <= CLIENT_ENDS;
	return count;
}

void clients_drop(struct clients *clients)
{
	for (unsigned int c = 0; c < CAPTURE_CLIENTS_MAX; c++)
		if (clients->list[c].state != CLIENT_NONE)
			forget(&clients->list[c]);
}
