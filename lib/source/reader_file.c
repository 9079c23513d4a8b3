/* SPDX-License-Identifier: BSD-3-Clause */
#include "reader_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES (256 * 1024)

/* ---- a stdio stream of a pipe or terminal, whose waiting can be ended ---- */

struct input {
	int fd;
	int wake;
};

static ssize_t input_read(void *cookie, char *buffer, size_t size)
{
	const struct input *input = cookie;
	struct pollfd ready[2] = {{.fd = input->fd, .events = POLLIN},
				  {.fd = input->wake, .events = POLLIN}};

	while (poll(ready, 2, -1) < 0)
		if (errno != EINTR)
			return -1;
	if (ready[1].revents != 0)
		return 0;
	return read(input->fd, buffer, size);
}

static int input_close(void *cookie)
{
	struct input *input = cookie;

	close(input->fd);
	free(input);
	return 0;
}

/* Owns `fd`, also when it fails. */
static FILE *waiting_stream(int fd, int wake)
{
	const cookie_io_functions_t functions = {.read = input_read, .close = input_close};
	struct input *input = malloc(sizeof(*input));
	FILE *stream;

	if (input == NULL) {
		close(fd);
		return NULL;
	}
	*input = (struct input){.fd = fd, .wake = wake};
	stream = fopencookie(input, "r", functions);
	if (stream == NULL)
		input_close(input);
	return stream;
}

/* Owns `fd`, also when it fails. A file never waits, and stdio reads it faster by itself. */
static FILE *input_stream(int fd, int wake, bool may_wait)
{
	FILE *stream = may_wait ? waiting_stream(fd, wake) : fdopen(fd, "r");

	if (stream == NULL) {
		if (!may_wait)
			close(fd);
		return NULL;
	}
	setvbuf(stream, NULL, _IOFBF, BUFFER_BYTES);
	/* One thread reads it: a lock for each of libpcap's two reads a frame is not needed. */
	__fsetlocking(stream, FSETLOCKING_BYCALLER);
	return stream;
}

/* ---- captures ---- */

static int open_error(const char *name, int code, struct error *error)
{
	const char *advice = code == ENOENT   ? "check the path"
			     : code == EACCES ? "you have no permission to read it"
			     : code == EISDIR ? "name the captures in it"
			     : code == EMFILE ? "raise the limit with \"ulimit -n\""
					      : "the file cannot be read";

	return error_set(error, code, "%s: %s; %s", name, strerror(code), advice);
}

/* The descriptor of `path`; *status tells what it is. Negative errno with a line. */
static int open_path(const char *path, const char *name, struct stat *status, struct error *error)
{
	int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
					: open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return open_error(name, errno, error);
	if (fstat(fd, status) == 0 && S_ISDIR(status->st_mode)) {
		close(fd);
		return open_error(name, EISDIR, error);
	}
	return fd;
}

static int check_link_type(const struct reader_file *file, struct error *error)
{
	int type = pcap_datalink(file->pcap);
	const char *name = pcap_datalink_val_to_name(type);
	const char *description = pcap_datalink_val_to_description(type);

	if (type == DLT_EN10MB)
		return 0;
	if (name == NULL)
		return error_set(
			error, EPROTONOSUPPORT,
			"%s: link type %d is not Ethernet; weir reads Ethernet captures only",
			file->name, type);
	return error_set(error, EPROTONOSUPPORT,
			 "%s: link type %s (%s) is not Ethernet; weir reads Ethernet captures only",
			 file->name, name, description != NULL ? description : "no description");
}

int reader_file_open(struct reader_file *file, const char *path, int wake, struct error *error)
{
	char reason[PCAP_ERRBUF_SIZE];
	struct stat status;
	FILE *stream;
	int fd, result;

	file->pcap = NULL;
	file->name = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
	if (file->name == NULL)
		return error_set(error, ENOMEM, "%s: no memory", path);
	fd = open_path(path, file->name, &status, error);
	if (fd < 0)
		return fd;
	stream = input_stream(fd, wake, !S_ISREG(status.st_mode));
	if (stream == NULL)
		return error_set(error, ENOMEM, "%s: no memory", file->name);
	file->pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO,
							      reason);
	if (file->pcap != NULL)
		return check_link_type(file, error);
	if (S_ISREG(status.st_mode) && status.st_size == 0)
		result = error_set(error, EINVAL,
				   "%s: the file is empty; not even a capture's header "
				   "is there",
				   file->name);
	else
		result =
			error_set(error, EINVAL,
				  "%s: not a capture: %s; weir reads pcap and pcapng (a compressed "
				  "one through: zcat FILE | weir --read -)",
				  file->name, reason);
	fclose(stream);
	return result;
}

void reader_file_close(struct reader_file *file)
{
	if (file->pcap != NULL)
		pcap_close(file->pcap);
	free(file->name);
	*file = (struct reader_file){0};
}

/* ---- frames ---- */

enum reader_file_state reader_file_read(const struct reader_file *file, unsigned int max,
					pcap_handler take, void *user)
{
	int result = pcap_dispatch(file->pcap, (int)max, take, user);

	if (result > 0 || result == PCAP_ERROR_BREAK)
		return READER_FILE_MORE;
	return result == 0 ? READER_FILE_END : READER_FILE_CUT;
}

void reader_file_pause(const struct reader_file *file)
{
	pcap_breakloop(file->pcap);
}

const char *reader_file_cut(const struct reader_file *file)
{
	return pcap_geterr(file->pcap);
}
