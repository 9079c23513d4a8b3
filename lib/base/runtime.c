/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/runtime.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weir/log.h>

#include "runtime_files.h"

#define ATTEMPTS 100 /* to take over a directory that its last weir is about to remove */

/* As eal_create_runtime_dir(): a variable that is set counts, also an empty one. */
const char *runtime_base(void)
{
	const char *service = getenv("RUNTIME_DIRECTORY"), *user = getenv("XDG_RUNTIME_DIR");

	if (service != NULL)
		return service;
	if (getuid() == 0)
		return RUNTIME_SYSTEM;
	return user != NULL ? user : "/tmp";
}

/* ---- directories that nobody else can change ---- */

/* Whoever may write there can put a socket of his own in the place of weir's. */
static int secure(int directory, const char *path, struct error *error)
{
	struct stat status;

	if (fstat(directory, &status) != 0)
		return error_set(error, errno, "%s: %s; look at its permissions", path,
				 strerror(errno));
	if (status.st_uid != geteuid() && status.st_uid != 0)
		return error_set(error, EPERM,
				 "%s: belongs to user %u, who could answer for weir there; set "
				 "XDG_RUNTIME_DIR to a directory of your own",
				 path, (unsigned int)status.st_uid);
	if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return 0;
	if (fchmod(directory, status.st_mode & 07777 & ~(mode_t)(S_IWGRP | S_IWOTH)) != 0)
		return error_set(error, EPERM,
				 "%s: others may write to it; \"chmod go-w\" ends that", path);
	log_warning("%s: others could write to it; now they cannot", path);
	return 0;
}

/* A directory that may belong to somebody else cannot be read, but says whose it is. */
static int open_checked(int parent, const char *name, const char *path, struct error *error)
{
	int seen = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	int directory;

	if (seen < 0 && errno == ENOTDIR)
		return error_set(error, ENOTDIR,
				 "%s: is no directory, and a symbolic link is not followed; remove "
				 "it, or set XDG_RUNTIME_DIR",
				 path);
	if (seen < 0)
		return error_set(error, errno, "%s: %s; make it, or set XDG_RUNTIME_DIR", path,
				 strerror(errno));
	if (fstat(seen, &status) == 0 && status.st_uid != geteuid() && status.st_uid != 0) {
		int result = secure(seen, path, error);

		close(seen);
		return result;
	}
	directory = openat(seen, ".", RUNTIME_OPEN);
	if (directory < 0)
		error_set(error, errno, "%s: %s; look at its permissions", path, strerror(errno));
	close(seen);
	return directory < 0 ? -errno : directory;
}

static int open_base(const char *where, struct error *error)
{
	char path[PATH_MAX];
	int base;

	/* An empty one is the root directory for DPDK. */
	snprintf(path, sizeof(path), "%s/", where);
	base = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (base < 0)
		return error_set(error, errno, "%s: %s; make it, or set XDG_RUNTIME_DIR", where,
				 strerror(errno));
	return base;
}

/* BASE/dpdk, made when it is missing and `make` says so. */
static int open_parent(const char *where, bool make, struct error *error)
{
	char path[PATH_MAX];
	int base = open_base(where, error), parent, result;

	if (base < 0)
		return base;
	snprintf(path, sizeof(path), "%s/dpdk", where);
	if (make && mkdirat(base, "dpdk", 0700) != 0 && errno != EEXIST)
		parent = error_set(error, errno, "%s: %s; make it writable, or set XDG_RUNTIME_DIR",
				   path, strerror(errno));
	else
		parent = open_checked(base, "dpdk", path, error);
	close(base);
	if (make && parent >= 0 && (result = secure(parent, path, error)) != 0) {
		close(parent);
		parent = result;
	}
	return parent;
}

int runtime_open_parent(const char *base, struct error *error)
{
	return open_parent(base, false, error);
}

int runtime_secure(const char *path, struct error *error)
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	for (int level = 0; level < 2; level++) {
		const char *name = level == 0 ? copy : dirname(copy);
		int directory = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		int result;

		if (directory < 0 && errno == ENOENT)
			return 0; /* with --no-shconf DPDK does without it */
		if (directory < 0)
			return error_set(error, errno, "%s: %s; look at its permissions", name,
					 strerror(errno));
		result = secure(directory, name, error);
		close(directory);
		if (result != 0)
			return result;
	}
	return 0;
}

/* ---- the lock ---- */

/* Is what is open still what has that name? Somebody may have removed or replaced it. */
static bool is_in_place(int descriptor, int parent, const char *name)
{
	struct stat held, named;

	return fstat(descriptor, &held) == 0 &&
	       fstatat(parent, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

/* 0; -EAGAIN: it was removed or looked at meanwhile; -EBUSY: a weir holds it; or else. */
static int take_lock(struct runtime *runtime, bool make)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
	bool made = false;
	int lock = openat(runtime->directory, RUNTIME_LOCK, flags);

	if (lock < 0 && errno == ENOENT && make) {
		lock = openat(runtime->directory, RUNTIME_LOCK, flags | O_CREAT | O_EXCL, 0600);
		made = lock >= 0;
	}
	if (lock < 0)
		return errno == ENOENT || errno == EEXIST ? -EAGAIN : -errno;
	if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
		close(lock);
		/* One that is new can only be held by who looks for stale ones. */
		return made ? -EAGAIN : -EBUSY;
	}
	/* Its last weir may have removed it just now. */
	if (!is_in_place(lock, runtime->directory, RUNTIME_LOCK)) {
		close(lock);
		return -EAGAIN;
	}
	runtime->lock = lock;
	runtime->was_ours |= !made;
	return 0;
}

static void forget(struct runtime *runtime)
{
	const int descriptors[] = {runtime->directory, runtime->parent, runtime->lock};

	for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++)
		if (descriptors[i] >= 0)
			close(descriptors[i]);
	free(runtime->others);
	free(runtime->ours);
	*runtime = (struct runtime){.parent = -1, .directory = -1, .lock = -1};
}

/* One attempt at an existing or new directory; results as take_lock()'s. */
static int enter(struct runtime *runtime, struct error *error)
{
	char path[PATH_MAX];
	bool made = mkdirat(runtime->parent, runtime->prefix, 0700) == 0;
	int result;

	snprintf(path, sizeof(path), "%s/dpdk/%s", runtime_base(), runtime->prefix);
	if (!made && errno != EEXIST)
		return error_set(error, errno, "%s: %s; make it writable, or set XDG_RUNTIME_DIR",
				 path, strerror(errno));
	runtime->was_ours = made;
	runtime->directory = open_checked(runtime->parent, runtime->prefix, path, error);
	result = runtime->directory == -ENOENT ? -EAGAIN : runtime->directory;
	if (result >= 0)
		result = secure(runtime->directory, path, error);
	if (result == 0) {
		result = take_lock(runtime, true);
		if (result == -EBUSY)
			error_set(error, EBUSY,
				  "file prefix \"%s\": another weir is running with it; stop that "
				  "one or choose another with --file-prefix",
				  runtime->prefix);
		else if (result != 0)
			error_set(error, -result, "%s/" RUNTIME_LOCK ": %s; remove it", path,
				  strerror(-result));
	}
	if (result != 0 && runtime->directory >= 0)
		close(runtime->directory);
	if (result != 0)
		runtime->directory = -1;
	return result;
}

int runtime_claim(struct runtime *runtime, const char *prefix, struct error *error)
{
	int result = -EAGAIN;

	*runtime = (struct runtime){.directory = -1, .lock = -1};
	snprintf(runtime->prefix, sizeof(runtime->prefix), "%s", prefix);
	runtime->parent = open_parent(runtime_base(), true, error);
	if (runtime->parent < 0)
		result = runtime->parent;
	for (int i = 0; i < ATTEMPTS && result == -EAGAIN; i++)
		result = enter(runtime, error);
	if (result == 0 && runtime_is_inhabited(runtime->directory)) {
		result = error_set(error, EBUSY,
				   "file prefix \"%s\": another DPDK program is running with it; "
				   "stop that one or choose another with --file-prefix",
				   prefix);
		unlinkat(runtime->directory, RUNTIME_LOCK, 0);
	}
	if (result != 0)
		forget(runtime);
	else if (!runtime->was_ours)
		runtime->other_count = runtime_list(runtime->directory, &runtime->others);
	return result;
}

void runtime_note(struct runtime *runtime)
{
	free(runtime->ours);
	runtime->our_count = runtime_list(runtime->directory, &runtime->ours);
}

void runtime_release(struct runtime *runtime)
{
	struct runtime_file *files;

	if (runtime->lock < 0)
		return;
	size_t count = runtime_list(runtime->directory, &files);

	for (size_t i = 0; i < count; i++)
		if (runtime_listed(runtime->ours, runtime->our_count, &files[i]) &&
		    !runtime_listed(runtime->others, runtime->other_count, &files[i]))
			unlinkat(runtime->directory, files[i].name, 0);
	free(files);
	unlinkat(runtime->directory, RUNTIME_LOCK, 0);
	if (is_in_place(runtime->directory, runtime->parent, runtime->prefix))
		unlinkat(runtime->parent, runtime->prefix, AT_REMOVEDIR);
	forget(runtime);
}

/* Nobody holds its lock (its process may be another container's) and nobody lives there. */
static void remove_if_stale(int parent, const char *name)
{
	struct runtime runtime = {.parent = dup(parent), .directory = -1, .lock = -1};
	struct stat status;
	int locked = 0;

	snprintf(runtime.prefix, sizeof(runtime.prefix), "%.63s", name);
	runtime.directory = openat(parent, name, RUNTIME_OPEN);
	if (runtime.directory < 0 || fstat(runtime.directory, &status) != 0 ||
	    status.st_uid != geteuid() || (locked = take_lock(&runtime, false)) != 0 ||
	    runtime_is_inhabited(runtime.directory)) {
		/* It had not come to the lock: then there is nothing in it either. */
		if (locked == -EAGAIN)
			unlinkat(parent, name, AT_REMOVEDIR);
		forget(&runtime);
		return;
	}
	runtime_note(&runtime);
	runtime_release(&runtime);
}

void runtime_remove_stale(void)
{
	int parent = open_parent(runtime_base(), false, NULL);
	DIR *entries = parent >= 0 ? fdopendir(parent) : NULL;
	const struct dirent *entry;

	if (entries == NULL && parent >= 0)
		close(parent);
	while (entries != NULL && (entry = readdir(entries)) != NULL)
		if (strncmp(entry->d_name, RUNTIME_READ_PREFIX, strlen(RUNTIME_READ_PREFIX)) == 0)
			remove_if_stale(parent, entry->d_name);
	if (entries != NULL)
		closedir(entries);
}
