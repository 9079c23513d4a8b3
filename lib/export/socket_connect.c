/* SPDX-License-Identifier: BSD-3-Clause */
#include "socket_connect.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* An end that is gone without a word is noticed: an idle one, and one that has yet to take
 * something. */
#define KEEP_IDLE_S     30
#define KEEP_INTERVAL_S 10
#define KEEP_PROBES     3
#define TAKES_WITHIN_MS 120000

int socket_wait(int socket, short events, int wake, int timeout_ms)
{
	struct pollfd watched[] = {{socket, events, 0}, {wake, POLLIN, 0}};
	int count;

	do {
		count = poll(watched, 2, timeout_ms);
	} while (count < 0 && errno == EINTR);
	return watched[1].revents != 0 ? ECANCELED : count == 0 ? ETIMEDOUT : 0;
}

static void set(int socket, int level, int name, int value)
{
	(void)setsockopt(socket, level, name, &value, sizeof(value));
}

static void prepare(int socket, const struct socket_place *place)
{
	if (place->send_buffer > 0)
		set(socket, SOL_SOCKET, SO_SNDBUF, (int)place->send_buffer);
	if (place->datagrams)
		return;
	set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(socket, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S);
	set(socket, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_S);
	set(socket, IPPROTO_TCP, TCP_KEEPCNT, KEEP_PROBES);
	set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, TAKES_WITHIN_MS);
	set(socket, IPPROTO_TCP, TCP_NODELAY, 1); /* messages are large as it is */
}

/* A connected socket, or negative errno. */
static int connect_to(const struct addrinfo *address, const struct socket_place *place, int wake)
{
	int made =
		socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int code = 0;

	if (made < 0)
		return -errno;
	prepare(made, place);
	if (connect(made, address->ai_addr, address->ai_addrlen) != 0)
		code = errno;
	if (code == EINPROGRESS) {
		socklen_t size = sizeof(code);

		code = socket_wait(made, POLLOUT, wake, CONNECT_WITHIN_MS);
		if (code == 0 && getsockopt(made, SOL_SOCKET, SO_ERROR, &code, &size) != 0)
			code = errno;
	}
	if (code == 0)
		return made;
	close(made);
	return -code;
}

/* Names have errors of their own. Negative errno with the line. */
static int not_found(const struct socket_place *place, int code, struct error *error)
{
	if (code == EAI_SYSTEM)
		return error_set(error, errno, "%s: %s; it is tried again", place->name,
				 strerror(errno));
	return error_set(error, code == EAI_MEMORY ? ENOMEM : EDESTADDRREQ,
			 "%s: %s: %s; it is looked up again", place->name, place->host,
			 gai_strerror(code));
}

int socket_connect(const struct socket_place *place, int wake, struct error *error)
{
	const struct addrinfo hints = {.ai_socktype = place->datagrams ? SOCK_DGRAM : SOCK_STREAM};
	struct addrinfo *list;
	int code = getaddrinfo(place->host, place->port, &hints, &list);
	int result = -EDESTADDRREQ;

	if (code != 0)
		return not_found(place, code, error);
	for (const struct addrinfo *at = list; at != NULL && result < 0 && result != -ECANCELED;
	     at = at->ai_next)
		result = connect_to(at, place, wake);
	freeaddrinfo(list);
	if (result < 0)
		error_set(error, -result, "%s: %s; it is tried again", place->name,
			  strerror(-result));
	return result;
}
