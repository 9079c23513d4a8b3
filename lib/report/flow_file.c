/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/report.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weir/format.h>

#include "flow_line.h"

#define BUFFER_BYTES (1u << 20)

struct flow_file {
	char *name; /* for messages */
	int fd;
	bool own; /* close it; standard output is not ours */
	bool regular;
	int failure;      /* errno of the write that failed, or 0; nothing is written after it */
	uint64_t records; /* handed to us */
	uint64_t written; /* of those, whole lines in the file */
	uint64_t bytes;   /* of those lines */
	size_t used;
	char buffer[BUFFER_BYTES];
};

static int open_error(struct error *error, int code, const char *path)
{
	switch (code) {
	case ELOOP:
		return error_set(
			error, code,
			"%s: is a symbolic link, which is not followed; name the file itself",
			path);
	case EEXIST:
		return error_set(error, code,
				 "%s: was there already and is somebody else's, in a directory for "
				 "all; name another file",
				 path);
	case EISDIR:
		return error_set(error, code, "%s: is a directory; name a file in it", path);
	default:
		return error_set(error, code, "%s: %s; check the path and its permissions", path,
				 strerror(code));
	}
}

#define FLAGS (O_WRONLY | O_NOCTTY | O_CLOEXEC)

/* A link leads to where its maker wants: no file is written there, but /dev/fd/63 is a pipe. */
static int open_link(struct flow_file *file, const char *path)
{
	struct stat status;

	file->fd = open(path, FLAGS);
	if (file->fd < 0)
		return errno;
	if (fstat(file->fd, &status) != 0 || S_ISREG(status.st_mode)) {
		close(file->fd);
		return ELOOP;
	}
	file->own = true;
	return 0;
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

/* 0 or errno. */
static int open_path(struct flow_file *file, const char *path)
{
	struct stat status;
	int code;

	if (strcmp(path, "-") == 0) {
		file->fd = STDOUT_FILENO;
		return 0;
	}
	file->fd = open(path, FLAGS | O_CREAT | O_NOFOLLOW, 0640);
	if (file->fd < 0 && errno == ELOOP)
		return open_link(file, path);
	if (file->fd < 0)
		return errno;
	file->own = true;
	file->regular = fstat(file->fd, &status) == 0 && S_ISREG(status.st_mode);
	if (!file->regular)
		return 0;
	code = !is_ours(path, &status) ? EEXIST : ftruncate(file->fd, 0) != 0 ? errno : 0;
	if (code != 0)
		close(file->fd);
	return code;
}

static void release(struct flow_file *file)
{
	free(file->name);
	free(file);
}

int flow_file_open(const char *path, struct flow_file **file, struct error *error)
{
	struct flow_file *new = calloc(1, sizeof(*new));

	*file = NULL;
	if (new != NULL)
		new->name = strdup(strcmp(path, "-") == 0 ? "standard output" : path);
	if (new == NULL || new->name == NULL) {
		free(new);
		return error_set(error, ENOMEM, "%s: no memory for its buffer", path);
	}
	int code = open_path(new, path);

	if (code != 0) {
		release(new);
		return open_error(error, code, path);
	}
	*file = new;
	return 0;
}

/* How much of the buffer reached the file; less than all of it sets `failure`. */
static size_t write_buffer(struct flow_file *file)
{
	size_t done = 0;

	while (done < file->used) {
		ssize_t got = write(file->fd, file->buffer + done, file->used - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			file->failure = errno;
			break;
		}
		done += (size_t)got;
	}
	return done;
}

/* A line that was cut in the middle is no record: it is taken away again where that goes. */
static void count_lines(struct flow_file *file, size_t done)
{
	size_t whole = 0;

	for (const char *end; (end = memchr(file->buffer + whole, '\n', done - whole)) != NULL;) {
		whole = (size_t)(end - file->buffer) + 1;
		file->written++;
	}
	file->bytes += whole;
	if (whole < done && file->regular && ftruncate(file->fd, (off_t)file->bytes) != 0)
		return; /* it stays, then: the counts are right all the same */
}

void flow_file_flush(struct flow_file *file)
{
	if (file->used == 0 || file->failure != 0)
		return;
	count_lines(file, write_buffer(file));
	file->used = 0;
}

static void take_record(void *context, const struct flow_view *view)
{
	struct flow_file *file = context;

	file->records++;
	if (file->failure != 0)
		return;
	if (file->used + FLOW_LINE_MAX > BUFFER_BYTES)
		flow_file_flush(file);
	file->used += flow_line(file->buffer + file->used, view);
}

struct stats_consumer flow_file_consumer(struct flow_file *file)
{
	return (struct stats_consumer){.record = take_record, .context = file};
}

bool flow_file_failed(const struct flow_file *file)
{
	return file->failure != 0;
}

int flow_file_close(struct flow_file *file, struct error *error)
{
	char written[32], lost[32];
	int result = 0;

	flow_file_flush(file);
	/* Some file systems tell only now that there was no room (quota on NFS). */
	if (file->own && close(file->fd) != 0 && file->failure == 0)
		file->failure = errno;
	if (file->failure != 0)
		result =
			error_set(error, file->failure,
				  "%s: %s; %s flow records were written, %s were not: make room or "
				  "choose another file",
				  file->name, strerror(file->failure),
				  format_count(written, sizeof(written), file->written),
				  format_count(lost, sizeof(lost), file->records - file->written));
	release(file);
	return result;
}
