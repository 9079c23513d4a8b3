/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TELEMETRY_HANDLERS_H
#define WEIR_TELEMETRY_HANDLERS_H

#include <stdbool.h>

#include <jansson.h>

#include <weir/document.h>
#include <weir/error.h>
#include <weir/stats.h>
#include <weir/telemetry.h>

#include "arguments.h"

/* One question, and what to answer it from. */
struct command_request {
	const char *text; /* behind the command's first comma; may be NULL */
	uint64_t clock;   /* now */
	struct stats *stats;
	const struct document_info *info;
	const struct snapshot *snapshot; /* NULL before the first */
	struct prefilter *prefilter;     /* NULL: there is none */
	struct error error;              /* why there is no answer */

	/* handler_answer() sets these before it calls the handler. */
	const struct command *command;
	struct arguments arguments;
};

/* What a handler must find in the request: else the answer is an error that says so. */
enum handler_needs {
	NEEDS_NOTHING,
	NEEDS_SNAPSHOT = 1 << 0,
	NEEDS_PREFILTER = 1 << 1,
	NAMES_SNAPSHOT = 1 << 2 /* its number is a part of the answer, where there is one */
};

struct handler {
	const char *path; /* of its command, <weir/commands.h> */
	unsigned int needs;
	/* The answer (a new reference, within ANSWER_BYTES once plain), or NULL with `error`. */
	json_t *(*answer)(struct command_request *request);
};

/* Those that are not in handlers.c: in throughput.c, events.c and prefilter.c. */
json_t *answer_throughput(struct command_request *request);
json_t *answer_events(struct command_request *request);
json_t *answer_prefilter(struct command_request *request);
json_t *answer_prefilter_add(struct command_request *request);
json_t *answer_prefilter_delete(struct command_request *request);
json_t *answer_prefilter_replace(struct command_request *request);

/* NULL: there is none for that path. */
const struct handler *handler_find(const char *path);
unsigned int handler_count(void);

/*
 * The answer of a command's handler, or NULL with `request->error`: something that it needs is
 * not there, the arguments are wrong, or what the handler says. It tells which snapshot it was made
 * from, and when that is older than two intervals, how old: the stats core is stuck, or cannot keep
 * up.
 */
json_t *handler_answer(const struct handler *handler, struct command_request *request);

#endif
