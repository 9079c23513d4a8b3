/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/socket_sender.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/log.h>

#include "socket_connect.h"
#include "tls.h"

#define RETRY_MOST   (30 * CLOCK_SECOND)
#define MENDS_WITHIN (60 * CLOCK_SECOND)
#define REFUSAL_MS   100 /* so soon another end says that it will take nothing */
#define READS_MAX    64  /* of 4 KiB, at a time: who talks all the time holds up nothing */
#define HANG_UP_MS   500 /* so long the other end may take to close a connection */

struct socket_sender {
	struct socket_place place;
	bool lines;
	int socket;      /* -1: there is no connection */
	bool fresh;      /* UDP: nothing was sent on it */
	bool said_long;  /* that messages are too long */
	struct tls *tls; /* NULL: in the clear */
};

static void disconnect(struct socket_sender *sender)
{
	if (sender->socket < 0)
		return;
	if (sender->tls != NULL)
		tls_end(sender->tls);
	close(sender->socket);
	sender->socket = -1;
}

static int failed(const struct socket_sender *sender, int code, struct error *error)
{
	return -error_set(error, code, "%s: %s; it is tried again", sender->place.name,
			  strerror(code));
}

/* ---- connections ---- */

/* Has the other end closed it? What it says is not listened to. 0, EPIPE, or a failure. */
static int look_at_peer(const struct socket_sender *sender, struct error *error)
{
	char bytes[4096];
	ssize_t got = 1;

	if (sender->tls != NULL)
		return tls_look(sender->tls, error);
	for (int reads = 0; got > 0 && reads < READS_MAX; reads++)
		got = recv(sender->socket, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (got >= 0)
		return got == 0 ? EPIPE : 0;
	return errno == EAGAIN || errno == EINTR ? 0 : failed(sender, errno, error);
}

/* Who ends each connection that it takes, as TLS does without a certificate, does so at once. */
static int await_farewell(const struct socket_sender *sender, int wake, struct error *error)
{
	int code = socket_wait(sender->socket, POLLIN, wake, REFUSAL_MS);

	code = code == 0 ? look_at_peer(sender, error) : code == ETIMEDOUT ? 0 : code;
	if (code == EPIPE)
		return -error_set(error, ECONNRESET,
				  "%s: it has closed the connection at once; it is tried again",
				  sender->place.name);
	return code;
}

/* ERESTART, or why there is none, with the line. */
static int have_connection(struct socket_sender *sender, int wake, struct error *error)
{
	int code, made = socket_connect(&sender->place, wake, error);

	if (made < 0)
		return -made;
	sender->socket = made;
	sender->fresh = true;
	code = sender->tls != NULL ? tls_begin(sender->tls, made, wake, error) : 0;
	if (code == 0 && !sender->place.datagrams)
		code = await_farewell(sender, wake, error);
	if (code == 0)
		return ERESTART;
	disconnect(sender);
	return code;
}

/* ---- datagrams ---- */

/* It never will be sent. Of many like it one is told of. */
static void lose(struct socket_sender *sender, struct message *message)
{
	if (!sender->said_long)
		log_warning("%s: messages of %zu octets are too long for the way there, and lost; "
			    "lower mtu=",
			    sender->place.name, message->size);
	sender->said_long = true;
	message->lost = message->items;
	message->done = message->size;
}

/* The first datagram to somebody: nobody there is soon told. */
static int await_refusal(const struct socket_sender *sender, int wake)
{
	int code = socket_wait(sender->socket, 0, wake, REFUSAL_MS);
	socklen_t size = sizeof(code);

	if (code == 0 && getsockopt(sender->socket, SOL_SOCKET, SO_ERROR, &code, &size) != 0)
		code = errno;
	return code == ETIMEDOUT || code == ECANCELED ? 0 : code;
}

/* 0 or a positive errno. There is nearly always room: that is asked for only when there is none. */
static int send_datagram(struct socket_sender *sender, struct message *message, int wake)
{
	int code = 0;

	if (send(sender->socket, message->bytes, message->size, MSG_DONTWAIT) < 0) {
		switch (errno) {
		case EMSGSIZE:
			lose(sender, message);
			return 0;
		case ENOBUFS: /* of the interface: poll() knows nothing of that */
			code = socket_wait(-1, 0, wake, 1);
			return code == ETIMEDOUT ? 0 : code;
		case EAGAIN:
			return socket_wait(sender->socket, POLLOUT, wake, -1);
		case EINTR:
			return 0;
		default:
			return errno;
		}
	}
	if (sender->fresh)
		code = await_refusal(sender, wake);
	sender->fresh = false;
	if (code == 0)
		message->done = message->size;
	return code;
}

static int datagram_send(void *context, struct message *message, int wake, struct error *error)
{
	struct socket_sender *sender = context;
	int code;

	if (sender->socket < 0)
		return have_connection(sender, wake, error);
	code = send_datagram(sender, message, wake);
	if (code == 0 || code == ECANCELED)
		return code;
	disconnect(sender); /* it may be somewhere else by now */
	return failed(sender, code, error);
}

/* ---- streams ---- */

/* Of a message that was cut, the lines that were taken wholly are sent. */
static void keep_whole_lines(struct message *message)
{
	const char *end = message->bytes + message->done;

	message->sent = 0;
	for (const char *at = message->bytes;
	     at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
		message->sent++;
}

static int write_some(const struct socket_sender *sender, struct message *message, int wake,
		      struct error *error)
{
	const char *rest = message->bytes + message->done;
	size_t size = message->size - message->done, done;
	ssize_t got;
	int code;

	if (sender->tls != NULL) {
		code = tls_write(sender->tls, rest, size, &done, wake, error);
		message->done += done;
		return code;
	}
	code = socket_wait(sender->socket, POLLOUT, wake, -1);
	if (code != 0)
		return code;
	got = send(sender->socket, rest, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	message->done += got > 0 ? (size_t)got : 0;
	return got < 0 && errno != EAGAIN && errno != EINTR ? failed(sender, errno, error) : 0;
}

static int stream_send(void *context, struct message *message, int wake, struct error *error)
{
	struct socket_sender *sender = context;
	int code = 0;

	if (sender->socket >= 0 && message->done == 0)
		code = look_at_peer(sender, error);
	if (code == EPIPE) { /* which is its good right */
		disconnect(sender);
		code = 0;
	}
	if (sender->socket < 0)
		return have_connection(sender, wake, error);
	if (code == 0)
		code = write_some(sender, message, wake, error);
	if (code == 0 || code == ECANCELED)
		return code;
	if (sender->lines)
		keep_whole_lines(message);
	disconnect(sender);
	return code;
}

/* An end that has left is let go of, and what it says is not left lying about. */
static uint64_t look(void *context)
{
	struct socket_sender *sender = context;
	struct error error;

	if (sender->socket >= 0 && look_at_peer(sender, &error) != 0)
		disconnect(sender);
	return CLOCK_SECOND;
}

/* ---- the beginning and the end ---- */

/*
 * What is on its way arrives: an end with something unread would take it back, and the other end
 * has read all when it closes, too. That is not waited for long.
 */
static void hang_up(const struct socket_sender *sender)
{
	const uint64_t until = clock_monotonic_ns() + HANG_UP_MS * CLOCK_MILLISECOND;
	char bytes[4096];
	ssize_t got = 1;

	if (sender->tls != NULL)
		tls_end(sender->tls);
	shutdown(sender->socket, SHUT_WR);
	while (got > 0 && clock_monotonic_ns() < until &&
	       socket_wait(sender->socket, POLLIN, -1, HANG_UP_MS) == 0)
		got = recv(sender->socket, bytes, sizeof(bytes), MSG_DONTWAIT);
}

static int close_sender(void *context)
{
	struct socket_sender *sender = context;

	if (sender->socket >= 0 && !sender->place.datagrams)
		hang_up(sender);
	disconnect(sender);
	tls_destroy(sender->tls);
	free(sender);
	return 0;
}

static void name_place(struct socket_place *place, const struct export_url *url)
{
	const struct export_host *host = &url->hosts[0];
	bool literal = strchr(host->name, ':') != NULL;

	snprintf(place->host, sizeof(place->host), "%s", host->name);
	snprintf(place->port, sizeof(place->port), "%u", host->port);
	snprintf(place->name, sizeof(place->name), literal ? "%s://[%s]:%s" : "%s://%s:%s",
		 url->scheme, place->host, place->port);
}

/* Who gives one of these expects that nobody else can read what is sent. */
static int check_clear(const struct export_url *url, const struct socket_options *options,
		       struct error *error)
{
	if (options->ca == NULL && options->certificate == NULL && options->key == NULL &&
	    options->verify)
		return 0;
	return error_set(error, EINVAL,
			 "ca=, cert=, key= and verify=no are of TLS, and %s is not encrypted; use "
			 "a scheme with +tls, or leave them out",
			 url->scheme);
}

int socket_sender_open(const struct export_url *url, const struct socket_options *options,
		       bool lines, struct sender *made, struct error *error)
{
	bool datagrams = strcmp(url->transport, "udp") == 0;
	struct socket_sender *sender = calloc(1, sizeof(*sender));
	int result = 0;

	if (sender == NULL)
		return error_set(error, ENOMEM, "no memory; free some");
	sender->socket = -1;
	sender->lines = lines;
	sender->place.datagrams = datagrams;
	sender->place.send_buffer = options->send_buffer;
	name_place(&sender->place, url);
	if (strcmp(url->transport, "tls") == 0)
		result = tls_create(options, sender->place.name, sender->place.host, &sender->tls,
				    error);
	else
		result = check_clear(url, options, error);
	if (result != 0) {
		free(sender);
		return result;
	}
	*made = (struct sender){
		.context = sender,
		.send = datagrams ? datagram_send : stream_send,
		.look = datagrams ? NULL : look,
		.close = close_sender,
		.retry_most = RETRY_MOST,
		.mends_within = MENDS_WITHIN,
	};
	return 0;
}
