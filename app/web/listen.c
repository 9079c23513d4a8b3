/* SPDX-License-Identifier: BSD-3-Clause */
#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 64

/* "[::1]:8474": brackets and the last colon apart. */
static int split(const char *address, char *host, size_t size, const char **port,
		 struct error *error)
{
	const char *colon = strrchr(address, ':');
	size_t length = colon != NULL ? (size_t)(colon - address) : 0;
	bool brackets = length > 2 && address[0] == '[' && address[length - 1] == ']';

	if (brackets) {
		address++;
		length -= 2;
	}
	if (length == 0 || length >= size || colon[1] == '\0' ||
	    (!brackets && memchr(address, ':', length) != NULL))
		return error_set(error, EINVAL,
				 "--listen: takes ADDRESS:PORT, as 127.0.0.1:8474 or [::1]:8474");
	memcpy(host, address, length);
	host[length] = '\0';
	*port = colon + 1;
	return 0;
}

static int complain(const char *address, int code, struct error *error)
{
	return error_set(error, code, "--listen %s: %s; %s", address, strerror(code),
			 code == EADDRINUSE ? "is weirweb running already? give another port"
					    : "give another address or port");
}

static int bind_to(const struct addrinfo *where, const char *address, struct error *error)
{
	int fd = socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1, off = 0;
	int code;

	if (fd < 0)
		return complain(address, errno, error);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (where->ai_family == AF_INET6) /* [::] is IPv4, too */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, where->ai_addr, where->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	code = errno;
	close(fd);
	return complain(address, code, error);
}

static void show(int fd, char *shown, size_t size)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	char host[64] = "?", port[8] = "?";

	if (getsockname(fd, (struct sockaddr *)&address, &length) == 0)
		getnameinfo((struct sockaddr *)&address, length, host, sizeof(host), port,
			    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(shown, size, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
}

int listen_open(const char *address, char *shown, size_t size, struct error *error)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found;
	const char *port = NULL;
	char host[256];
	int fd, result = split(address, host, sizeof(host), &port, error);

	if (result != 0)
		return result;
	result = getaddrinfo(host, port, &hints, &found);
	if (result != 0)
		return error_set(error, EINVAL, "--listen %s: %s; give an address of this host",
				 address, gai_strerror(result));
	fd = bind_to(found, address, error);
	freeaddrinfo(found);
	if (fd >= 0)
		show(fd, shown, size);
	return fd;
}
