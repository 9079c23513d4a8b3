/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include <weir/clock.h>
#include <weir/signals.h>
#include <weir/standard.h>

#include "listen.h"
#include "options.h"
#include "server.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2 };

#define LOOK_MS 200 /* for a signal that another thread has taken, and for slow clients */

static int complain(const struct error *error, int status)
{
	fprintf(stderr, "weirweb: %s\n", error->text);
	return status;
}

/* Until a signal ends it. */
static int serve(const struct web_options *options, struct error *error)
{
	const struct timespec look = {.tv_nsec = LOOK_MS * CLOCK_MILLISECOND};
	static struct server server;
	char shown[96];
	int result, fd = listen_open(options->listen, shown, sizeof(shown), error);

	if (fd < 0)
		return fd;
	result = server_start(&server, options, fd, error);
	if (result != 0)
		return result;
	fprintf(stderr, "weirweb: http://%s/metrics\n", shown);
	while (!signals_stop()) {
		nanosleep(&look, NULL);
		patience_look(&server.patience, clock_monotonic_ns());
	}
	server_stop(&server);
	return 0;
}

int main(int argc, char **argv)
{
	struct web_options options;
	struct error error = {0};
	int result;

	standard_hold();
	result = web_options_parse(argc, argv, &options, &error);
	if (result == OPTIONS_DONE)
		result = standard_flush(&error) == 0 ? EXIT_DONE : complain(&error, EXIT_FAILED);
	else if (result != 0)
		result = complain(&error, EXIT_WRONG_USE);
	else {
		signals_catch_stop();
		result = serve(&options, &error);
		if (result != 0)
			result = complain(&error, result == -EINVAL ? EXIT_WRONG_USE : EXIT_FAILED);
	}
	web_options_release(&options);
	return result;
}
