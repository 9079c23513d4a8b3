/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/format.h>
#include <weir/signals.h>

#include "pcapng_sums.h"

#define CHUNK_BYTES 65536
#define LOOK_MS     200 /* for a signal that came just before waiting */

/* Where the stream goes. */
struct sink {
	const char *path; /* NULL: standard output */
	int fd;           /* -1: nothing has come yet, so nothing is made or replaced */
	struct pcapng_sums sums;
};

/* ---- the request ---- */

/* An expression may have several lines; the request is one. */
static void put_words(FILE *out, const char *const *words, int count)
{
	for (int i = 0; i < count; i++) {
		if (i > 0)
			fputc(' ', out);
		for (const char *c = words[i]; *c != '\0'; c++)
			fputc(*c == '\n' ? ' ' : *c, out);
	}
}

static char *make_request(const struct capture_options *options, const char *const *words,
			  int count)
{
	char *line = NULL;
	size_t size;
	FILE *out = open_memstream(&line, &size);

	if (out == NULL)
		return NULL;
	if (options->count > 0)
		fprintf(out, "count=%" PRIu64 " ", options->count);
	if (options->snap > 0)
		fprintf(out, "snap=%" PRIu32 " ", options->snap);
	if (options->duration > 0)
		fprintf(out, "seconds=%" PRIu64 ".%09" PRIu64 " ", options->duration / CLOCK_SECOND,
			options->duration % CLOCK_SECOND);
	fputs("filter=", out);
	put_words(out, words, count);
	fputc('\n', out);
	if (fclose(out) == 0)
		return line;
	free(line);
	return NULL;
}

/* What weir does not want to read it has answered already. */
static void send_request(int fd, const char *line)
{
	for (size_t left = strlen(line); left > 0;) {
		ssize_t sent = send(fd, line, left, MSG_NOSIGNAL);

		if (sent < 0)
			return;
		line += sent;
		left -= (size_t)sent;
	}
}

/* ---- the stream ---- */

/* Only now: a file that is there stays as it is when there is nothing to write. */
static int open_sink(struct sink *sink, struct error *error)
{
	sink->fd = STDOUT_FILENO;
	if (sink->path != NULL)
		sink->fd = open(sink->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (sink->fd < 0)
		return error_set(error, errno, "%s: %s; name another file", sink->path,
				 strerror(errno));
	return 0;
}

static int write_all(const struct sink *sink, const char *data, size_t size, struct error *error)
{
	while (size > 0) {
		ssize_t written = write(sink->fd, data, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return error_set(error, errno, "%s: %s; the capture ends there",
					 sink->path != NULL ? sink->path : "standard output",
					 strerror(errno));
		data += written;
		size -= (size_t)written;
	}
	return 0;
}

/* "error: WHAT" comes in place of a stream, which begins otherwise; it has come to its end. */
static int refusal(const char *data, size_t size, struct error *error)
{
	static const char label[] = "error: ";
	const size_t length = strlen(label);

	if (size < length || memcmp(data, label, length) != 0)
		return 0;
	return error_set(error, EREMOTEIO, "%.*s", (int)strcspn(data + length, "\n"),
			 data + length);
}

static int take(struct sink *sink, const char *data, size_t size, struct error *error)
{
	int result = 0;

	if (sink->fd < 0) {
		result = refusal(data, size, error);
		if (result == 0)
			result = open_sink(sink, error);
	}
	if (result == 0)
		result = write_all(sink, data, size, error);
	pcapng_sums_add(&sink->sums, data, size);
	return result;
}

/* Until weir closes. After a signal no more frames are asked for; what belongs to them still comes.
 */
static int copy(int fd, struct sink *sink, struct error *error)
{
	static char data[CHUNK_BYTES + 1];
	bool asked = false;

	for (;;) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		ssize_t got;
		int result;

		if (signals_stop() && !asked) {
			shutdown(fd, SHUT_WR);
			asked = true;
		}
		if (poll(&poll_fd, 1, asked ? -1 : LOOK_MS) <= 0)
			continue;
		got = recv(fd, data, CHUNK_BYTES, 0);
		if (got == 0)
			return 0;
		if (got < 0)
			return error_set(error, errno, "capture: the socket: %s; weir has ended",
					 strerror(errno));
		data[got] = '\0';
		result = take(sink, data, (size_t)got, error);
		if (result != 0)
			return result;
	}
}

static int conclude(const struct sink *sink, struct error *error)
{
	const struct pcapng_sums *sums = &sink->sums;
	char frames[32], lost[32];

	if (!sums->complete)
		return error_set(error, EPIPE,
				 "capture: weir ended in its midst; what has come is written");
	fprintf(stderr, "weirctl: %s frames captured, %s lost\n",
		format_count(frames, sizeof(frames), sums->delivered),
		format_count(lost, sizeof(lost), sums->lost));
	return 0;
}

static int transfer(int fd, struct sink *sink, const char *request, struct error *error)
{
	int result;

	signals_catch_stop();
	send_request(fd, request);
	result = copy(fd, sink, error);
	if (sink->path != NULL && sink->fd >= 0 && close(sink->fd) != 0 && result == 0)
		result = error_set(error, errno, "%s: %s", sink->path, strerror(errno));
	return result != 0 ? result : conclude(sink, error);
}

int capture_run(struct client *client, const struct capture_options *options,
		const char *const *words, int count, struct error *error)
{
	const bool to_output = options->file == NULL || strcmp(options->file, "-") == 0;
	struct sink sink = {.path = to_output ? NULL : options->file, .fd = -1};
	char *request;
	int fd, result;

	if (to_output && isatty(STDOUT_FILENO)) {
		client_close(client);
		return error_set(error, EINVAL,
				 "capture: pcapng is not for a terminal; give -w FILE, or pipe it "
				 "to \"tcpdump -r -\"");
	}
	fd = client_connect_beside(client, "capture_socket", error);
	client_close(client); /* weir has few places for those who ask */
	if (fd == -ENOTSUP)
		return error_set(error, ENOTSUP,
				 "capture: this weir has no socket for it; its log says why");
	if (fd < 0)
		return fd;
	request = make_request(options, words, count);
	if (request == NULL)
		result = error_set(error, ENOMEM, "no memory for the expression");
	else
		result = transfer(fd, &sink, request, error);
	free(request);
	close(fd);
	return result;
}
