/* SPDX-License-Identifier: BSD-3-Clause */
#include "exporter.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int exporter_name(char name[EXPORTER_MAX], const char *given, struct error *error)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._-:";
	char host[256] = "";

	if (given == NULL) {
		gethostname(host, sizeof(host) - 1);
		given = host;
	}
	if (*given == '\0' || strlen(given) >= EXPORTER_MAX || given[strspn(given, good)] != '\0')
		return error_set(error, EINVAL,
				 "exporter=%.70s: not a name of 1 to %d letters, digits and ._-:; "
				 "give another",
				 given, EXPORTER_MAX - 1);
	strcpy(name, given);
	return 0;
}
