/* SPDX-License-Identifier: BSD-3-Clause */
#include "outlet_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/log.h>
#include <weir/output_name.h>

/* How long to leave alone what failed, and a FIFO that nobody reads yet; how often to look for the
 * hour. */
#define RETRY     CLOCK_SECOND
#define NO_READER (100 * CLOCK_MILLISECOND)
#define LOOK      CLOCK_SECOND
#define FOREVER   (UINT64_C(1000000) * CLOCK_SECOND)

static bool rotates(const struct outlet *outlet)
{
	return outlet->settings.rotate > 0;
}

/* ---- opening ---- */

/* 0, or negative errno with the line. */
static int open_slot(struct outlet *outlet, uint64_t date, struct error *error)
{
	const struct outlet_settings *settings = &outlet->settings;
	const char *path = settings->path;

	if (rotates(outlet)) {
		outlet->slot = date / settings->rotate;
		path = outlet->path;
		if (!output_name(outlet->path, sizeof(outlet->path), settings->path,
				 outlet->slot * settings->rotate))
			return error_set(error, ENAMETOOLONG, "%s: too long for a name; shorten it",
					 settings->path);
	}
	return output_file_open(&outlet->file, path, settings, outlet->since, error);
}

int outlet_begin(struct outlet *outlet, struct error *error)
{
	int result;

	outlet->file = OUTPUT_CLOSED;
	if (rotates(outlet) && outlet->settings.dated)
		return 0; /* the first item knows its name */
	result = open_slot(outlet, outlet->since, error);
	outlet->failure = result == -ENXIO ? ENXIO : 0;
	return outlet->failure != 0 ? 0 : result;
}

static const char *name_of_file(const struct outlet *outlet)
{
	return rotates(outlet) ? outlet->path : outlet_name(outlet->settings.path);
}

/* ---- trouble ---- */

/* Said once, until it is over. Who waits for all to be written hears of it at the end. */
static void note_trouble(struct outlet *outlet, const char *format, const char *name,
			 const char *why)
{
	if (!outlet->troubled && outlet_patience(outlet) == OUTLET_NEVER)
		log_warning(format, name, why);
	outlet->troubled = true;
}

static void note_write_error(struct outlet *outlet, int code)
{
	const char *name = name_of_file(outlet);

	if (code != EPIPE)
		note_trouble(outlet, "%s: %s; it is tried again every second", name,
			     strerror(code));
	else if (outlet->file.fd != STDOUT_FILENO)
		note_trouble(outlet, "%s: %s; another reader is waited for", name, strerror(code));
	else
		__atomic_store_n(&outlet->left_alone, true, __ATOMIC_RELEASE);
}

static void note_success(struct outlet *outlet)
{
	if (outlet->troubled && outlet_patience(outlet) == OUTLET_NEVER)
		log_warning("%s: can be written to again", name_of_file(outlet));
	outlet->troubled = false;
}

/* ---- one batch ---- */

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
static void keep_whole_lines(struct outlet *outlet, const struct batch *batch)
{
	const char *newline = memrchr(batch->bytes, '\n', outlet->done);
	size_t whole = newline == NULL ? 0 : (size_t)(newline - batch->bytes) + 1;

	if (whole > outlet->whole) {
		outlet->counted += count_lines(batch->bytes + outlet->whole, whole - outlet->whole);
		outlet->whole = whole;
	}
	if (whole < outlet->done && output_file_take_back(&outlet->file, outlet->done - whole))
		outlet->done = whole;
}

/* The file that the batch belongs to is open. 0 or errno. */
static int have_file(struct outlet *outlet, const struct batch *batch)
{
	uint64_t date = outlet->settings.dated ? batch->date : clock_wall_ns();
	struct error error;
	int result;

	if (outlet->file.fd >= 0 &&
	    (!rotates(outlet) || outlet->slot == date / outlet->settings.rotate))
		return 0;
	result = output_file_close(&outlet->file);
	if (result != 0)
		log_warning("%s: %s", name_of_file(outlet), strerror(-result));
	result = open_slot(outlet, date, &error);
	if (result != 0 && result != -ENXIO)
		note_trouble(outlet, "%s%s; it is tried again every second", error.text, "");
	return -result;
}

/* 0; or errno, and what is not written stays. ECANCELED: nobody is to be waited for any more. */
static int write_batch(struct outlet *outlet, const struct batch *batch)
{
	int code = have_file(outlet, batch);

	while (code == 0 && outlet->done < batch->used) {
		ssize_t got = output_file_write(&outlet->file, batch->bytes + outlet->done,
						batch->used - outlet->done, outlet->wake);

		if (got < 0)
			code = (int)-got;
		else
			outlet->done += (size_t)got;
	}
	if (code == 0) {
		note_success(outlet);
		return 0;
	}
	if (outlet->settings.lines)
		keep_whole_lines(outlet, batch);
	if (code != ECANCELED && outlet->file.fd >= 0)
		note_write_error(outlet, code);
	return code;
}

/* ---- SIGHUP ---- */

/* Somebody has moved the file away: what comes now is for a new one. What cannot be had anew stays.
 */
static void open_anew(struct outlet *outlet)
{
	struct output_file old = outlet->file;
	struct error error;

	if (old.fd < 0 || !old.own || old.kind != OUTPUT_REGULAR ||
	    output_file_is(&old, name_of_file(outlet)))
		return;
	if (output_file_open(&outlet->file, name_of_file(outlet), &outlet->settings, outlet->since,
			     &error) != 0) {
		log_warning("%s; the old file is written to", error.text);
		outlet->file = old;
	} else if (output_file_close(&old) != 0) {
		log_warning("%s: the old file: %s", name_of_file(outlet), strerror(errno));
	}
}

/* An hour is over: its file is whole, although nothing has come for the next. */
static void end_slot(struct outlet *outlet)
{
	if (rotates(outlet) && !outlet->settings.dated && outlet->file.fd >= 0 &&
	    outlet->slot != clock_wall_ns() / outlet->settings.rotate)
		output_file_close(&outlet->file);
}

/* ---- the loop; the mutex is held but for where it says so ---- */

static void work_on(struct outlet *outlet)
{
	const struct batch *batch = &outlet->batches[outlet->emptied % BATCHES];
	uint32_t counted = outlet->counted;

	pthread_mutex_unlock(&outlet->mutex);
	int code = write_batch(outlet, batch);

	pthread_mutex_lock(&outlet->mutex);
	outlet->failure = code == ECANCELED ? outlet->failure : code;
	outlet->sent += (code == 0 ? batch->items : outlet->counted) - counted;
	if (code == 0) {
		outlet->emptied++;
		outlet->done = outlet->whole = 0;
		outlet->counted = 0;
	}
	pthread_cond_broadcast(&outlet->changed);
}

/* Whether there is any use in trying again. */
static bool is_over(const struct outlet *outlet, bool tried)
{
	if (outlet->abandoned || outlet->left_alone)
		return true;
	if (!outlet->ending)
		return false;
	return outlet->emptied == outlet->filled ||
	       (tried && outlet->failure != 0 && outlet->failure != ENXIO);
}

/* Until there is something to do, or it is time to try again. */
static void rest(struct outlet *outlet)
{
	bool nothing = outlet->emptied == outlet->filled;
	uint64_t ns = nothing                    ? (rotates(outlet) ? LOOK : FOREVER)
		      : outlet->failure == ENXIO ? NO_READER
						 : RETRY;
	uint64_t until = clock_monotonic_ns() + ns, now;

	while ((now = clock_monotonic_ns()) < until && !outlet->reopen && !outlet->ending &&
	       !outlet->abandoned && (!nothing || outlet->emptied == outlet->filled))
		outlet_wait(outlet, until - now);
	if (outlet->ending && outlet->failure == ENXIO)
		outlet_wait(outlet, NO_READER);
}

void *outlet_main(void *argument)
{
	struct outlet *outlet = argument;
	bool tried = false; /* since the end has begun */

	prctl(PR_SET_NAME, "weir-outlet");
	pthread_mutex_lock(&outlet->mutex);
	while (!is_over(outlet, tried)) {
		if (outlet->reopen) {
			outlet->reopen = false;
			pthread_mutex_unlock(&outlet->mutex);
			open_anew(outlet);
			pthread_mutex_lock(&outlet->mutex);
		}
		tried = outlet->ending;
		if (outlet->emptied != outlet->filled)
			work_on(outlet);
		else
			end_slot(outlet);
		if (outlet->emptied == outlet->filled || outlet->failure != 0)
			rest(outlet);
	}
	pthread_mutex_unlock(&outlet->mutex);
	int late = output_file_close(&outlet->file);

	pthread_mutex_lock(&outlet->mutex);
	outlet->failure = outlet->failure != 0 ? outlet->failure : -late;
	outlet->ended = true;
	pthread_cond_broadcast(&outlet->changed);
	pthread_mutex_unlock(&outlet->mutex);
	return NULL;
}
