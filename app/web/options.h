/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEB_OPTIONS_H
#define WEIR_APP_WEB_OPTIONS_H

#include <weir/error.h>
#include <weir/options.h>

struct web_options {
	const char *listen;       /* "127.0.0.1:8474" */
	struct option_list hosts; /* further names under which we are asked */
	const char *file_prefix;  /* NULL: any */
	const char *socket;       /* NULL: look for one */
};

/* As options_read(). The strings stay argv's. */
int web_options_parse(int argc, char **argv, struct web_options *options, struct error *error);
void web_options_release(struct web_options *options);

#endif
