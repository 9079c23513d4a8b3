/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/local_socket.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SUFFIX_MAX 9

/* Does somebody listen there? Else it was left by a weir that was killed. */
static bool is_answered(const struct sockaddr_un *address)
{
	int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answered;

	if (probe < 0)
		return true;
	answered = connect(probe, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		   errno == EAGAIN;
	close(probe);
	return answered;
}

/* -EADDRINUSE: somebody listens there. */
static int bind_to(struct local_socket *made, const struct sockaddr_un *address)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		if (bind(made->listener, (const struct sockaddr *)address, sizeof(*address)) == 0) {
			memcpy(made->path, address->sun_path, sizeof(made->path));
			return 0;
		}
		if (errno != EADDRINUSE)
			return -errno;
		if (is_answered(address))
			break;
		(void)unlink(address->sun_path);
	}
	return -EADDRINUSE;
}

static int bind_somewhere(struct local_socket *made, const char *directory, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int result = -EADDRINUSE;

	for (int suffix = 0; result == -EADDRINUSE && suffix <= SUFFIX_MAX; suffix++) {
		char number[16] = "";

		if (suffix > 0)
			snprintf(number, sizeof(number), ":%d", suffix);
		if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s%s",
				     directory, name, number) >= sizeof(address.sun_path))
			return -ENAMETOOLONG;
		result = bind_to(made, &address);
	}
	return result;
}

int local_socket_open(struct local_socket *made, const char *directory, const char *name,
		      int backlog)
{
	int result = 0;

	*made = (struct local_socket){
		.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
	if (made->listener < 0)
		result = -errno;
	if (result == 0)
		result = bind_somewhere(made, directory, name);
	if (result == 0 && listen(made->listener, backlog) != 0)
		result = -errno;
	if (result != 0)
		local_socket_close(made);
	return result;
}

const char *local_socket_name(const struct local_socket *socket)
{
	return strrchr(socket->path, '/') + 1;
}

int local_socket_accept(const struct local_socket *socket)
{
	int client = accept4(socket->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	return client >= 0 ? client : -errno;
}

void local_socket_close(struct local_socket *socket)
{
	if (socket->path[0] != '\0')
		(void)unlink(socket->path);
	if (socket->listener >= 0)
		close(socket->listener);
	*socket = (struct local_socket){.listener = -1};
}
