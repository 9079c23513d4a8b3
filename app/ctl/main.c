/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <weir/client.h>
#include <weir/client_report.h>
#include <weir/clock.h>
#include <weir/signals.h>
#include <weir/standard.h>

#include "export_test.h"
#include "follow.h"
#include "options.h"
#include "show.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2 };

static int complain(const struct error *error, int status)
{
	fprintf(stderr, "weirctl: %s\n", error->text);
	return status;
}

/* The only escapes that are ever printed. */
static bool can_clear(void)
{
	const char *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

static int print_answer(const struct options *options, const json_t *answer, struct error *error)
{
	/* Seen again and again, one line each is what scripts read best. */
	size_t flags = JSON_ENCODE_ANY | (options->watch > 0 ? JSON_COMPACT : JSON_INDENT(2));
	struct printer printer = printer_make(stdout);

	if (options->watch > 0 && can_clear())
		fputs("\033[H\033[2J", stdout);
	if (options->json || !show_answer(&printer, &options->question, answer)) {
		json_dumpf(answer, stdout, flags);
		putchar('\n');
	}
	if (printer.failed)
		return error_set(error, ENOMEM, "no memory to print the answer");
	return standard_flush(error);
}

static void pause_for(uint64_t ns)
{
	struct timespec time = {.tv_sec = (time_t)(ns / CLOCK_SECOND),
				.tv_nsec = (long)(ns % CLOCK_SECOND)};

	nanosleep(&time, NULL); /* less, when a signal asks to stop */
}

static int ask_once(struct client *client, const struct question *question, json_t **answer,
		    struct error *error)
{
	return question->message[0] == '\0' ? report_ask(client, REPORT_WHOLE, answer, error)
					    : client_ask(client, question->message, answer, error);
}

/* Once, or again and again until a signal ends it or something fails. Answers are printed whole. */
static int ask(struct client *client, const struct options *options, struct error *error)
{
	json_t *before = NULL;
	int result;

	for (;;) {
		json_t *answer;

		result = ask_once(client, &options->question, &answer, error);
		if (result != 0 && signals_stop())
			result = 0; /* that is what broke the wait for an answer */
		/* Asked more often than there are statistics: the same is not printed twice. */
		else if (result == 0 && !json_equal(answer, before))
			result = print_answer(options, answer, error);
		json_decref(before);
		before = answer;
		if (result != 0 || options->watch == 0 || signals_stop())
			break;
		pause_for(options->watch);
	}
	json_decref(before);
	return result;
}

int main(int argc, char **argv)
{
	struct options options;
	struct client client;
	struct error error = {0};

	standard_hold();
	setlocale(LC_CTYPE, "");
	int result = options_parse(argc, argv, &options, &error);

	if (result == OPTIONS_DONE)
		return standard_flush(&error) == 0 ? EXIT_DONE : complain(&error, EXIT_FAILED);
	if (result != 0)
		return complain(&error, EXIT_WRONG_USE);
	if (options.test_url != NULL) {
		result = export_test_run(options.test_url, &error);
		return result == 0
			       ? EXIT_DONE
			       : complain(&error, result == -EINVAL ? EXIT_WRONG_USE : EXIT_FAILED);
	}
	result = client_connect(&client, options.socket, options.file_prefix, &error);
	if (result != 0)
		return complain(&error, EXIT_FAILED);
	if (options.capturing) {
		result = capture_run(&client, &options.capture, options.question.words,
				     options.question.word_count, &error);
		return result == 0 ? EXIT_DONE : complain(&error, EXIT_FAILED);
	}
	if (options.follow) {
		result = follow_run(&client, &error);
		return result == 0 ? EXIT_DONE : complain(&error, EXIT_FAILED);
	}
	if (options.watch > 0)
		signals_catch_stop();
	result = ask(&client, &options, &error);
	client_close(&client);
	return result == 0 ? EXIT_DONE : complain(&error, EXIT_FAILED);
}
