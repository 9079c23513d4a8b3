/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <errno.h>
#include <string.h>

#include <weir/client_options.h>
#include <weir/clock.h>

#include "usage.h"

#define INTO(member) OPTION_INTO(struct options, member)

static const struct option_row rows[] = {
	CLIENT_ROWS(struct options),
	{"json", NULL, "print the answer as JSON", .type = OPTION_FLAG, INTO(json)},
	{"watch", "S", "ask again every S seconds until interrupted", .type = OPTION_SECONDS,
	 INTO(watch), .low = CLOCK_SECOND / 10, .high = 86400 * CLOCK_SECOND},
	{"follow", NULL, "flows: each that ends from now on, as JSON lines", .type = OPTION_FLAG,
	 INTO(follow)},
	{"write", "FILE", "capture: the file to write; - is standard output", .letter = 'w',
	 .type = OPTION_TEXT, INTO(capture.file)},
	{"count", "N", "capture: end after N frames", .letter = 'c', .type = OPTION_NUMBER,
	 INTO(capture.count), .low = 1, .high = UINT64_MAX - 1},
	{"snap", "OCTETS", "capture: no more than the first OCTETS of a frame", .letter = 's',
	 .type = OPTION_NUMBER, INTO(capture.snap), .low = 1, .high = 262144},
	{"duration", "S", "capture: end after S seconds", .letter = 't', .type = OPTION_SECONDS,
	 INTO(capture.duration), .low = CLOCK_MILLISECOND, .high = 366 * 86400 * CLOCK_SECOND},
	{"version", NULL, "print the version (also -V)", .type = OPTION_VERSION},
	{"help", NULL, "print this (also -h)", .type = OPTION_HELP},
};

static const struct option_table table = {
	.program = "weirctl",
	.version = WEIR_VERSION,
	.before = "usage: weirctl [OPTION]... COMMAND [ARGUMENT]...\n"
		  "Ask a running weir.\n"
		  "\n",
	.commands = usage_print,
	.after = "",
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
	.size = sizeof(struct options),
	.hint = "",
};

/* What weirctl does itself goes its own way, and with options of its own. */
static int check_own(struct options *options, struct error *error)
{
	const struct question *question = &options->question;
	const bool asks = options->json || options->watch > 0;

	if (options->follow && (strcmp(question->command->word, "flows") != 0 ||
				question->word_count > 0 || options->watch > 0))
		return error_set(error, EINVAL,
				 "--follow: is for flows alone, without arguments and --watch");
	options->capturing = strcmp(question->command->word, "capture") == 0;
	if (options->capturing && asks)
		return error_set(error, EINVAL, "capture: goes without --json and --watch");
	if (!options->capturing && (options->capture.file != NULL || options->capture.count > 0 ||
				    options->capture.snap > 0 || options->capture.duration > 0))
		return error_set(error, EINVAL, "-w, -c, -s and -t are for capture");
	if (question->verb == NULL || strcmp(question->verb, "test") != 0)
		return 0;
	if (question->word_count != 1)
		return error_set(error, EINVAL, "export test: takes one URL, as --export of weir");
	if (asks || options->socket != NULL || options->file_prefix != NULL)
		return error_set(error, EINVAL, "export test: asks no weir; give it a URL alone");
	options->test_url = question->words[0];
	return 0;
}

int options_parse(int argc, char **argv, struct options *options, struct error *error)
{
	int rest, result = options_read(&table, argc, argv, options, &rest, error);

	if (result != OPTIONS_RUN)
		return result;
	if (options->socket != NULL && options->file_prefix != NULL)
		return error_set(error, EINVAL, "--socket and --file-prefix exclude each other");
	result = words_read((const char *const *)argv + rest, argc - rest, &options->question,
			    error);
	return result != 0 ? result : check_own(options, error);
}
