/* SPDX-License-Identifier: BSD-3-Clause */
#include "output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/output_name.h>

/* Not to block is for FIFOs; regular files know nothing of it. */
#define FLAGS (O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* ---- what is never touched ---- */

static int refuse(struct error *error, const char *path, const char *why)
{
	return error_set(error, EEXIST, "%s: %s; name another file", path, why);
}

/* A capture that is being read is one, whatever it is called here. */
static bool in_use(const struct stat *status, const struct file_settings *rules)
{
	for (uint32_t i = 0; i < rules->in_use_count; i++)
		if (rules->in_use[i].device == status->st_dev &&
		    rules->in_use[i].inode == status->st_ino && !S_ISCHR(status->st_mode))
			return true;
	return false;
}

/*
 * Where everybody may make files, one that is there already may have been put there by
 * somebody, to read it or as a second name of another file.
 */
static bool is_ours(const char *path, const struct stat *status)
{
	char *copy = strdup(path);
	struct stat directory;
	bool shared = copy == NULL || stat(dirname(copy), &directory) != 0 ||
		      (directory.st_mode & S_IWOTH) != 0;

	free(copy);
	return !shared || (status->st_uid == geteuid() && status->st_nlink == 1);
}

/* What weir once wrote is known by its first letters; `in` is the file, to be read. */
static bool begins_as_ours(int in, const struct file_settings *rules)
{
	char head[32] = "";
	ssize_t got = pread(in, head, sizeof(head) - 1, 0);

	for (const char *const *begin = rules->begins; *begin != NULL; begin++)
		if (strncmp(head, *begin, strlen(*begin)) == 0)
			return true;
	return got == 0;
}

/* ---- a file that is there already ---- */

/* After a kill the last line may be half of one: it is taken off. */
static int end_in_whole_line(int fd, int in, off_t size)
{
	char tail[4096]; /* longer than a line */
	off_t from = size > (off_t)sizeof(tail) ? size - (off_t)sizeof(tail) : 0;
	ssize_t got = pread(in, tail, sizeof(tail), from);
	int result;

	if (got <= 0 || tail[got - 1] == '\n')
		return got < 0 ? -errno : 0;
	const char *newline = memrchr(tail, '\n', (size_t)got);

	if (newline == NULL && from > 0) /* nothing that can be told apart */
		result = write(fd, "\n", 1) == 1 ? 0 : -1;
	else
		result = ftruncate(fd, newline == NULL ? 0 : from + (newline + 1 - tail));
	return result == 0 ? 0 : -errno;
}

static int go_on_or_replace(int fd, int in, const struct stat *status,
			    const struct file_settings *rules, uint64_t since)
{
	uint64_t changed =
		(uint64_t)status->st_mtim.tv_sec * CLOCK_SECOND + (uint64_t)status->st_mtim.tv_nsec;

	if (!rules->append && changed < since)
		return ftruncate(fd, 0) == 0 ? 0 : -errno;
	return rules->lines ? end_in_whole_line(fd, in, status->st_size) : 0;
}

static int open_error(struct error *error, int code, const char *path)
{
	switch (code) {
	case ELOOP:
		return error_set(
			error, code,
			"%s: is a symbolic link, which is not followed; name the file itself",
			path);
	case EISDIR:
		return error_set(error, code, "%s: is a directory; name a file in it", path);
	default:
		return error_set(error, code, "%s: %s; check the path and its permissions", path,
				 strerror(code));
	}
}

static int take_over(int fd, const char *path, const struct stat *status,
		     const struct file_settings *rules, uint64_t since, struct error *error)
{
	int in = open(path, O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	struct stat again;
	int result;

	if (in < 0)
		return error_set(
			error, errno,
			"%s: was there already and cannot be read, to see whose it is: %s; "
			"name another file",
			path, strerror(errno));
	if (fstat(in, &again) != 0 || again.st_ino != status->st_ino ||
	    again.st_dev != status->st_dev || !begins_as_ours(in, rules)) {
		result = refuse(error, path, "was there already, and not by weir");
	} else {
		result = go_on_or_replace(fd, in, status, rules, since);
		if (result != 0)
			open_error(error, -result, path);
	}
	close(in);
	return result;
}

/* ---- opening ---- */

/* A link leads to where its maker wants: no file is written there, but /dev/fd/63 is a pipe. */
static int open_path(const char *path, bool *link)
{
	int fd = open(path, FLAGS | O_CREAT | O_NOFOLLOW, 0640);

	*link = fd < 0 && errno == ELOOP;
	if (!*link)
		return fd;
	fd = open(path, FLAGS);
	if (fd < 0 && errno == ENOENT)
		errno = ELOOP; /* it leads nowhere */
	return fd;
}

/* One that writes at a time: nobody else's lines are between ours, and none are cut off. */
static int accept_regular(const struct output_file *file, const char *path, bool link,
			  const struct file_settings *rules, uint64_t since, struct error *error)
{
	struct stat status;

	if (link)
		return open_error(error, ELOOP, path);
	if (flock(file->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return refuse(error, path, "another weir writes to it");
	if (fstat(file->fd, &status) != 0)
		return open_error(error, errno, path);
	if (!is_ours(path, &status))
		return refuse(error, path,
			      "was there already and is somebody else's, in a directory for all");
	if (status.st_size == 0)
		return 0;
	return take_over(file->fd, path, &status, rules, since, error);
}

/* Look at what was opened; 0, or negative errno with the line. */
static int accept_file(struct output_file *file, const char *path, bool link,
		       const struct file_settings *rules, uint64_t since, struct error *error)
{
	struct stat status;

	if (fstat(file->fd, &status) != 0)
		return open_error(error, errno, path);
	if (in_use(&status, rules))
		return refuse(error, path, "is read, or written to, by this weir already");
	if (S_ISBLK(status.st_mode))
		return refuse(error, path, "is a block device");
	file->kind = S_ISREG(status.st_mode) ? OUTPUT_REGULAR
		     : file->own             ? OUTPUT_STREAM
					     : OUTPUT_SHARED;
	if (file->kind != OUTPUT_REGULAR || !file->own)
		return 0;
	return accept_regular(file, path, link, rules, since, error);
}

/* A FIFO without a reader opens for nobody who does not want to wait. */
static int not_open(const char *path, int code, struct error *error)
{
	struct stat status;

	if (code == ENXIO && stat(path, &status) == 0 && !S_ISFIFO(status.st_mode))
		code = EOPNOTSUPP; /* a socket, a device without a driver */
	return open_error(error, code, path);
}

int output_file_open(struct output_file *file, const char *path, const struct file_settings *rules,
		     uint64_t since, struct error *error)
{
	bool link = false;
	int result;

	*file = OUTPUT_CLOSED;
	if (strcmp(path, OUTPUT_STDOUT) == 0) {
		file->fd = STDOUT_FILENO;
	} else if (strcmp(path, OUTPUT_STDERR) == 0) {
		file->fd = STDERR_FILENO;
	} else {
		file->fd = open_path(path, &link);
		file->own = true;
		if (file->fd < 0)
			return not_open(path, errno, error);
	}
	result = accept_file(file, output_known_as(path), link, rules, since, error);
	if (result != 0)
		output_file_close(file);
	return result;
}

bool output_file_is(const struct output_file *file, const char *path)
{
	struct stat held, named;

	return file->own && fstat(file->fd, &held) == 0 && lstat(path, &named) == 0 &&
	       held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

/* ---- writing ---- */

/*
 * A pipe that poll() says can be written to has room for PIPE_BUF; more could wait for its
 * reader where the descriptor blocks.
 */
static ssize_t write_stream(const struct output_file *file, const char *bytes, size_t size,
			    int wake)
{
	struct pollfd watched[] = {{file->fd, POLLOUT, 0}, {wake, POLLIN, 0}};

	if (file->kind == OUTPUT_SHARED && size > PIPE_BUF)
		size = PIPE_BUF;
	if (poll(watched, 2, -1) < 0)
		return -errno;
	if (watched[0].revents == 0)
		return -ECANCELED;
	ssize_t got = write(file->fd, bytes, size);

	return got < 0 ? -errno : got;
}

ssize_t output_file_write(const struct output_file *file, const char *bytes, size_t size, int wake)
{
	ssize_t got;

	do {
		if (file->kind != OUTPUT_REGULAR)
			got = write_stream(file, bytes, size, wake);
		else if ((got = write(file->fd, bytes, size)) < 0)
			got = -errno;
	} while (got == -EINTR || got == -EAGAIN);
	return got;
}

bool output_file_take_back(const struct output_file *file, size_t bytes)
{
	if (file->kind != OUTPUT_REGULAR)
		return true;
	/* Where the last write ended. */
	off_t end = file->own ? lseek(file->fd, 0, SEEK_CUR) : -1;

	return end >= (off_t)bytes && ftruncate(file->fd, end - (off_t)bytes) == 0;
}

int output_file_close(struct output_file *file)
{
	int result = file->own && file->fd >= 0 && close(file->fd) != 0 ? -errno : 0;

	*file = OUTPUT_CLOSED;
	return result;
}
