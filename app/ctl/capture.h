/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_CTL_CAPTURE_H
#define WEIR_APP_CTL_CAPTURE_H

#include <stdint.h>

#include <weir/error.h>

#include <weir/client.h>

/* `weirctl capture`: frames of the running weir as pcapng, written with the rights of who asks. */
struct capture_options {
	const char *file;  /* "-": standard output; so does NULL, unless that is a terminal */
	uint64_t count;    /* frames; 0: no end */
	uint32_t snap;     /* octets of a frame; 0: all */
	uint64_t duration; /* ns; 0: no end */
};

/*
 * Until the stream ends, or signals_stop(): then weir ends it. `client`, which is closed, knows
 * weir; `words` are those of the expression. Tells on standard error how many frames there are and
 * were lost. 0, or negative errno with the line.
 */
int capture_run(struct client *client, const struct capture_options *options,
		const char *const *words, int count, struct error *error);

#endif
