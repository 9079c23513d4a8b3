/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_RENDEZVOUS_H
#define WEIR_RENDEZVOUS_H

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

#include <weir/limits.h>

/*
 * Where the threads that analyse a capture meet at a border of its time, so that all of what came
 * before it is in one interval, and nothing else is: in every run, with any number of workers.
 *
 * The reader has handed out all frames before the border, and calls; it hands out none until the
 * meeting is over. A worker sees the call, and after that its queues empty: it counts what it has,
 * ends what is due by the border, gives away all ended records, and arrives. The stats core goes on
 * draining, as a worker may wait for room in its ring; when all workers have arrived it ends the
 * interval, and closes the meeting.
 *
 * A reader that is told to stop meets no more, and hands out nothing after the border: so it never
 * waits for those who have left. A meeting takes some 100 us, beside the work.
 */

struct rendezvous {
	/* Set by rendezvous_init(). */
	uint32_t workers;
	sem_t bell; /* rung by the reader, waited for by the stats core */
	/* The reader writes: */
	uint64_t called __attribute__((aligned(64))); /* atomic: meetings called so far ... */
	uint64_t border; /* ... and the border of the newest: stays until that is over */
	/* The stats core writes: */
	uint64_t closed __attribute__((aligned(64))); /* atomic: meetings closed so far */
	/* Each worker writes its own: */
	struct {
		uint64_t at; /* atomic: the newest meeting that it has come to */
	} __attribute__((aligned(64))) arrived[WORKERS_MAX];
};

/* For 1..WORKERS_MAX workers. */
void rendezvous_init(struct rendezvous *rendezvous, uint32_t workers);
void rendezvous_destroy(struct rendezvous *rendezvous);

/* Reader: call, and wait until it is over. False: *stop (atomic) was set, and it may not be. */
bool rendezvous_meet(struct rendezvous *rendezvous, uint64_t border, const bool *stop);

/* Worker: the newest meeting called, 0 for none; to be asked before a look at its queues. */
uint64_t rendezvous_called(const struct rendezvous *rendezvous);
/* Worker: the border of that. */
uint64_t rendezvous_border(const struct rendezvous *rendezvous);
/* Worker `worker` (0..workers-1) has come to `meeting`, as rendezvous_called() gave it. */
void rendezvous_arrive(struct rendezvous *rendezvous, uint32_t worker, uint64_t meeting);

/* Stats core: all are there, at *border. Then to be closed. */
bool rendezvous_met(const struct rendezvous *rendezvous, uint64_t *border);
void rendezvous_close(struct rendezvous *rendezvous);
/* Stats core: nothing to do. Until all are there, but not longer than `us` or a signal. */
void rendezvous_nap(struct rendezvous *rendezvous, unsigned int us);

#endif
