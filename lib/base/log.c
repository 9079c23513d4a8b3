/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/log.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <weir/format.h>

static enum log_level threshold = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	__atomic_store_n(&threshold, level, __ATOMIC_RELAXED);
}

enum log_level log_get_level(void)
{
	return __atomic_load_n(&threshold, __ATOMIC_RELAXED);
}

int log_level_parse(const char *name)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};

	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
		if (strcmp(name, names[level]) == 0)
			return level;
	return -EINVAL;
}

void log_print(enum log_level level, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	if (level > log_get_level())
		return;
	va_start(arguments, format);
	format_line(line, sizeof(line), format, arguments);
	va_end(arguments);
	/* One call, so that lines of several threads do not mix. */
	fprintf(stderr, "weir: %s\n", line);
}
