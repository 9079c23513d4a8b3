/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CAPTURES_H
#define WEIR_CAPTURES_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/error.h>
#include <weir/remarks.h>
#include <weir/savefile_frame.h>

/*
 * All captures that are to be read, in the order of time: in turn by their first frame, and merged
 * frame by frame where they overlap (a wild time stamp holds nothing back). Only those are
 * open that overlap at the time; frames of equal times come in the order in which the captures were
 * named.
 */
struct captures;

/*
 * Look into the files, and into all files of the directories, of `paths` ("-": standard input),
 * which stays as it is. One that cannot be read has a remark, and does not stop the others; of a
 * directory files that are no captures are passed over. Where none can be read: negative errno, and
 * the line of the last one; those of others that were named are logged. Once the eventfd `wake` is
 * readable reads that would wait for a pipe end. Main thread.
 */
int captures_open(struct captures **captures, const char *const *paths, unsigned int count,
		  int wake, struct error *error);

/*
 * The next frames, all of the capture *number, valid until the next call. Returns how many; 0: that
 * is all. One thread.
 */
unsigned int captures_next(struct captures *captures, const struct savefile_frame **frames,
			   unsigned int *number);

/* Is one of them a pipe, whose next frame may be long in coming? */
bool captures_are_live(const struct captures *captures);

/* How far reading is, in bytes of the files as they are: compressed, where they are. Any thread. */
struct captures_progress {
	uint64_t read; /* atomic */
	uint64_t size; /* of all; 0: one is a pipe, of which nobody knows */
};
struct captures_progress captures_progress(const struct captures *captures);

/* What a capture is called; the captures' until captures_close(). Any thread. */
const char *captures_name(const struct captures *captures, unsigned int number);

/*
 * No more frames will be asked for: after the end, or before it. Then: what is to be said of them,
 * also in numbers.
 */
void captures_finish(struct captures *captures);
struct captures_result {
	unsigned int failed; /* captures that could not be read */
	uint64_t lost;       /* frames that captures say they missed */
	uint64_t skipped;    /* frames of link types that are not read */
};
void captures_result(const struct captures *captures, struct captures_result *result);
const struct remarks *captures_remarks(const struct captures *captures);

void captures_close(struct captures *captures);

#endif
