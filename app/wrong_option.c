/* SPDX-License-Identifier: BSD-3-Clause */
#include "wrong_option.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

int wrong_option(int id, char **argv, const char *hint, struct error *error)
{
	const char *given = argv[optind - 1];
	const char *value = strchr(given, '=');

	if (id == ':')
		return error_set(error, EINVAL, "%s: needs a value; %s", given, hint);
	/* Of several letters behind one '-' getopt stops at the wrong one. */
	if (optopt > 0 && optopt < 256)
		return error_set(error, EINVAL, "-%c: no such option; %s", optopt, hint);
	if (optopt >= 256 && value != NULL)
		return error_set(error, EINVAL, "%.*s: takes no value; leave out \"%s\"",
				 (int)(value - given), given, value);
	return error_set(error, EINVAL, "%s: no such option, or short for several; %s", given,
			 hint);
}
