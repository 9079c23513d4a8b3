/* SPDX-License-Identifier: BSD-3-Clause */
#include "flow_writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define BUFFER_BYTES (1u << 20)
#define BUFFERS      4u

struct buffer {
	size_t used;
	uint64_t lines;
	char bytes[BUFFER_BYTES];
};

/* Buffers go round: [emptied, filled) are the thread's, the next one is the caller's. */
struct flow_writer {
	int fd;
	bool regular;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed; /* any of the next four */
	uint64_t filled;
	uint64_t emptied;
	bool ending;
	int failure;
	uint64_t written; /* whole lines in the file; the thread's */
	uint64_t bytes;   /* of those */
	struct buffer buffers[BUFFERS];
};

/* ---- the thread ---- */

/* How much reached the file; less than all of it sets `code`, an errno. */
static size_t write_all(int fd, const struct buffer *buffer, int *code)
{
	size_t done = 0;

	while (done < buffer->used) {
		ssize_t got = write(fd, buffer->bytes + done, buffer->used - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			*code = errno;
			break;
		}
		done += (size_t)got;
	}
	return done;
}

/* A line that was cut in the middle is no record: it is taken away again where that goes. */
static void count_whole_lines(struct flow_writer *writer, const char *bytes, size_t done)
{
	size_t whole = 0;

	for (const char *end; (end = memchr(bytes + whole, '\n', done - whole)) != NULL;) {
		whole = (size_t)(end - bytes) + 1;
		writer->written++;
	}
	writer->bytes += whole;
	if (whole < done && writer->regular && ftruncate(writer->fd, (off_t)writer->bytes) != 0)
		return; /* it stays, then: the counts are right all the same */
}

/* 0 or errno. */
static int write_buffer(struct flow_writer *writer, const struct buffer *buffer)
{
	int code = 0;
	size_t done = write_all(writer->fd, buffer, &code);

	if (code != 0) {
		count_whole_lines(writer, buffer->bytes, done);
		return code;
	}
	writer->written += buffer->lines;
	writer->bytes += done;
	return 0;
}

static void *writer_main(void *argument)
{
	struct flow_writer *writer = argument;

	prctl(PR_SET_NAME, "weir-flows");
	pthread_mutex_lock(&writer->mutex);
	for (;;) {
		const struct buffer *buffer = &writer->buffers[writer->emptied % BUFFERS];
		int failure = writer->failure;

		if (writer->emptied == writer->filled) {
			if (writer->ending)
				break;
			pthread_cond_wait(&writer->changed, &writer->mutex);
			continue;
		}
		pthread_mutex_unlock(&writer->mutex);
		if (failure == 0)
			failure = write_buffer(writer, buffer);
		pthread_mutex_lock(&writer->mutex);
		writer->failure = failure;
		writer->emptied++;
		pthread_cond_signal(&writer->changed);
	}
	pthread_mutex_unlock(&writer->mutex);
	return NULL;
}

/* ---- the caller ---- */

static void release(struct flow_writer *writer)
{
	pthread_cond_destroy(&writer->changed);
	pthread_mutex_destroy(&writer->mutex);
	free(writer);
}

int flow_writer_start(int fd, bool regular, struct flow_writer **writer)
{
	/* Pages that no line comes to are never touched. */
	struct flow_writer *new = malloc(sizeof(*new));
	int code;

	*writer = NULL;
	if (new == NULL)
		return -ENOMEM;
	memset(new, 0, offsetof(struct flow_writer, buffers));
	new->fd = fd;
	new->regular = regular;
	pthread_mutex_init(&new->mutex, NULL);
	pthread_cond_init(&new->changed, NULL);
	new->buffers[0].used = 0;
	new->buffers[0].lines = 0;
	/* Signals are not blocked in it: by one of them it gives up its capabilities. */
	code = pthread_create(&new->thread, NULL, writer_main, new);
	if (code != 0) {
		release(new);
		return -code;
	}
	*writer = new;
	return 0;
}

static struct buffer *current(struct flow_writer *writer)
{
	return &writer->buffers[writer->filled % BUFFERS];
}

/* Hand over what there is. The next buffer may still wait for the file: then wait, too, or don't. */
static void hand_over(struct flow_writer *writer, bool wait)
{
	pthread_mutex_lock(&writer->mutex);
	bool next_is_free = writer->filled - writer->emptied < BUFFERS - 1;

	if (current(writer)->used > 0 && (next_is_free || wait)) {
		writer->filled++;
		pthread_cond_signal(&writer->changed);
		while (writer->filled - writer->emptied == BUFFERS)
			pthread_cond_wait(&writer->changed, &writer->mutex);
		current(writer)->used = 0;
		current(writer)->lines = 0;
	}
	pthread_mutex_unlock(&writer->mutex);
}

char *flow_writer_room(struct flow_writer *writer, size_t bytes)
{
	if (current(writer)->used + bytes > BUFFER_BYTES)
		hand_over(writer, true);
	return current(writer)->bytes + current(writer)->used;
}

void flow_writer_added(struct flow_writer *writer, size_t bytes)
{
	current(writer)->used += bytes;
	current(writer)->lines++;
}

void flow_writer_flush(struct flow_writer *writer)
{
	if (current(writer)->used > 0)
		hand_over(writer, false);
}

int flow_writer_failure(struct flow_writer *writer)
{
	pthread_mutex_lock(&writer->mutex);
	int failure = writer->failure;

	pthread_mutex_unlock(&writer->mutex);
	return failure;
}

int flow_writer_stop(struct flow_writer *writer, uint64_t *written)
{
	hand_over(writer, true);
	pthread_mutex_lock(&writer->mutex);
	writer->ending = true;
	pthread_cond_signal(&writer->changed);
	pthread_mutex_unlock(&writer->mutex);
	pthread_join(writer->thread, NULL);
	int failure = writer->failure;

	*written = writer->written;
	release(writer);
	return failure;
}
