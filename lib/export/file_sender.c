/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/file_sender.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <weir/clock.h>
#include <weir/log.h>
#include <weir/output_name.h>

#include "output_file.h"

struct file_sender {
	struct file_settings settings;
	uint64_t since; /* when it was made, as files are dated */
	struct output_file file;
	char path[PATH_MAX]; /* of the open file, or of the one that is to be opened */
	uint64_t slot;       /* rotations since 1970, of the open file */
	size_t whole;        /* bytes of the message that are written, in whole lines */
};

static bool rotates(const struct file_sender *sender)
{
	return sender->settings.rotate > 0;
}

static const char *name_now(const struct file_sender *sender)
{
	return rotates(sender) ? sender->path : output_known_as(sender->settings.path);
}

/* ---- opening ---- */

/* 0, or negative errno with the line. */
static int open_slot(struct file_sender *sender, uint64_t date, struct error *error)
{
	const struct file_settings *settings = &sender->settings;
	const char *path = settings->path;

	if (rotates(sender)) {
		sender->slot = date / settings->rotate;
		path = sender->path;
		if (!output_name(sender->path, sizeof(sender->path), settings->path,
				 sender->slot * settings->rotate))
			return error_set(error, ENAMETOOLONG, "%s: too long for a name; shorten it",
					 settings->path);
	}
	return output_file_open(&sender->file, path, settings, sender->since, error);
}

/* The file that the message belongs to is open. 0, or negative errno with the line. */
static int have_file(struct file_sender *sender, uint64_t date, struct error *error)
{
	int result;

	date = sender->settings.dated ? date : clock_wall_ns();
	if (sender->file.fd >= 0 &&
	    (!rotates(sender) || sender->slot == date / sender->settings.rotate))
		return 0;
	result = output_file_close(&sender->file);
	if (result != 0)
		log_warning("%s: %s", name_now(sender), strerror(-result));
	result = open_slot(sender, date, error);
	if (result != 0) {
		const struct error why = *error;

		error_set(error, -result, "%s; it is tried again every second", why.text);
	}
	return result;
}

/* ---- sending ---- */

static uint32_t count_lines(const char *bytes, size_t size)
{
	const char *end = bytes + size;
	uint32_t lines = 0;

	while (bytes < end && (bytes = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL) {
		bytes++;
		lines++;
	}
	return lines;
}

/* A line that was cut in the middle is none: it is taken off, and written as a whole later. */
static void keep_whole_lines(struct file_sender *sender, struct message *message)
{
	const char *newline = memrchr(message->bytes, '\n', message->done);
	size_t whole = newline == NULL ? 0 : (size_t)(newline - message->bytes) + 1;

	if (whole > sender->whole) {
		message->sent += count_lines(message->bytes + sender->whole, whole - sender->whole);
		sender->whole = whole;
	}
	if (whole < message->done && output_file_take_back(&sender->file, message->done - whole))
		message->done = whole;
}

static int write_some(struct file_sender *sender, struct message *message, int wake,
		      struct error *error)
{
	ssize_t got = output_file_write(&sender->file, message->bytes + message->done,
					message->size - message->done, wake);

	if (got >= 0) {
		message->done += (size_t)got;
		return 0;
	}
	error_set(error, (int)-got, "%s: %s; %s", name_now(sender), strerror((int)-got),
		  got == -EPIPE ? "another reader is waited for"
				: "it is tried again every second");
	return (int)got;
}

static int file_send(void *context, struct message *message, int wake, struct error *error)
{
	struct file_sender *sender = context;
	int result = 0;

	if (message->done == 0)
		sender->whole = 0;
	/* Between two lines only: the rest of one is for the file that has its beginning. */
	if (sender->file.fd < 0 || message->done == sender->whole)
		result = have_file(sender, message->date, error);
	if (result == 0)
		result = write_some(sender, message, wake, error);
	if (result != 0 && sender->settings.lines)
		keep_whole_lines(sender, message);
	return -result;
}

/* ---- between messages ---- */

/* Somebody has moved the file away: what comes now is for a new one. What cannot be had anew stays.
 */
static void file_reopen(void *context)
{
	struct file_sender *sender = context;
	struct output_file old = sender->file;
	struct error error;

	if (old.fd < 0 || !old.own || old.kind != OUTPUT_REGULAR ||
	    output_file_is(&old, name_now(sender)))
		return;
	if (output_file_open(&sender->file, name_now(sender), &sender->settings, sender->since,
			     &error) != 0) {
		log_warning("%s; the old file is written to", error.text);
		sender->file = old;
		return;
	}
	int result = output_file_close(&old);

	if (result != 0)
		log_warning("%s: the old file: %s", name_now(sender), strerror(-result));
}

/* An hour is over: its file is whole, although nothing has come for the next. */
static uint64_t end_slot(void *context)
{
	struct file_sender *sender = context;

	if (sender->file.fd >= 0 && sender->slot != clock_wall_ns() / sender->settings.rotate)
		output_file_close(&sender->file);
	return CLOCK_SECOND;
}

/* ---- the beginning and the end ---- */

static int file_close(void *context)
{
	struct file_sender *sender = context;
	int result = output_file_close(&sender->file);

	free(sender);
	return -result;
}

/* Now, by the clock that dates files, which may be some ms behind. */
static uint64_t file_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (uint64_t)now.tv_sec * CLOCK_SECOND + (uint64_t)now.tv_nsec;
}

int file_sender_open(const struct file_settings *settings, struct sender *made, struct error *error)
{
	struct file_sender *sender = calloc(1, sizeof(*sender));
	int result = 0;

	if (sender == NULL)
		return error_set(error, ENOMEM, "%s: no memory; free some",
				 output_known_as(settings->path));
	sender->settings = *settings;
	sender->since = file_time();
	sender->file = OUTPUT_CLOSED;
	if (!rotates(sender) || !settings->dated) /* else the first record knows its name */
		result = open_slot(sender, sender->since, error);
	if (result != 0 && result != -ENXIO) {
		free(sender);
		return result;
	}
	*made = (struct sender){
		.context = sender,
		.send = file_send,
		.reopen = file_reopen,
		.look = rotates(sender) && !settings->dated ? end_slot : NULL,
		.close = file_close,
	};
	return 0;
}
