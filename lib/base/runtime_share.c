/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime_files.h"

static int no_permission(const char *path, int code, struct error *error)
{
	return error_set(error, code, "%s: %s; weir's group cannot be let in without CAP_CHOWN",
			 path, strerror(code));
}

/* Permissions first: they are their owner's to change, without CAP_FOWNER. Nobody else can put a
 * link in the socket's place. */
static int share_socket(int directory, const char *name, mode_t mode, uid_t user, gid_t group)
{
	struct stat status;

	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISSOCK(status.st_mode))
		return 0; /* there is none */
	if (fchmodat(directory, name, mode, 0) != 0 ||
	    fchownat(directory, name, user, group, AT_SYMLINK_NOFOLLOW) != 0)
		return -errno;
	return 0;
}

static int share_sockets(int directory, uid_t user, gid_t group)
{
	static const struct {
		const char *name;
		mode_t mode;
	} sockets[] = {{RUNTIME_TELEMETRY, 0660}, {RUNTIME_FLOWS, 0660}, {RUNTIME_CAPTURE, 0600}};
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof(sockets) / sizeof(sockets[0]); i++)
		result = share_socket(directory, sockets[i].name, sockets[i].mode, user, group);
	return result;
}

/* Whoever is let in has to come by. What is somebody else's is left as it is. */
static void open_way(const char *path)
{
	struct stat status;
	int parent = open(path, RUNTIME_OPEN);

	if (parent >= 0 && fstat(parent, &status) == 0 && status.st_uid == geteuid())
		(void)fchmod(parent, (status.st_mode & 07777) | 0055);
	if (parent >= 0)
		close(parent);
}

int runtime_share(const char *path, uid_t user, gid_t group, struct error *error)
{
	char copy[PATH_MAX];
	int directory = open(path, RUNTIME_OPEN), result;

	if (directory < 0)
		return errno == ENOENT ? 0 : no_permission(path, errno, error);
	result = share_sockets(directory, user, group);
	if (result == 0 && (fchmod(directory, 0750) != 0 || fchown(directory, -1, group) != 0))
		result = -errno;
	close(directory);
	if (result != 0)
		return no_permission(path, -result, error);
	snprintf(copy, sizeof(copy), "%s", path);
	open_way(dirname(copy));
	return 0;
}
