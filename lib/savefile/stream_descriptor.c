/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct descriptor {
	struct stream stream;
	int fd;
	int wake;
	uint64_t *read; /* atomic */
};

static void count(const struct descriptor *descriptor, uint64_t bytes)
{
	__atomic_fetch_add(descriptor->read, bytes, __ATOMIC_RELAXED);
}

/* False: somebody wants the reading to end, or poll(2) fails. */
static bool wait_for(const struct descriptor *descriptor)
{
	struct pollfd ready[2] = {{.fd = descriptor->fd, .events = POLLIN},
				  {.fd = descriptor->wake, .events = POLLIN}};

	while (poll(ready, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	return ready[1].revents == 0;
}

static ssize_t read_descriptor(struct stream *stream, uint8_t *to, size_t size)
{
	const struct descriptor *descriptor = (struct descriptor *)stream;
	ssize_t got;

	do {
		if (descriptor->wake >= 0 && !wait_for(descriptor))
			return 0;
		got = read(descriptor->fd, to, size);
	} while (got < 0 && (errno == EINTR || errno == EAGAIN));
	if (got < 0)
		stream->problem = strerrordesc_np(errno);
	else
		count(descriptor, (uint64_t)got);
	return got;
}

static bool skip_descriptor(struct stream *stream, uint64_t bytes)
{
	const struct descriptor *descriptor = (struct descriptor *)stream;

	if (bytes > INT64_MAX || lseek(descriptor->fd, (off_t)bytes, SEEK_CUR) < 0)
		return false;
	count(descriptor, bytes);
	return true;
}

static void close_descriptor(struct stream *stream)
{
	close(((struct descriptor *)stream)->fd);
	free(stream);
}

struct stream *stream_of_descriptor(int fd, int wake, uint64_t *read)
{
	struct descriptor *descriptor = malloc(sizeof(*descriptor));

	if (descriptor == NULL) {
		close(fd);
		return NULL;
	}
	*descriptor = (struct descriptor){
		.stream = {read_descriptor, skip_descriptor, close_descriptor, NULL},
		.fd = fd,
		.wake = wake,
		.read = read,
	};
	return &descriptor->stream;
}
