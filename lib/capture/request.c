/* SPDX-License-Identifier: BSD-3-Clause */
#include "request.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SNAP_MAX    262144u /* as libpcap's: longer than any frame */
#define SECONDS_MAX (366.0 * 86400)

static int parse_number(const char *name, const char *text, uint64_t most, uint64_t *value,
			struct error *error)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || *value == 0 ||
	    *value > most)
		return error_set(error, EINVAL,
				 "capture: %s=%s: is no whole number from 1 to %llu; give one",
				 name, text, (unsigned long long)most);
	return 0;
}

static int parse_seconds(const char *name, const char *text, uint64_t *ns, struct error *error)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end != '\0' || !(seconds >= 0.001 && seconds <= SECONDS_MAX))
		return error_set(error, EINVAL,
				 "capture: %s=%s: is no time from 0.001 to %.0f; give one", name,
				 text, SECONDS_MAX);
	*ns = (uint64_t)llround(seconds * 1e9);
	return 0;
}

static int take(const char *name, const char *value, struct request *request, struct error *error)
{
	uint64_t snap;
	int result;

	if (strcmp(name, "count") == 0)
		return parse_number(name, value, UINT64_MAX - 1, &request->count, error);
	if (strcmp(name, "seconds") == 0)
		return parse_seconds(name, value, &request->duration, error);
	if (strcmp(name, "snap") != 0)
		return error_set(error, EINVAL,
				 "capture: %s=: is none of count, seconds, snap and filter", name);
	result = parse_number(name, value, SNAP_MAX, &snap, error);
	if (result == 0)
		request->snap = (uint32_t)snap;
	return result;
}

/* The word that begins at *rest, cut off there. */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " ");

	*rest = word + strcspn(word, " ");
	if (**rest != '\0')
		*(*rest)++ = '\0';
	return word;
}

int request_parse(char *line, struct request *request, struct error *error)
{
	static const char filter[] = "filter=";
	int result = 0;

	*request = (struct request){.snap = SNAP_MAX, .count = UINT64_MAX, .duration = UINT64_MAX};
	while (result == 0 && *(line += strspn(line, " ")) != '\0') {
		char *name, *value;

		if (strncmp(line, filter, strlen(filter)) == 0) {
			line += strlen(filter);
			request->filter = *line != '\0' ? line : NULL;
			return 0;
		}
		name = next_word(&line);
		value = strchr(name, '=');
		if (value == NULL)
			return error_set(error, EINVAL,
					 "capture: %s: is not NAME=VALUE; an expression follows "
					 "filter=",
					 name);
		*value++ = '\0';
		result = take(name, value, request, error);
	}
	return result;
}
