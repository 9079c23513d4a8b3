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
	struct encoder encoder;
	struct sender sender;
	struct outlet_place *places;
	char *buffer;        /* for a message */
	int wake;            /* eventfd: the thread is to wait for the other side no more */
	sem_t changed, done; /* the giver has changed something; the thread has ended */
	pthread_t thread;

	/* Written by the giver. */
	uint64_t filled __attribute__((aligned(64)));
	uint64_t given, lost_full;                           /* items */
	uint64_t full_packets, full_octets, full_directions; /* of those lost */
	bool reopen;                                         /* the thread takes it back */
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
	uint64_t failed;     /* monotonic ns: since then it fails */
	int failure;
	bool left_alone, ended;
	/* ... and read by nobody else: */
	struct message message; /* being made, or sent; neither size nor items: there is none */
	bool whole;             /* it is made */
	uint64_t begun;         /* monotonic ns: so was it, if it may linger */
	uint32_t first;         /* its first record, in the place `taken` */
	struct outlet_place_record {
		uint64_t place; /* as counted by `taken` and `filled` */
		uint32_t record;
	} next;                /* not in a message yet */
	uint64_t again, delay; /* what failed is tried then; how long that is after it did */
	uint64_t well;         /* monotonic ns: since then it fails no more */
	uint64_t looks, asks;  /* when the sender looks, the encoder is asked, next */
	bool tried;            /* since the end has begun */
	bool troubled;         /* said so */
};

/* ---- outlet_message.c: the thread's ---- */

/* More records for the message, as many as there are and it takes. True: it is whole. */
bool outlet_fill(struct outlet *outlet);

/* All of it is sent: what it was made of is the giver's again. */
void outlet_leave(struct outlet *outlet);

/* It has to be made anew, of what of it is neither sent nor lost. */
void outlet_restart(struct outlet *outlet);

/* A message of the encoder's own, by its due() or last(). False: there is none. */
bool outlet_own(struct outlet *outlet,
		size_t (*make)(void *context, char *out, const struct outlet *outlet));

/* Let go of all that is there. */
void outlet_drop(struct outlet *outlet);

/* ---- */

void *outlet_main(void *outlet);

/* Takes a batch, or loses what is in it, as outlet_text() does. The giver. */
void outlet_batch(struct outlet *outlet, struct bus_batch *batch);

enum outlet_patience outlet_patience(const struct outlet *outlet);

/* It fails, and has for longer than such failures are waited for. Any thread. */
bool outlet_is_broken(const struct outlet *outlet);

#endif
