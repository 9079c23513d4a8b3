/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_REPORT_FLOW_WRITER_H
#define WEIR_REPORT_FLOW_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Writes lines to a file descriptor in a thread of its own: while the kernel copies some, more can
 * be made, and a disk that pauses does not pause the statistics before several MiB wait for it.
 * All functions are for one thread, that of the caller. The thread runs where its maker may run.
 */
struct flow_writer;

/*
 * `fd` stays the caller's; `regular`: it can be truncated. 0, -ENOMEM, or -EAGAIN: no thread.
 * Free with flow_writer_stop().
 */
int flow_writer_start(int fd, bool regular, struct flow_writer **writer);

/*
 * Room for a line of up to `bytes` (at most 1 MiB), valid until the next call. Waits when all
 * buffers wait for the file.
 */
char *flow_writer_room(struct flow_writer *writer, size_t bytes);

/* So many bytes were put there: one line with its newline. */
void flow_writer_added(struct flow_writer *writer, size_t bytes);

/*
 * Have written what was added, although it does not fill a buffer. Never waits: if all buffers
 * wait for the file it will be written after them anyway.
 */
void flow_writer_flush(struct flow_writer *writer);

/* errno of the write that failed, or 0. After it nothing is written any more. */
int flow_writer_failure(struct flow_writer *writer);

/*
 * Write all, end the thread, free. `written`: whole lines in the file; one that was cut is taken away
 * again where the file is a regular one. Returns as flow_writer_failure().
 */
int flow_writer_stop(struct flow_writer *writer, uint64_t *written);

#endif
