/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/output_name.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#include <weir/clock.h>

#define KNOWN "YymdjHMSFTCGgVuw%"

bool output_name_changes(const char *pattern)
{
	for (const char *at = pattern; (at = strchr(at, '%')) != NULL && at[1] != '\0'; at += 2)
		if (at[1] != '%')
			return true;
	return false;
}

int output_name_check(const char *pattern, struct error *error)
{
	for (const char *at = pattern; (at = strchr(at, '%')) != NULL; at += 2)
		if (at[1] == '\0' || strchr(KNOWN, at[1]) == NULL)
			return error_set(
				error, EINVAL,
				"%s: \"%.2s\" in a name stands for nothing; use %%Y %%m %%d %%H "
				"%%M %%S, or %%%% for the sign itself",
				pattern, at);
	return 0;
}

bool output_name(char *out, size_t size, const char *pattern, uint64_t at)
{
	time_t seconds = (time_t)(at / CLOCK_SECOND);
	struct tm utc;

	return gmtime_r(&seconds, &utc) != NULL && strftime(out, size, pattern, &utc) > 0;
}

const char *output_known_as(const char *path)
{
	return strcmp(path, OUTPUT_STDOUT) == 0   ? "standard output"
	       : strcmp(path, OUTPUT_STDERR) == 0 ? "standard error"
						  : path;
}
