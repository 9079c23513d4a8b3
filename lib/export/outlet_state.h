/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_OUTLET_STATE_H
#define WEIR_EXPORT_OUTLET_STATE_H

#include <limits.h>
#include <pthread.h>

#include <weir/clock.h>
#include <weir/outlet.h>

#include "output_file.h"

#define BATCH_BYTES ((size_t)256 << 10)
#define BATCHES     16u

#define OUTLET_BRIEF (5 * CLOCK_SECOND) /* how long OUTLET_BRIEFLY waits */
/* ... and how often it is asked meanwhile whether to hurry. */
#define OUTLET_LOOK (100 * CLOCK_MILLISECOND)

/* Of items, or parts of one that is longer: then it counts where it ends. */
struct batch {
	size_t used;
	uint32_t items;
	uint64_t date; /* of its items, where files are named by them */
	char bytes[BATCH_BYTES];
};

/* Batches go round: [emptied, filled) are the thread's, the next one is the giver's. */
struct outlet {
	struct outlet_settings settings;
	uint64_t since; /* when it was opened, as files are dated */
	int wake;       /* eventfd: the thread is to wait for no reader any more */
	pthread_t thread;

	/* the giver's */
	char *at, *end;                  /* room left in its batch */
	uint32_t items;                  /* in it */
	uint64_t slot_begin, slot_width; /* dates of the items that its file is for */
	bool given_up;                   /* waited in vain: not again before something moves */
	bool said_lost, finished;

	/* under the mutex */
	pthread_mutex_t mutex;
	pthread_cond_t changed; /* any of these */
	uint64_t filled, emptied;
	uint64_t given, sent, lost_full; /* the rest is waiting or, when closed, lost_remote */
	int failure;
	bool reopen, ending, abandoned, ended, closed;

	/* the thread's */
	struct output_file file;
	char path[PATH_MAX]; /* of the open file, or of the one that is to be opened */
	uint64_t slot;       /* rotations since 1970, of the open file */
	size_t done;         /* bytes of the first batch that are written */
	size_t whole;        /* of those, in lines that are counted as sent */
	uint32_t counted;    /* those lines */
	bool troubled;       /* said so */
	bool left_alone;     /* atomic */

	struct batch batches[BATCHES];
};

void *outlet_main(void *outlet);

/* Open the file, or be ready to do so when there is something for it. In either thread. */
int outlet_begin(struct outlet *outlet, struct error *error);

enum outlet_patience outlet_patience(const struct outlet *outlet);

/* Is waiting to be brief? */
bool outlet_hurried(const struct outlet *outlet);

/* The giver's batch is empty. */
void outlet_begin_batch(struct outlet *outlet);

/* The giver's batch is full, or is to end. False: nobody takes it, and it has to stay. */
bool outlet_next_batch(struct outlet *outlet);

/* Wait for a change for so long, in ns; the mutex is held. */
void outlet_wait(struct outlet *outlet, uint64_t ns);

#endif
