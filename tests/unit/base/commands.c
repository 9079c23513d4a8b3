/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <weir/commands.h>

static bool is_choice(const struct command_argument *argument, const char *word)
{
	for (unsigned int i = 0; i < argument->choice_count; i++)
		if (strcmp(argument->choices[i], word) == 0)
			return true;
	return false;
}

/* What the socket would take for it. */
static bool is_taken(const struct command_argument *argument, const char *word)
{
	char *end;

	if (argument->type == COMMAND_CHOICE)
		return is_choice(argument, word);
	if (argument->type != COMMAND_NUMBER)
		return false;

	const unsigned long long number = strtoull(word, &end, 10);

	return *end == '\0' && number >= argument->low && number <= argument->high;
}

static void check_argument(const struct command *command, unsigned int i)
{
	const struct command_argument *argument = &command->arguments[i];
	const char *of = command->help;

	cr_expect(argument->low <= argument->high, "%s: %s", of, argument->name);
	cr_expect((argument->type == COMMAND_CHOICE) == (argument->choice_count > 0), "%s: %s", of,
		  argument->name);
	cr_expect(argument->usual == NULL || is_taken(argument, argument->usual), "%s: %s", of,
		  argument->name);
	/* weirctl sends it as the only one. */
	cr_expect(argument->typed == NULL || (i == 0 && is_taken(argument, argument->typed)),
		  "%s: %s", of, argument->name);
	/* How they are read. */
	if (argument->type >= COMMAND_TEXT)
		cr_expect_eq(i, command_argument_count(command) - 1, "%s: text comes last", of);
	if (argument->keyword || argument->together)
		cr_expect_not_null(argument->complaint, "%s: %s", of, argument->name);
	if (argument->together)
		cr_expect_gt(i, 0, "%s", of);
	if (argument->needed && argument->type >= COMMAND_TEXT && command->path != NULL)
		cr_expect_not_null(argument->complaint, "%s: %s", of, argument->name);
}

Test(commands, rows_are_well_formed)
{
	const struct command *command;

	for (unsigned int i = 0; (command = command_at(i)) != NULL; i++) {
		cr_expect(command->path != NULL || command->word != NULL);
		cr_expect(command->path == NULL || strncmp(command->path, "/weir/", 6) == 0);
		cr_expect_not_null(command->help);
		for (unsigned int j = 0; j < command_argument_count(command); j++)
			check_argument(command, j);
		if (command->list != NULL) {
			cr_expect_str_eq(command->arguments[0].name, "offset");
			cr_expect_str_eq(command->arguments[1].name, "count");
		}
	}
}

/* A page, weirweb's, may ask what changes nothing. */
Test(commands, only_rules_are_changed)
{
	const struct command *command;

	for (unsigned int i = 0; (command = command_at(i)) != NULL; i++)
		if (command->path != NULL)
			cr_expect_eq(command->changes,
				     strncmp(command->path, "/weir/prefilter/", 16) == 0, "%s",
				     command->path);
}

Test(commands, are_found_by_path_and_by_words)
{
	static const struct {
		const char *words[3];
		int count;
		const char *path; /* NULL: none */
		int taken;
	} typed[] = {
		{{"top", "source"}, 2, "/weir/top", 1},
		{{"prefilter", "show"}, 2, "/weir/prefilter", 2},
		{{"prefilter", "counters", "0"}, 3, "/weir/prefilter", 2},
		{{"prefilter", "add", "drop"}, 3, "/weir/prefilter/add", 2},
		{{"prefilter", "show|counters"}, 2, NULL, 1},
		{{"prefilter", "sho"}, 2, NULL, 1},
		{{"prefilter", ""}, 2, NULL, 1},
		{{"prefilter"}, 1, NULL, 1},
		{{"to"}, 1, NULL, 0},
		{{""}, 1, NULL, 0},
		{{NULL}, 0, NULL, 0},
	};

	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		int taken;
		const struct command *command =
			command_of_words(typed[i].words, typed[i].count, &taken);

		cr_expect_eq(taken, typed[i].taken, "%zu", i);
		if (typed[i].path == NULL)
			cr_expect_null(command, "%zu", i);
		else
			cr_expect_eq(command, command_find(typed[i].path), "%zu", i);
	}
	cr_expect_null(command_find("/weir/nothing"));
}

Test(commands, say_how_to_ask)
{
	static const struct {
		const char *path, *socket, *words;
	} expected[] = {
		{"/weir/info", "/weir/info", "info"},
		{"/weir/ports", "/weir/ports[,OFFSET,COUNT]", "ports [OFFSET COUNT]"},
		{"/weir/flows", "/weir/flows[,OFFSET,COUNT[,NEXT]]", "flows [OFFSET COUNT [NEXT]]"},
		{"/weir/top", "/weir/top,DIMENSION[,COUNT[,METRIC[,WINDOW]]]",
		 "top [DIMENSION [COUNT [METRIC [WINDOW]]]]"},
		{"/weir/prefilter/add", "/weir/prefilter/add,[before=N,]RULE",
		 "prefilter add [before N] RULE"},
		{"/weir/prefilter/del", "/weir/prefilter/del,N|RULE", "prefilter del N|RULE"},
	};
	char text[256];

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct command *command = command_find(expected[i].path);

		cr_expect_str_eq(command_socket_usage(command, text, sizeof(text)),
				 expected[i].socket);
		cr_expect_str_eq(command_words_usage(command, text, sizeof(text)),
				 expected[i].words);
	}
	cr_expect_str_eq(command_verbs("prefilter", text, sizeof(text)),
			 "show|counters|add|del|replace");
	cr_expect_str_eq(command_verbs("top", text, sizeof(text)), "");
}

Test(commands, say_what_an_argument_may_be)
{
	const struct command *top = command_find("/weir/top");
	char text[256];

	cr_expect_str_eq(command_argument_usage(&top->arguments[1], text, sizeof(text)),
			 "COUNT 10");
	cr_expect_str_eq(command_argument_usage(&top->arguments[2], text, sizeof(text)),
			 "METRIC octets (usual), packets, flows");
	cr_expect_str_eq(command_argument_usage(&command_find("/weir/ports")->arguments[1], text,
						sizeof(text)),
			 "");
	cr_expect_str_eq(command_socket_help(top, text, sizeof(text)),
			 "a top list. Parameters: dimension, int count (10), metric (octets), "
			 "window (total)");
	cr_expect_str_eq(command_socket_help(top, text, 11), "a top list");
}
