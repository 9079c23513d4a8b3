/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TELEMETRY_ARGUMENTS_H
#define WEIR_TELEMETRY_ARGUMENTS_H

#include <stdint.h>

#include <weir/commands.h>
#include <weir/error.h>

/* What a command was asked for; by the place of an argument in the command's row. */
struct arguments {
	unsigned int given; /* so many were there */
	/* The number, or the index of the choice; what is usual, else 0, where it is missing. */
	uint64_t number[COMMAND_ARGUMENTS_MAX];
	const char *text; /* COMMAND_TEXT, COMMAND_FILE; NULL: the command has none */
};

/* Of commands with a list. */
enum { PAGE_OFFSET, PAGE_COUNT };

/*
 * Read strictly the text behind a command's first comma ("source,10,packets"; NULL or "": there is
 * none). `arguments` points into it. 0, or -EINVAL and a line that says what is allowed, short
 * enough for a string of rte_telemetry. Any thread.
 */
int arguments_read(const struct command *command, const char *text, struct arguments *arguments,
		   struct error *error);

#endif
