/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traffic.h"

/* libpcap writes frame by frame through stdio; this only collects large blocks. */
struct capture_writer {
	int fd;
	size_t used;
	uint8_t buffer[1 << 20];
};

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snap_length, link_type;
};

struct frame_header {
	uint32_t seconds, nanoseconds, captured, wire;
};

static bool flush(struct capture_writer *writer)
{
	size_t done = 0;

	while (done < writer->used) {
		ssize_t n = write(writer->fd, writer->buffer + done, writer->used - done);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			done += (size_t)n;
	}
	writer->used = 0;
	return true;
}

static void append(struct capture_writer *writer, const void *bytes, size_t length)
{
	memcpy(writer->buffer + writer->used, bytes, length);
	writer->used += length;
}

struct capture_writer *capture_open(const char *path)
{
	static const struct file_header header = {
		.magic = 0xa1b23c4d, .major = 2, .minor = 4, .snap_length = 65535, .link_type = 1};
	struct capture_writer *writer = malloc(sizeof(*writer));

	if (writer == NULL)
		return NULL;
	writer->used = 0;
	writer->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (writer->fd < 0) {
		free(writer);
		return NULL;
	}
	append(writer, &header, sizeof(header));
	return writer;
}

bool capture_write(struct capture_writer *writer, uint64_t time, const struct frame *frame)
{
	struct frame_header header = {.seconds = (uint32_t)(time / 1000000000),
				      .nanoseconds = (uint32_t)(time % 1000000000),
				      .captured = frame->length,
				      .wire = frame->length};

	if (writer->used + sizeof(header) + frame->length > sizeof(writer->buffer) &&
	    !flush(writer))
		return false;
	append(writer, &header, sizeof(header));
	append(writer, frame->bytes, frame->length);
	return true;
}

bool capture_close(struct capture_writer *writer)
{
	bool written = flush(writer);
	int error = errno;

	if (close(writer->fd) != 0 && written) {
		written = false;
		error = errno;
	}
	free(writer);
	errno = error;
	return written;
}
