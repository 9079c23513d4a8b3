/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include <weir/log.h>
#include <weir/signals.h>
#include <weir/standard.h>

#include "analyzer.h"
#include "capabilities.h"
#include "check.h"
#include "eal.h"
#include "options.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2 };

static int complain(const struct error *error)
{
	log_failure(error->text);
	return EXIT_FAILED;
}

/* What the user can mend by calling weir otherwise is wrong use; the rest went wrong. */
static int exit_of(int code)
{
	switch (-code) {
	case EINVAL:
	case ENOENT:
	case ENODEV:
	case EISDIR:
	case EACCES:
	case EEXIST:
	case ENOTDIR:
	case ELOOP:
	case EPROTONOSUPPORT:
	case ETIMEDOUT:
		return EXIT_WRONG_USE;
	default:
		return EXIT_FAILED;
	}
}

/* Exit status of `weir check`. */
static int look_before(const struct options *options, struct analyzer *analyzer)
{
	struct error error;
	bool fine = check(options, analyzer);

	if (standard_flush(&error) != 0)
		return complain(&error);
	return fine ? EXIT_DONE : EXIT_FAILED;
}

static int analyse(const struct options *options, struct analyzer *analyzer)
{
	struct error error = {0};

	capabilities_no_new();
	int result = check_before(options, &error);

	if (result == 0)
		result = eal_start(options, source_lcores_wanted(&options->source), &error);
	if (result != 0) {
		source_close(&analyzer->source);
		complain(&error);
		return options->source.kind == SOURCE_PORTS ? exit_of(result) : EXIT_FAILED;
	}
	result = analyzer_open(analyzer, options, &error);
	int status = result == 0 ? EXIT_DONE : exit_of(result);

	if (result == 0) {
		result = analyzer_run(analyzer, &error);
		status = result == 0 && !analyzer->incomplete ? EXIT_DONE : EXIT_FAILED;
	}
	if (result != 0)
		complain(&error);
	analyzer_close(analyzer);
	eal_stop();
	if (analyzer->left_alone)
		signals_end_by_pipe();
	return status;
}

int main(int argc, char **argv)
{
	static struct options options;
	static struct analyzer analyzer;
	struct error error = {0};
	int result;

	standard_hold();
	log_start();
	setlocale(LC_CTYPE, "");
	bool looks = argc > 1 && strcmp(argv[1], "check") == 0;

	result = options_parse(argc - looks, argv + looks, &options, &error);
	if (result == OPTIONS_DONE)
		return standard_flush(&error) == 0 ? EXIT_DONE : complain(&error);
	if (result == 0 && looks)
		return look_before(&options, &analyzer);
	if (result == 0) {
		log_set_level(options.log_level);
		result = identity_find(&analyzer.identity, options.user, &error);
	}
	if (result == 0)
		result = source_prepare(&analyzer.source, &options.source, &error);
	if (result != 0) {
		complain(&error);
		return options.source.kind == SOURCE_INTERFACE ? exit_of(result) : EXIT_WRONG_USE;
	}
	signals_catch_all();
	return analyse(&options, &analyzer);
}
