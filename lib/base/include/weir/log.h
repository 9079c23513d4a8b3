/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_LOG_H
#define WEIR_LOG_H

#include <stdbool.h>

/*
 * Messages of the running program, one line each on standard error. Never called on the packet
 * path. Any thread. What a line looks like is up to who reads it:
 *
 *   a terminal		weir: text
 *   the journal	<4>text			(sd-daemon(3); name and time are the journal's)
 *   a file or pipe	weir: 2026-01-02T03:04:05.678Z warning: text
 *
 * Who logs waits for nobody: while standard error is a pipe that is full lines are lost, and the
 * next one that is not begins by saying how many.
 */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Their names, in this order. */
#define LOG_LEVELS(LEVEL)                                                                          \
	LEVEL(ERROR, "error")                                                                      \
	LEVEL(WARNING, "warning")                                                                  \
	LEVEL(INFO, "info")                                                                        \
	LEVEL(DEBUG, "debug")

/*
 * Look where standard error goes; before it, and without, as on a terminal. Before other threads.
 */
void log_start(void);

/* Why the program ends: "weir: text" wherever it goes, but in the journal with its level. */
void log_failure(const char *text);

/* What is more detailed than `level` is not printed; LOG_LEVEL_INFO at start. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/*
 * Where standard error is a terminal that can be written over, and what is told is not asked to be
 * less than LOG_LEVEL_INFO: a line "weir: text" that stays below all others, as wide as there is
 * room, until the next one takes its place. NULL: it is gone. Elsewhere nothing happens.
 */
bool log_has_status(void);
void log_status(const char *text);

void log_print(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_print(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_print(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_print(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_print(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
