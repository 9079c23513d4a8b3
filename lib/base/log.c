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
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/format.h>

static enum log_level threshold = LOG_LEVEL_INFO;
static enum { PLAIN, JOURNAL, DATED } style;

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

/*
 * A pipe that can be written to takes a whole line (PIPE_BUF); nobody waits for one that cannot.
 * One call for a line, so that those of several processes do not mix.
 */
static bool write_line(enum log_level level, int as, const char *text)
{
	static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};
	struct pollfd standard_error = {STDERR_FILENO, POLLOUT, 0};
	char line[1200], time[40];
	int size;

	if (as == JOURNAL)
		size = snprintf(line, sizeof(line), "<%d>%s\n", priorities[level], text);
	else if (as == PLAIN)
		size = snprintf(line, sizeof(line), "weir: %s\n", text);
	else
		size = snprintf(line, sizeof(line), "weir: %.23sZ %s: %s\n",
				format_rfc3339(time, sizeof(time), clock_wall_ns()), names[level],
				text);
	return poll(&standard_error, 1, 0) == 1 && write(STDERR_FILENO, line, (size_t)size) == size;
}

/* What was lost before is told first. */
static void print_line(enum log_level level, int as, const char *text)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
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
