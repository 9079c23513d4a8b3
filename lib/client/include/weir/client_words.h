/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CLIENT_WORDS_H
#define WEIR_CLIENT_WORDS_H

#include <weir/commands.h>
#include <weir/error.h>

struct question {
	const struct command *command;
	const char *verb; /* the one of the command's that was typed; NULL: it has none */
	/* "/weir/top,source,5": as much as the socket takes; "": weirctl has its own way. */
	char message[1024];
	const char *const *words; /* those behind word and verb */
	int word_count;
};

/*
 * Make a question of the words that were typed ("top", "source", "5"). Numbers and choices are
 * weir's to judge. 0, or -EINVAL with the line.
 */
int words_read(const char *const *words, int count, struct question *question, struct error *error);

#endif
