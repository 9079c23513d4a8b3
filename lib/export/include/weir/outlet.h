/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_OUTLET_H
#define WEIR_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/encoder.h>
#include <weir/error.h>
#include <weir/outlet_ledger.h>
#include <weir/sender.h>

/*
 * An outlet takes flow records from the bus (weir/bus.h), or texts, and sends them off from a
 * thread of its own: a disk that pauses or a reader that stops reading makes nobody else stop.
 *
 *	one thread gives -> bounded queue -> the outlet's thread: encoder, sender
 *
 * Giving never waits. What finds no room in the queue is lost and counted; who would rather wait
 * asks for room first. What cannot be sent is tried again, and standard error says when that begins
 * and ends. Memory is decided at start, but for texts, of which there are few.
 */
struct outlet;

/* Whether those wait for room who ask for it with outlet_room(). */
enum outlet_patience {
	OUTLET_NEVER,   /* live frames wait for nobody */
	OUTLET_BRIEFLY, /* while it takes something at least every five seconds */
	OUTLET_ALWAYS   /* until `hurry` says so, and then briefly; see sender.mends_within */
};

/* All that is pointed to stays the caller's and stays there. */
struct outlet_settings {
	const char *option, *name, *what; /* for its struct outlet_ledger */
	uint32_t queue;                   /* batches or texts that may wait */
	const struct encoder *encoder;    /* copied; NULL: it takes texts */
	uint64_t period; /* no message has records of two multiples of so many ns; 0: it may */
	uint64_t linger; /* ns that a message may wait for records to fill it; 0: it ends with a
			    batch */
	enum outlet_patience patience;
	bool (*hurry)(void);   /* asked while waiting; any thread */
	bool ends_with_reader; /* that EPIPE is the end: see outlet_left_alone() */
};
#define BUS_BATCH      512 /* records of a batch */
#define OUTLET_BATCHES 32  /* a queue for records: 16,384 of them, in some 3 MB */

/*
 * Start the thread, which runs where its maker may run. Takes sender and encoder: closes them at
 * the end, also when this fails. 0, or negative errno with the line.
 */
int outlet_open(const struct outlet_settings *settings, const struct sender *sender,
		struct outlet **outlet, struct error *error);

/* ---- for the thread that gives ---- */

void outlet_set_patience(struct outlet *outlet, enum outlet_patience patience);

/*
 * How many batches or texts it has room for, 0: wait, and ask again. UINT32_MAX: do not wait, what
 * finds no room is to be lost.
 */
uint32_t outlet_room(struct outlet *outlet);

/* Take one item of any length, allocated by malloc(); it is freed. False: it is lost, and counted.
 */
bool outlet_text(struct outlet *outlet, char *text, size_t size);

/* Nothing waits in it. */
bool outlet_is_empty(const struct outlet *outlet);

/* Open the file anew, if its name no longer means it: somebody has moved it away. */
void outlet_reopen(struct outlet *outlet);

/* Nothing more is given: it ends when all is sent, as far as patience goes. */
void outlet_end(struct outlet *outlet);

/* Has it ended, or is it given up? Waits for that, for `ns` at most. After outlet_end(). */
bool outlet_ended(struct outlet *outlet, uint64_t ns);

/*
 * Wait for the end. 0, or negative errno and a line that says how many items were sent and how many
 * lost, now or earlier. That standard output's reader has left is told by outlet_left_alone()
 * alone.
 */
int outlet_finish(struct outlet *outlet, struct error *error);

/* Also when outlet_finish() was not called, which is done then. */
void outlet_free(struct outlet *outlet);

/* ---- for any thread ---- */

/* Has the reader of standard output gone away? Nothing can be written there any more. */
bool outlet_left_alone(const struct outlet *outlet);

/* It balances at every instant: what is neither sent nor lost waits. */
void outlet_ledger(const struct outlet *outlet, struct outlet_ledger *ledger);

#endif
