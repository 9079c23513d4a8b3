/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_OUTLET_H
#define WEIR_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <weir/error.h>

/*
 * An outlet takes items (records as lines, reports) from one thread and writes them to a file or a
 * stream in a thread of its own. Between the two is a ring of buffers: a disk that pauses or a
 * reader that stops reading makes nobody else stop. What finds no room is lost and counted, and so
 * is what the other side never took:
 *
 *	given = sent + waiting + lost_full + lost_remote
 *
 * Memory is decided at start. A write that fails (disk full) is tried again every second; a file
 * then ends in a whole line. The thread says on standard error when that begins and ends.
 */
struct outlet;

/* Paths that stand for what is open already; OUTLET_STDERR, as "/dev/stdout", only as a whole. */
#define OUTLET_STDOUT "-"
#define OUTLET_STDERR "/dev/stderr"

/* The path as people know it. */
const char *outlet_name(const char *path);

/* Whether who gives waits for room. */
enum outlet_patience {
	OUTLET_NEVER,   /* what finds no room is lost: live frames wait for nobody */
	OUTLET_BRIEFLY, /* up to five seconds for each buffer that is to become free */
	OUTLET_ALWAYS   /* until `hurry` says so, and then briefly. Not for a disk that is full */
};

/* A file that is open elsewhere in this process. */
struct outlet_file_id {
	dev_t device;
	ino_t inode;
};

/* All that is pointed to stays the caller's and stays there. */
struct outlet_settings {
	const char *path;   /* or a pattern for weir/output_name.h */
	const char *option; /* what made it: "flows" */
	const char *what;   /* its items, for messages: "flow records" */
	bool lines;         /* each item is a line */
	bool append;        /* a file that exists goes on; else it is replaced */
	const char *const
		*begins; /* how it then has to begin, so as to be weir's own; NULL-ended */
	const struct outlet_file_id *in_use; /* not to be written to */
	uint32_t in_use_count;
	uint64_t rotate; /* with a pattern: a new name at multiples of so many ns; else 0 */
	bool dated; /* an item is in the file of its own date; else of the time it is written */
	enum outlet_patience patience;
	bool (*hurry)(void); /* asked while waiting; any thread */
};

/*
 * Open and start the thread. 0, or negative errno with the line. A FIFO that nobody reads yet is no
 * failure, but a reader to be waited for. The thread runs where its maker may run.
 */
int outlet_open(const struct outlet_settings *settings, struct outlet **outlet,
		struct error *error);

/* ---- for the thread that gives ---- */

void outlet_set_patience(struct outlet *outlet, enum outlet_patience patience);

/*
 * Room for an item of up to `bytes` (at most OUTLET_ITEM_MAX), valid until the next call; NULL: the
 * item is lost, and counted. `date` (ns since 1970) matters with `dated` only.
 */
#define OUTLET_ITEM_MAX 65536
char *outlet_room(struct outlet *outlet, size_t bytes, uint64_t date);

/* So many bytes were put there: one item. */
void outlet_added(struct outlet *outlet, size_t bytes);

/* One item of any length. False: it is lost, and counted. */
bool outlet_put(struct outlet *outlet, const char *bytes, size_t size);

/* Have written what was given, although it does not fill a buffer. Never waits. */
void outlet_flush(struct outlet *outlet);

/* Open the file anew, if its name no longer means it: somebody has moved it away. Never waits. */
void outlet_reopen(struct outlet *outlet);

/* Has the reader of standard output gone away? Nothing can be written there any more. */
bool outlet_left_alone(const struct outlet *outlet);

/*
 * Have all written, as far as patience goes, and close. 0, or negative errno and a line that says
 * how many items were written and how many lost, now or earlier. That standard output's reader has
 * left is told by outlet_left_alone() alone. Nothing may be given afterwards.
 */
int outlet_finish(struct outlet *outlet, struct error *error);

/* Also when outlet_finish() was not called, which is done then. */
void outlet_free(struct outlet *outlet);

/* ---- for any thread ---- */

struct outlet_ledger {
	const char *option, *name, *what; /* name: the path as people know it */
	uint64_t given, sent, waiting;
	uint64_t lost_full;   /* found no room */
	uint64_t lost_remote; /* never taken by the disk or the reader, until the end */
	int failure;          /* errno of the last attempt to write or to open; 0: it went well */
};
void outlet_ledger(struct outlet *outlet, struct outlet_ledger *ledger);

#endif
