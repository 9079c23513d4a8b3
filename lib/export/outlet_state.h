/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_OUTLET_STATE_H
#define WEIR_EXPORT_OUTLET_STATE_H

#include <pthread.h>
#include <semaphore.h>

#include <weir/clock.h>
#include <weir/outlet.h>

#include "bus_batch.h"

#define OUTLET_BRIEF (5 * CLOCK_SECOND) /* how long OUTLET_BRIEFLY waits */
/* ... and how often it is asked meanwhile whether to hurry. */
#define OUTLET_LOOK (100 * CLOCK_MILLISECOND)

/* One place of the queue: a batch, or else a text. */
struct outlet_place {
	struct bus_batch *batch;
	char *text;
	size_t size;
};

/*
 * Places go round: [taken, filled) are the thread's. Without a lock, so that the giver waits for
 * nobody: each number has one writer, and what it stands for was written before it. All atomic but
 * what only its writer reads.
 */
struct outlet {
	/* Set by outlet_open(). */
	struct outlet_settings settings; /* but for patience: the giver's */
	struct sender sender;
	struct outlet_place *places;
	char *buffer;        /* for a message */
	int wake;            /* eventfd: the thread is to wait for the other side no more */
	sem_t changed, done; /* the giver has changed something; the thread has ended */
	pthread_t thread;

	/* Written by the giver. */
	uint64_t filled __attribute__((aligned(64)));
	uint64_t given, lost_full; /* items */
	bool reopen;               /* the thread takes it back */
	bool ending, abandoned, closed;
	/* ... and read by nobody else: */
	uint64_t since; /* it has been waited for */
	uint64_t seen;  /* `moved` as it was then */
	bool stuck;     /* `since` and `seen` are of now */
	bool given_up;  /* waited in vain: not again before something moves */
	bool said_lost, finished;

	/* Written by the thread. */
	uint64_t taken __attribute__((aligned(64)));
	uint64_t sent, lost; /* items */
	uint64_t moved;      /* times that something was sent */
	int failure;
	bool left_alone, ended;
	/* ... and read by nobody else: */
	struct message message; /* being sent; size 0: none */
	uint32_t next;          /* record of the batch, to be encoded */
	bool troubled;          /* said so */
};

void *outlet_main(void *outlet);

/* Takes a batch, or loses what is in it, as outlet_text() does. The giver. */
void outlet_batch(struct outlet *outlet, struct bus_batch *batch);

enum outlet_patience outlet_patience(const struct outlet *outlet);

#endif
