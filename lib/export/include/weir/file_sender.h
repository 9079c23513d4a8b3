/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FILE_SENDER_H
#define WEIR_FILE_SENDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <weir/error.h>
#include <weir/sender.h>

/* Into files and streams: FIFOs, standard output, devices. */

/* A file that is open elsewhere in this process. */
struct file_id {
	dev_t device;
	ino_t inode;
};

/* All that is pointed to stays the caller's and stays there. */
struct file_settings {
	const char *path; /* or a pattern for weir/output_name.h */
	bool lines;       /* each item is a line: after a failure a file ends in a whole one */
	bool append;      /* a file that exists goes on; else it is replaced */
	const char *const
		*begins; /* how it then has to begin, so as to be weir's own; NULL-ended */
	const struct file_id *in_use; /* not to be written to */
	uint32_t in_use_count;
	uint64_t rotate; /* with a pattern: a new name at multiples of so many ns; else 0 */
	bool dated; /* a message is in the file of its own date; else of the time it is written */
};

/*
 * Open it. 0, or negative errno with the line. A FIFO that nobody reads yet is no failure, but a
 * reader to be waited for.
 */
int file_sender_open(const struct file_settings *settings, struct sender *sender,
		     struct error *error);

#endif
