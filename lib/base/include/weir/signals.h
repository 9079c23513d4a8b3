/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SIGNALS_H
#define WEIR_SIGNALS_H

#include <pthread.h>
#include <stdbool.h>

/*
 * What is asked of weir and weirctl by signals. Handlers only note it; the main thread looks here
 * when it has time for it. (SIGURG, for weir's own threads, is privileges.c's.)
 *
 * SIGINT, SIGTERM: stop. A second one within a second is the same request (timeout(1) signals the
 * process and then its group); a later one ends a process that hangs, by the signal's default.
 * SIGHUP: stop, where there is a terminal that can hang up; else reopen files and read rules again.
 * Ignored at start (nohup(1)), it stays ignored. SIGUSR1: print the report now.
 */

/* Note SIGINT and SIGTERM only. Once, before there are other threads. */
void signals_catch_stop(void);

/*
 * Note all of them, and take a reader of our output that went away, and a file that may not grow,
 * as errors of writing.
 */
void signals_catch_all(void);

/* End as programs do that write to a pipe which nobody reads: quietly, by SIGPIPE. Main thread. */
void signals_end_by_pipe(void);

/*
 * Start a thread that takes none of them: they are for the program's own thread. Only the one that
 * asks all threads to give their capabilities up (SIGURG) comes to it, too. 0 or negative errno.
 */
int signals_start_thread(pthread_t *thread, void *(*main)(void *argument), void *argument);

/* Has a stop been asked for? From then on always. Any thread. */
bool signals_stop(void);

/* Has it been asked for since the last call? Any thread. */
bool signals_take_reopen(void);
bool signals_take_report(void);

#endif
