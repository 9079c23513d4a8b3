/* SPDX-License-Identifier: BSD-3-Clause */
#include "track.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Larger ones are no faster: the CPU's second-level cache holds what is read next. */
#define WINDOW_BYTES (128 * 1024)
/* Smaller than any buffer needs to be, larger than the headers of a capture. */
#define WINDOW_BYTES_MIN 4096

/* ---- opening ---- */

static int open_error(const char *name, int code, struct error *error)
{
	const char *advice = code == ENOENT   ? "check the path"
			     : code == EACCES ? "you have no permission to read it"
			     : code == EMFILE ? "raise the limit with \"ulimit -n\""
					      : "the file cannot be read";

	return error_set(error, code, "%s: %s; %s", name, strerror(code), advice);
}

int track_descriptor(const char *path, const char *name, struct error *error)
{
	int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
					: open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? open_error(name, errno, error) : fd;
}

static size_t window_bytes(const struct stat *status)
{
	if (!S_ISREG(status->st_mode) || status->st_size >= WINDOW_BYTES)
		return WINDOW_BYTES;
	return status->st_size > WINDOW_BYTES_MIN ? (size_t)status->st_size : WINDOW_BYTES_MIN;
}

int track_open(struct track *track, int fd, const char *name, int wake, uint64_t *read,
	       struct error *error)
{
	int result = 0;
	struct stat status;
	struct stream *stream;

	memset(track, 0, offsetof(struct track, keys));
	if (fstat(fd, &status) != 0)
		result = errno;
	else if (S_ISDIR(status.st_mode))
		result = EISDIR;
	if (result != 0) {
		close(fd);
		return open_error(name, result, error);
	}
	if (S_ISREG(status.st_mode)) {
		track->size = (uint64_t)status.st_size;
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	}
	stream = stream_of_descriptor(fd, S_ISREG(status.st_mode) ? -1 : wake, read);
	if (stream == NULL)
		return error_set(error, ENOMEM, "%s: no memory to read it", name);
	return savefile_open(&track->file, name, stream, window_bytes(&status), error);
}

void track_close(struct track *track)
{
	savefile_close(&track->file);
	free(track->kept);
	track->kept = NULL;
}

/* ---- keys ---- */

static bool is_far(uint64_t time, uint64_t other)
{
	return time - other + TRACK_NEAR > 2 * TRACK_NEAR;
}

static uint64_t middle(uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t low = a < b ? a : b, high = a < b ? b : a;

	return c < low ? low : c > high ? high : c;
}

/* Of frame `i`, behind one of key `before`. */
static uint64_t find_key(const struct track *track, unsigned int i, uint64_t before)
{
	const uint64_t time = track->frames[i].time;

	if (i + 1 == track->count)
		return time;
	if (i == 0 && !track->started) /* with nothing before it */
		return is_far(time, track->frames[1].time) && track->frames[1].time < time
			       ? track->frames[1].time
			       : time;
	if (!is_far(time, before))
		return time;
	return middle(before, time, track->frames[i + 1].time);
}

static void find_keys(struct track *track)
{
	uint64_t key = track->key;

	for (unsigned int i = 0; i < track->count; i++)
		track->keys[i] = key = find_key(track, i, key);
}

/* ---- reading ---- */

/* The last frame of a batch is far from the one before: only the next batch tells what it is. */
static bool is_open_question(const struct track *track)
{
	const unsigned int last = track->count - 1;
	const bool first = last == 0;

	if (first && !track->started)
		return true;
	return is_far(track->frames[last].time, first ? track->key : track->keys[last - 1]);
}

/* Keep the last frame back; without the memory that it may need it counts as what it says. */
static void hold_last(struct track *track)
{
	if (track->kept == NULL)
		track->kept = malloc(SAVEFILE_CAPTURED_MAX);
	if (track->kept == NULL)
		return;
	track->held = true;
	track->count--;
}

/* The frame that was held comes first, off the window, which will move. How many there are: 1, 0 */
static unsigned int take_held(struct track *track)
{
	struct savefile_frame *frame = &track->frames[track->count];

	if (!track->held)
		return 0;
	if (frame->captured > 0)
		memcpy(track->kept, frame->data, frame->captured);
	frame->data = track->kept;
	track->frames[0] = *frame;
	track->held = false;
	return 1;
}

bool track_read(struct track *track)
{
	unsigned int kept, got;

	if (track->count > 0) {
		track->key = track->keys[track->count - 1];
		track->started = true;
	}
	do {
		kept = take_held(track);
		got = savefile_read(&track->file, &track->frames[kept]);
		track->next = 0;
		track->count = kept + got;
		if (track->count == 0)
			return false;
		if (!track->keyed)
			return true;
		find_keys(track);
		if (got > 0 && is_open_question(track))
			hold_last(track);
	} while (track->count == 0);
	return true;
}
