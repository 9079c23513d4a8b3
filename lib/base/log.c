/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/log.h>

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/format.h>

static enum log_level threshold = LOG_LEVEL_INFO;
static enum { PLAIN, JOURNAL, DATED } style;
#define STATUS_MAX 100 /* columns */

#define NAME(level, name) [LOG_LEVEL_##level] = (name),
static const char *const names[] = {LOG_LEVELS(NAME)};

/* systemd names the stream that it gave a service, in case it is not the one in hand. */
static bool is_journal(const struct stat *stream)
{
	const char *journal = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;

	return journal != NULL && sscanf(journal, "%ju:%ju", &device, &inode) == 2 &&
	       device == stream->st_dev && inode == stream->st_ino;
}

void log_start(void)
{
	struct stat stream;

	if (isatty(STDERR_FILENO) || fstat(STDERR_FILENO, &stream) != 0)
		style = PLAIN;
	else
		style = is_journal(&stream) ? JOURNAL : DATED;
}

void log_set_level(enum log_level level)
{
	__atomic_store_n(&threshold, level, __ATOMIC_RELAXED);
}

enum log_level log_get_level(void)
{
	return __atomic_load_n(&threshold, __ATOMIC_RELAXED);
}

/* ---- writing, one thread at a time ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned int status_width; /* columns of the line that stays below; 0: there is none */

/*
 * A pipe that can be written to takes a whole line (PIPE_BUF); nobody waits for one that cannot.
 * One call for a line, so that those of several processes do not mix.
 */
static bool write_text(const char *text, int size)
{
	struct pollfd standard_error = {STDERR_FILENO, POLLOUT, 0};

	return poll(&standard_error, 1, 0) == 1 && write(STDERR_FILENO, text, (size_t)size) == size;
}

/* Less than a whole line, which some terminals would end. */
static unsigned int room_for_status(void)
{
	struct winsize window;
	unsigned int columns = 80;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
		columns = window.ws_col;
	return columns - 1 < STATUS_MAX ? columns - 1 : STATUS_MAX;
}

/*
 * `text`, and blanks over what was there before, also over a "^C" behind it: no escape is needed.
 * With "" the line is gone.
 */
static int write_over(char *out, size_t size, const char *text)
{
	unsigned int room = room_for_status(), before = status_width > 0 ? status_width + 4 : 0;
	int width = (int)strnlen(text, room), padded = (int)(before < room ? before : room);

	status_width = (unsigned int)width;
	if (width == 0)
		return before == 0 ? 0 : snprintf(out, size, "\r%*s\r", padded, "");
	return snprintf(out, size, "\r%-*.*s", padded > width ? padded : width, width, text);
}

static bool write_line(enum log_level level, int as, const char *text)
{
	static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};
	char line[1200 + STATUS_MAX], time[40];
	int size = write_over(line, sizeof(line), "");
	char *at = line + size;
	size_t room = sizeof(line) - (size_t)size;

	if (as == JOURNAL)
		size += snprintf(at, room, "<%d>%s\n", priorities[level], text);
	else if (as == PLAIN)
		size += snprintf(at, room, "weir: %s\n", text);
	else
		size += snprintf(at, room, "weir: %.23sZ %s: %s\n",
				 format_rfc3339(time, sizeof(time), clock_wall_ns()), names[level],
				 text);
	return write_text(line, size);
}

/* What was lost before is told first. */
static void print_line(enum log_level level, int as, const char *text)
{
	static uint64_t lost;
	char lines[80];

	pthread_mutex_lock(&mutex);
	snprintf(lines, sizeof(lines), "nobody read standard error: %" PRIu64 " lines are lost",
		 lost);
	if (lost > 0 && write_line(LOG_LEVEL_WARNING, as, lines))
		lost = 0;
	if (lost > 0 || !write_line(level, as, text))
		lost++;
	pthread_mutex_unlock(&mutex);
}

void log_print(enum log_level level, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	if (level > log_get_level())
		return;
	va_start(arguments, format);
	format_line(text, sizeof(text), format, arguments);
	va_end(arguments);
	print_line(level, style, text);
}

void log_failure(const char *text)
{
	print_line(LOG_LEVEL_ERROR, style == JOURNAL ? JOURNAL : PLAIN, text);
}

/* ---- the line that stays below ---- */

bool log_has_status(void)
{
	const char *terminal = getenv("TERM");

	return isatty(STDERR_FILENO) && terminal != NULL && strcmp(terminal, "dumb") != 0 &&
	       log_get_level() >= LOG_LEVEL_INFO;
}

/* Of a job in the background a shell's prompt is there instead. */
static bool in_background(void)
{
	pid_t foreground = tcgetpgrp(STDERR_FILENO);

	return foreground >= 0 && foreground != getpgrp();
}

void log_status(const char *text)
{
	char line[2 * STATUS_MAX], shown[2 * STATUS_MAX] = "";
	int size;

	if (text != NULL && in_background())
		return;
	if (text != NULL)
		snprintf(shown, sizeof(shown), "weir: %s", text);
	pthread_mutex_lock(&mutex);
	size = write_over(line, sizeof(line), shown);
	if (size > 0)
		(void)write_text(line, size);
	pthread_mutex_unlock(&mutex);
}
