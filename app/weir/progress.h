/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_PROGRESS_H
#define WEIR_APP_WEIR_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct analyzer;

/*
 * How far reading is, for who waits at a terminal: one line on standard error, four times a second,
 * that is gone when reading is over. Anywhere else, or where a terminal gets the records, there is
 * none. Main thread.
 */

/* What of the last seconds rates are reckoned from. */
#define PROGRESS_SAMPLES 16

struct progress {
	bool on;
	uint64_t due; /* monotonic ns: the next look */
	struct {
		uint64_t clock, octets, frames;
	} samples[PROGRESS_SAMPLES]; /* a ring */
	unsigned int looks;
};

/* Captures are about to be read. */
void progress_start(struct analyzer *analyzer, uint64_t now);

/* Costs next to nothing until it is time to tell anew. */
void progress_step(struct analyzer *analyzer, uint64_t now);

/* Something else is to be printed, or all has been read. */
void progress_hide(const struct analyzer *analyzer);

#endif
