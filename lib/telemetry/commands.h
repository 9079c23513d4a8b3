/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TELEMETRY_COMMANDS_H
#define WEIR_TELEMETRY_COMMANDS_H

#include <stdbool.h>

#include <jansson.h>

#include <weir/document.h>
#include <weir/error.h>
#include <weir/stats.h>
#include <weir/telemetry.h>

/* One question, and what to answer it from. */
struct command_request {
	const char *arguments; /* behind the command's first comma; may be NULL */
	struct stats *stats;
	const struct document_info *info;
	const struct snapshot *snapshot; /* NULL before the first */
	struct prefilter *prefilter;     /* NULL: there is none */
	struct error error;              /* why there is no answer */
};

/* What the newest snapshot is to a command. */
enum command_snapshot {
	SNAPSHOT_UNUSED, /* nothing: it changes something, or tells of something else */
	SNAPSHOT_NAMED,  /* its number is part of the answer, where there is one */
	SNAPSHOT_NEEDED  /* the answer is made from it */
};

struct command {
	const char *name, *help;
	enum command_snapshot snapshot;
	/* The answer (a new reference, within ANSWER_BYTES once plain), or NULL with `error`. */
	json_t *(*answer)(struct command_request *request);
};

json_t *answer_events(struct command_request *request);

/* Those of /weir/prefilter, see prefilter.c. */
json_t *answer_prefilter(struct command_request *request);
json_t *answer_prefilter_add(struct command_request *request);
json_t *answer_prefilter_delete(struct command_request *request);
json_t *answer_prefilter_replace(struct command_request *request);

/*
 * Say in an answer which snapshot it was made from, and when that is older than two intervals at
 * `clock`, how old: the stats core is stuck, or cannot keep up.
 */
void command_put_snapshot(json_t *answer, const struct snapshot *snapshot, uint64_t clock);

/* The /weir/ commands, one after the other; NULL behind the last. */
const struct command *command_at(unsigned int index);
/* NULL: there is none of that name. */
const struct command *command_find(const char *name);

#endif
