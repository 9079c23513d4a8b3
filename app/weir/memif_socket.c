/* SPDX-License-Identifier: BSD-3-Clause */
#include "memif_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <weir/log.h>

/* A socket at which nobody listens. */
static bool is_stale(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat status;
	bool refused;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path) || lstat(path, &status) != 0 ||
	    !S_ISSOCK(status.st_mode))
		return false;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	refused = connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 &&
		  errno == ECONNREFUSED;
	close(fd);
	return refused;
}

/* "net_memif0,role=server,socket=PATH,...": a client's socket is its server's. */
static void remove_of(const char *device)
{
	static const char key[] = ",socket=";
	const char *found = strstr(device, key);
	char path[108];

	if (strncmp(device, "net_memif", strlen("net_memif")) != 0 || found == NULL ||
	    strstr(device, ",role=client") != NULL)
		return;
	found += strlen(key);
	snprintf(path, sizeof(path), "%.*s", (int)strcspn(found, ","), found);
	if (is_stale(path) && unlink(path) == 0)
		log_info("%s: the socket of a process that was killed is removed", path);
}

void memif_socket_remove_stale(int count, char *const *arguments)
{
	static const char option[] = "--vdev";

	for (int i = 1; i < count; i++) {
		const char *argument = arguments[i];

		if (strncmp(argument, option, strlen(option)) != 0)
			continue;
		if (argument[strlen(option)] == '=')
			remove_of(argument + strlen(option) + 1);
		else if (argument[strlen(option)] == '\0' && i + 1 < count)
			remove_of(arguments[i + 1]);
	}
}
