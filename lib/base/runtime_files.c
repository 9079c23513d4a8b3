/* SPDX-License-Identifier: BSD-3-Clause */
#include "runtime_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

size_t runtime_list(int directory, struct runtime_file **files)
{
	int copy = openat(directory, ".", RUNTIME_OPEN);
	DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *entry;
	size_t count = 0, room = 0;

	*files = NULL;
	if (entries == NULL && copy >= 0)
		close(copy);
	while (entries != NULL && (entry = readdir(entries)) != NULL) {
		if (entry->d_type == DT_DIR || strcmp(entry->d_name, RUNTIME_LOCK) == 0 ||
		    strlen(entry->d_name) >= sizeof((*files)->name))
			continue;
		if (count == room) {
			room = room * 2 + 16;
			void *more = realloc(*files, room * sizeof(**files));

			if (more == NULL)
				break;
			*files = more;
		}
		strcpy((*files)[count].name, entry->d_name);
		(*files)[count++].inode = entry->d_ino;
	}
	if (entries != NULL)
		closedir(entries);
	return count;
}

bool runtime_listed(const struct runtime_file *files, size_t count, const struct runtime_file *file)
{
	for (size_t i = 0; i < count; i++)
		if (files[i].inode == file->inode && strcmp(files[i].name, file->name) == 0)
			return true;
	return false;
}

/* Does a process listen to the socket? One that does not answer at once may be stopped. */
static bool is_answered(int directory, const char *name)
{
	static const int types[] = {SOCK_SEQPACKET, SOCK_DGRAM}; /* telemetry's, multi-process's */
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	bool answered = false;

	/* However long the path is, and whoever may change it. */
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%.64s", directory,
		 name);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && !answered; i++) {
		int probe = socket(AF_UNIX, types[i] | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		if (probe < 0)
			continue;
		answered =
			connect(probe, (const struct sockaddr *)&address, sizeof(address)) == 0 ||
			errno == EAGAIN;
		close(probe);
	}
	return answered;
}

/* DPDK's primary process keeps a lock on its configuration, which it maps. */
static bool is_locked(int directory, const char *name)
{
	int file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	bool locked = file >= 0 && fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;

	if (file >= 0)
		close(file);
	return locked;
}

bool runtime_is_inhabited(int directory)
{
	struct runtime_file *files;
	size_t count = runtime_list(directory, &files);
	bool inhabited = false;

	for (size_t i = 0; i < count && !inhabited; i++) {
		struct stat status;

		if (fstatat(directory, files[i].name, &status, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISSOCK(status.st_mode))
			inhabited = is_answered(directory, files[i].name);
		else if (S_ISREG(status.st_mode))
			inhabited = is_locked(directory, files[i].name);
	}
	free(files);
	return inhabited;
}
