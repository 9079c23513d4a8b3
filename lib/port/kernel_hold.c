/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/kernel_hold.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The first character of an abstract name is 0, and nothing ends it. */
static socklen_t name_socket(unsigned int index, struct sockaddr_un *address)
{
	int length;

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	length = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "weir/interface/%u",
			  index);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

static int open_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/*
 * Who holds it: a process; 0 when nobody does; -1 when it is not known, because it lives in another
 * PID namespace or so many have asked that the socket takes no more.
 */
static pid_t holder(unsigned int index)
{
	struct sockaddr_un address;
	socklen_t length = name_socket(index, &address), size = sizeof(struct ucred);
	struct ucred peer = {0};
	int fd = open_socket();
	pid_t pid = -1;

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address, length) != 0)
		pid = errno == ECONNREFUSED ? 0 : -1;
	else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0)
		pid = peer.pid;
	close(fd);
	return pid;
}

static int held(const char *name, pid_t pid, struct error *error)
{
	char who[32] = "another process";

	if (pid > 0)
		snprintf(who, sizeof(who), "process %d", (int)pid);
	return error_set(error, EBUSY,
			 "%s: %s reads the interface already; end that one, or ask it with weirctl",
			 name, who);
}

int kernel_hold_check(const char *name, unsigned int index, struct error *error)
{
	pid_t pid = holder(index);

	return pid == 0 || pid == getpid() ? 0 : held(name, pid, error);
}

int kernel_hold_take(const char *name, unsigned int index, int *hold, struct error *error)
{
	struct sockaddr_un address;
	socklen_t length = name_socket(index, &address);
	int fd = open_socket();
	int result = 0;
	pid_t pid;

	*hold = -1;
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, length) != 0 ||
	    listen(fd, SOMAXCONN) != 0)
		result = -errno;
	else
		*hold = fd;
	if (result != 0 && fd >= 0)
		close(fd);
	if (result != -EADDRINUSE)
		return result == 0 ? 0
				   : error_set(error, -result, "%s: cannot be held: %s", name,
					       strerror(-result));
	pid = holder(index);
	return pid == getpid() ? 0 : held(name, pid, error);
}
