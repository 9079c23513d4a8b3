/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_CTL_OPTIONS_H
#define WEIR_APP_CTL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/error.h>
#include <weir/options.h>

#include "capture.h"
#include <weir/client_words.h>

struct options {
	const char *file_prefix; /* NULL: any */
	const char *socket;      /* NULL: look for one */
	bool json;
	uint64_t watch; /* ns between two looks; 0: look once */
	struct question question;
	bool follow;    /* flows, as they end */
	bool capturing; /* the command is capture: */
	struct capture_options capture;
	const char *test_url; /* the command is export test; else NULL */
};

/* As options_read(). The strings stay argv's. */
int options_parse(int argc, char **argv, struct options *options, struct error *error);

#endif
