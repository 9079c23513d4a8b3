/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_COMMANDS_H
#define WEIR_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a running weir can be asked, as a table: "/weir/top,source,5" on DPDK's telemetry socket,
 * "top source 5" to weirctl. From a row come the command that lib/telemetry registers, its help and
 * how its arguments are read; weirctl's words, --help and what it sends; completion, and what tests
 * hold the documents to. What is left to write for a command is a handler
 * (lib/telemetry/handlers.c) and how weirctl prints the answer (app/ctl/show.c). All is constant;
 * any thread.
 */

enum command_argument_type {
	COMMAND_NUMBER, /* from low to high, in decimal */
	COMMAND_CHOICE, /* one of choices */
	COMMAND_TEXT,   /* the rest, commas and all; weirctl takes it in one word or in several */
	COMMAND_FILE    /* as TEXT, but an absolute path, which weirctl makes of a word */
};

struct command_argument {
	const char *name; /* "offset"; in capitals where users read how to ask */
	enum command_argument_type type;
	uint64_t low, high;
	const char *const *choices;
	unsigned int choice_count;
	const char *usual; /* what stands for a missing one, as one would write it; NULL: nothing */
	const char *typed; /* what weirctl sends when no argument was typed; NULL: none */
	bool needed;       /* on the socket, and to weirctl unless it has `typed` */
	bool together;     /* with the one before: both or neither */
	bool keyword;      /* "name=N," before the others; to weirctl "name N" */
	/* What the socket says when it is missing, a keyword or a file also when it is wrong. */
	const char *complaint;
};

#define COMMAND_ARGUMENTS_MAX 4
#define COMMAND_ENTRIES_MAX   250  /* of a list in an answer: rte_telemetry has 256 a dict */
#define COMMAND_SECONDS_MAX   3600 /* what the history of rates holds */
#define COMMAND_REPORT_RULES  1000 /* of a prefilter's in a report: it is to be read */

struct command {
	const char *path; /* on the socket; NULL: weirctl alone knows it */
	const char *word; /* weirctl's; NULL: weirctl does not know it */
	const char *verb; /* weirctl's second word, or "one|other" for several; NULL: none */
	const char *help; /* half a sentence */
	bool changes;     /* weir; all others only read */
	/* What OFFSET and COUNT are of, a member of the answer; NULL: not paged. */
	const char *list;
	struct command_argument arguments[COMMAND_ARGUMENTS_MAX]; /* behind the last: name NULL */
};

/* The commands one after the other, those of one word side by side; NULL behind the last. */
const struct command *command_at(unsigned int index);
/* NULL: there is none. */
const struct command *command_find(const char *path);
/*
 * The command of weirctl's words, and in *taken how many of them name it; NULL: there is none, and
 * *taken is 1 where only the verb is missing or unknown, else 0.
 */
const struct command *command_of_words(const char *const *words, int count, int *taken);

unsigned int command_argument_count(const struct command *command);

/*
 * How to ask: "/weir/flows[,OFFSET,COUNT[,NEXT]]"; "flows [OFFSET COUNT [NEXT]]"; the verbs of a
 * word, "show|counters|add". And what an argument may be, "METRIC octets (usual),
 * packets", "COUNT 10"; "" where its name says it all. Cut to `size`; return `out`.
 */
const char *command_socket_usage(const struct command *command, char *out, size_t size);
const char *command_words_usage(const struct command *command, char *out, size_t size);
const char *command_verbs(const char *word, char *out, size_t size);
const char *command_argument_usage(const struct command_argument *argument, char *out, size_t size);

/* The help that rte_telemetry gives: "... Parameters: int offset (0), int count (250)". */
const char *command_socket_help(const struct command *command, char *out, size_t size);

#endif
