/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SAVEFILE_TRACK_H
#define WEIR_SAVEFILE_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/error.h>

#include "savefile.h"

/*
 * One of several captures that are read in the order of time: its frames in batches, each with a
 * key, by which frames of different captures are ordered. A frame's key is its time, but for a
 * wild time stamp, which would hold back all that follow: one that is far from the frame before
 * has the middle one of three times, its neighbours' and its own. One thread.
 */
struct track {
	struct savefile file;
	uint64_t size;       /* of the file, in bytes; 0: it is a pipe or the like */
	unsigned int number; /* of the capture, as it was asked for */
	unsigned int next;   /* the frame at hand */
	unsigned int count;  /* behind the last frame; 0: the file is at its end */
	/* private: */
	bool keyed;    /* there are other captures: frames need their keys */
	bool started;  /* there was a frame */
	bool held;     /* the frame behind the last one waits for the next batch */
	uint64_t key;  /* of the last frame of the batch before */
	uint8_t *kept; /* bytes of the frame that was held; owned */
	/* A batch, and the frame that was held before it. */
	uint64_t keys[SAVEFILE_BATCH + 1];
	struct savefile_frame frames[SAVEFILE_BATCH + 1];
};

/* Far from the frame before: as reader_clock.h has it. */
#define TRACK_NEAR (UINT64_C(10) * 1000000000)

/*
 * A descriptor of the capture at `path` ("-": standard input), `name` to users. -ENOENT, -EACCES,
 * -EISDIR and the like.
 */
int track_descriptor(const char *path, const char *name, struct error *error);

/*
 * Read the header of the capture behind `fd`, which it owns from now on, `name` to users. Once
 * the eventfd `wake` is readable a read that would wait ends as at the end of the file. What has
 * been read of it, in bytes of the file, is added to *read (atomic). -ENOMEM,
 * and as savefile_open().
 */
int track_open(struct track *track, int fd, const char *name, int wake, uint64_t *read,
	       struct error *error);

/* The next batch; what was at hand is gone. False: there is none. */
bool track_read(struct track *track);

void track_close(struct track *track);

#endif
