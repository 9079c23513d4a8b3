/* SPDX-License-Identifier: BSD-3-Clause */
#include "follow.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weir/format.h>
#include <weir/signals.h>

#define BUFFER_BYTES 65536
#define LOOK_MS      200 /* for a signal that came just before waiting */

static int write_all(const char *data, size_t size, struct error *error)
{
	while (size > 0) {
		ssize_t written = write(STDOUT_FILENO, data, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return error_set(error, errno, "standard output: %s; the records end there",
					 strerror(errno));
		data += written;
		size -= (size_t)written;
	}
	return 0;
}

/* What is no record: that some are missing here, or that there will be none. 1: it is one. */
static int take_remark(const char *line, struct error *error)
{
	static const char refusal[] = "{\"error\":\"";
	unsigned long long lost;
	char text[32];

	if (sscanf(line, "{\"lost\":%llu}", &lost) == 1) {
		fprintf(stderr,
			"weirctl: %s flow records are missing here: they come faster than they are "
			"taken\n",
			format_count(text, sizeof(text), lost));
		return 0;
	}
	if (strncmp(line, refusal, strlen(refusal)) != 0)
		return 1;
	line += strlen(refusal);
	return error_set(error, EREMOTEIO, "flows: %.*s", (int)strcspn(line, "\""), line);
}

/* All whole lines of `data`, of which *size is what is left behind them. */
static int take_lines(char *data, size_t *size, struct error *error)
{
	char *begin = data, *end = data + *size, *line = data, *newline;
	int result = 0;

	while (result == 0 && (newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		char *next = newline + 1;
		int record = line[2] == 'l' || line[2] == 'e' ? take_remark(line, error) : 1;

		if (record != 1) {
			result = write_all(begin, (size_t)(line - begin), error);
			begin = next;
			result = result == 0 ? record : result;
		}
		line = next;
	}
	if (result == 0)
		result = write_all(begin, (size_t)(line - begin), error);
	*size = (size_t)(end - line);
	memmove(data, line, *size);
	return result;
}

/* Wait for something to read. False: a signal has come, or the reader of our output has left. */
static bool wait_for(int fd)
{
	struct pollfd watched[] = {{fd, POLLIN, 0}, {STDOUT_FILENO, 0, 0}};

	do {
		if (signals_stop())
			return false;
		(void)poll(watched, 2, LOOK_MS);
		if (watched[1].revents & POLLERR)
			signals_end_by_pipe();
	} while (watched[0].revents == 0);
	return true;
}

static int copy(int fd, struct error *error)
{
	static char data[BUFFER_BYTES + 1];
	size_t size = 0;

	while (wait_for(fd)) {
		ssize_t got = recv(fd, data + size, BUFFER_BYTES - size, 0);

		if (got == 0)
			break;
		if (got < 0)
			return error_set(error, errno, "flows: the socket: %s; weir has ended",
					 strerror(errno));
		size += (size_t)got;
		data[size] = '\0';
		int result = take_lines(data, &size, error);

		if (result != 0)
			return result;
	}
	return 0;
}

int follow_run(struct client *client, struct error *error)
{
	int fd = client_connect_beside(client, "flows_socket", error);
	int result;

	client_close(client); /* weir has few places for those who ask */
	if (fd == -ENOTSUP)
		return error_set(error, ENOTSUP,
				 "flows --follow: this weir has no socket for it; start it with "
				 "--export json+unix:");
	if (fd < 0)
		return fd;
	signals_catch_stop();
	result = copy(fd, error);
	close(fd);
	return result;
}
