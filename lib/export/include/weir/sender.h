/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SENDER_H
#define WEIR_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/error.h>

/* What is to leave, and how far that is. */
struct message {
	/* the outlet's */
	const char *bytes;
	size_t size;
	uint32_t items; /* flow records in it; 1: a text; 0: a message of its own */
	uint64_t date;  /* of its first record, ns since 1970 */
	/* the sender's, 0 at first */
	size_t done;   /* bytes that have left: the next attempt goes on there */
	uint32_t sent; /* whole items among those, while some have not */
	uint32_t lost; /* items that never will: a datagram that is too long for the way */
};

/*
 * The way out of an outlet: a file (weir/file_sender.h), a socket. Whoever makes one gives it to
 * outlet_open(), which closes it, also when it fails. Called on the outlet's thread alone, which
 * is there to wait in it.
 */
struct sender {
	void *context;
	/*
	 * Send all of it or a part: 0, and `done` says how much. Else a positive errno with the
	 * line, and it is tried again later; ENXIO: nobody is there yet, which is no failure.
	 * ERESTART: there is a new connection, for which the message has to be made anew: of those
	 * records that are neither `sent` nor `lost`. Nothing is waited for any longer once `wake`
	 * (an eventfd) can be read: ECANCELED.
	 */
	int (*send)(void *context, struct message *message, int wake, struct error *error);
	void (*reopen)(void *context); /* begin anew, where that means something; or NULL */
	/* While there is nothing to send; says in how many ns to look again. NULL: never. */
	uint64_t (*look)(void *context);
	int (*close)(void *context); /* and free; 0, or a positive errno: it was not all taken */
	/*
	 * What failed is tried again after a second; 0: and so on. Else after twice the time before
	 * (and a random part of it less), up to so many ns.
	 */
	uint64_t retry_most;
	/*
	 * Its failures may pass: who waits for outlets waits so many ns for that, and is told why.
	 * 0: it is not waited for, as a disk that is full.
	 */
	uint64_t mends_within;
	/* What it calls lost was lost to some of several that listen: that is no failure. */
	bool spectators;
};

#endif
