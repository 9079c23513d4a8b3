/* SPDX-License-Identifier: BSD-3-Clause */
/* weir's other sockets, which are beside that of telemetry. */
#include <weir/client.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* weir says in /weir/info what it is called. */
static int find_socket(struct client *client, const char *member, struct sockaddr_un *address,
		       struct error *error)
{
	const char *slash = strrchr(client->path, '/'), *name;
	int folder = slash != NULL ? (int)(slash - client->path) + 1 : 0;
	json_t *info;
	int result = client_ask_info(client, &info, error);

	if (result != 0)
		return result;
	name = json_string_value(json_object_get(info, member));
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (name == NULL)
		result = -ENOTSUP;
	else if ((size_t)snprintf(address->sun_path, sizeof(address->sun_path), "%.*s%s", folder,
				  client->path, name) >= sizeof(address->sun_path))
		result = error_set(error, ENAMETOOLONG, "%s: longer than a socket's path can be",
				   client->path);
	json_decref(info);
	return result;
}

static int connect_to(const struct sockaddr_un *address, struct error *error)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result;

	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return fd;
	result = error_set(error, errno, "%s: %s; is it the same weir, and yours?",
			   address->sun_path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return result;
}

int client_connect_beside(struct client *client, const char *member, struct error *error)
{
	struct sockaddr_un address;
	int result = find_socket(client, member, &address, error);

	return result == 0 ? connect_to(&address, error) : result;
}
