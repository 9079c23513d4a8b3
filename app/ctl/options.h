/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIRCTL_OPTIONS_H
#define WEIRCTL_OPTIONS_H

#include <stdbool.h>

#include <weir/error.h>

#include "show.h"

struct options {
	const char *file_prefix; /* NULL: any */
	const char *socket;      /* NULL: look for one */
	bool json;
	double watch; /* seconds between two looks; 0: look once */
	const struct show *show;
	char command[1024]; /* to send: as much as the socket takes */
};

/* All is said (--help, --version): the program is done. */
#define OPTIONS_DONE 1

/* 0, OPTIONS_DONE, or -EINVAL with the line. */
int options_parse(int argc, char **argv, struct options *options, struct error *error);

#endif
