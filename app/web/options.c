/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <errno.h>

#include <weir/client_options.h>

#define INTO(member) OPTION_INTO(struct web_options, member)

#define HOSTS_MAX 16

static const struct option_row rows[] = {
	{"listen", "ADDRESS:PORT", "where browsers and Prometheus ask; [::]:8474 is everywhere",
	 .type = OPTION_TEXT, INTO(listen), .usual = "127.0.0.1:8474"},
	{"host", "NAME", "answer who asks for this name, too; may be given again",
	 .type = OPTION_LIST, INTO(hosts), .high = HOSTS_MAX},
	CLIENT_ROWS(struct web_options),
	{"version", NULL, "print the version (also -V)", .type = OPTION_VERSION},
	{"help", NULL, "print this (also -h)", .type = OPTION_HELP},
};

static const struct option_table table = {
	.program = "weirweb",
	.version = WEIR_VERSION,
	.before = "usage: weirweb [OPTION]...\n"
		  "Serve what a running weir says over HTTP: metrics for Prometheus at /metrics,\n"
		  "the answers of its socket as JSON at /api/v1/.\n"
		  "\n",
	.after = "",
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
	.size = sizeof(struct web_options),
	.hint = "",
};

int web_options_parse(int argc, char **argv, struct web_options *options, struct error *error)
{
	int result = options_read(&table, argc, argv, options, NULL, error);

	if (result == OPTIONS_RUN && options->socket != NULL && options->file_prefix != NULL)
		return error_set(error, EINVAL, "--socket and --file-prefix exclude each other");
	return result;
}

void web_options_release(struct web_options *options)
{
	options_release(&table, options);
}
