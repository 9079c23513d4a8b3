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
#include "flow_writer.h"

struct flow_file {
	char *name; /* for messages */
	int fd;
	bool own; /* close it; standard output is not ours */
	bool regular;
	uint64_t records; /* handed to us */
	struct flow_writer *writer;
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

/* 0 or errno. */
static int close_own(const struct flow_file *file)
{
	return file->own && close(file->fd) != 0 ? errno : 0;
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
	code = flow_writer_start(new->fd, new->regular, &new->writer);
	if (code != 0) {
		close_own(new);
		release(new);
		return error_set(error, -code, "%s: cannot be written in the background: %s", path,
				 strerror(-code));
	}
	*file = new;
	return 0;
}

void flow_file_flush(struct flow_file *file)
{
	flow_writer_flush(file->writer);
}

static void take_record(void *context, const struct flow_view *view)
{
	struct flow_file *file = context;
	char *room = flow_writer_room(file->writer, FLOW_LINE_MAX);

	file->records++;
	flow_writer_added(file->writer, flow_line(room, view));
}

struct stats_consumer flow_file_consumer(struct flow_file *file)
{
	return (struct stats_consumer){.record = take_record, .context = file};
}

bool flow_file_failed(const struct flow_file *file)
{
	return flow_writer_failure(file->writer) != 0;
}

int flow_file_close(struct flow_file *file, struct error *error)
{
	char in[32], lost[32];
	uint64_t written;
	int failure = flow_writer_stop(file->writer, &written);
	/* Some file systems tell only now that there was no room (quota on NFS). */
	int late = close_own(file);
	int result = 0;

	if (failure == 0)
		failure = late;
	if (failure != 0)
		result = error_set(
			error, failure,
			"%s: %s; %s flow records were written, %s were not: make room or "
			"choose another file",
			file->name, strerror(failure), format_count(in, sizeof(in), written),
			format_count(lost, sizeof(lost), file->records - written));
	release(file);
	return result;
}
