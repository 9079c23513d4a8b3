/* SPDX-License-Identifier: BSD-3-Clause */
#include "options_table.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 64 /* of a program */

/* What getopt gives for the row at an index: beyond all characters. */
#define FIRST_ID 256

/* "--name ARGUMENT", the argument of a choice being "a|b". */
static void print_left(const struct option_row *row, char *out, size_t size)
{
	size_t used = 0;

	if (row->letter != 0)
		used = (size_t)snprintf(out, size, "-%c, ", row->letter);
	used += (size_t)snprintf(out + used, size - used, "--%s%s%s", row->name,
				 option_takes_word(row) ? " " : "",
				 row->argument != NULL ? row->argument : "");

	if (row->argument != NULL || row->choices == NULL)
		return;
	for (const struct option_choice *choice = row->choices; choice->name != NULL; choice++)
		if (used < size)
			used += (size_t)snprintf(out + used, size - used, "%s%s",
						 choice == row->choices ? "" : "|", choice->name);
}

void options_print_help(const struct option_table *table)
{
	fputs(table->before, stdout);
	if (table->commands != NULL)
		table->commands(stdout);
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		char left[128];

		print_left(row, left, sizeof(left));
		if (strlen(left) > 24)
			printf("  %s\n  %-24s %s", left, "", row->help);
		else
			printf("  %-24s %s", left, row->help);
		if (row->usual != NULL)
			printf(" (%s)", row->usual);
		printf("\n");
	}
	fputs(table->after, stdout);
}

/* What getopt knows of the table. */
struct names {
	struct option longs[NAMES_MAX + 1];
	char letters[2 * NAMES_MAX + 4];
};

static void name_all(const struct option_table *table, struct names *names)
{
	char *letter = stpcpy(names->letters, ":hV");

	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		const bool word = option_takes_word(row);

		names->longs[i] = (struct option){
			.name = row->name,
			.has_arg = word ? required_argument : no_argument,
			.val = FIRST_ID + (int)i,
		};
		if (row->letter != 0)
			letter += sprintf(letter, "%c%s", row->letter, word ? ":" : "");
	}
	names->longs[table->count] = (struct option){0};
}

static const struct option_row *of_letter(const struct option_table *table, int letter)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].letter == letter)
			return &table->rows[i];
	return NULL;
}

static const struct option_row *of_type(const struct option_table *table, enum option_type type)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].type == type)
			return &table->rows[i];
	return NULL;
}

/* What getopt did not take, as ':' or '?'. */
static int not_taken(const struct option_table *table, int id, char **argv, struct error *error)
{
	const char *given = argv[optind - 1];
	const char *value = strchr(given, '=');

	if (id == ':')
		return error_set(error, EINVAL, "%s: needs a value; see --help", given);
	/* Of several letters behind one '-' getopt stops at the wrong one. */
	if (optopt > 0 && optopt < FIRST_ID)
		return error_set(error, EINVAL, "-%c: no such option; see --help%s", optopt,
				 table->hint);
	if (optopt >= FIRST_ID && value != NULL)
		return error_set(error, EINVAL, "%.*s: takes no value; leave out \"%s\"",
				 (int)(value - given), given, value);
	return error_set(error, EINVAL, "%s: no such option, or short for several; see --help%s",
			 given, table->hint);
}

/* The next option of the command line; NULL: there is none, or *result is not 0. */
static const struct option_row *next(const struct option_table *table, int argc, char **argv,
				     const struct names *names, int *result, struct error *error)
{
	int id = getopt_long(argc, argv, names->letters, names->longs, NULL);

	*result = 0;
	switch (id) {
	case -1:
		return NULL;
	case 'h':
		return of_type(table, OPTION_HELP);
	case 'V':
		return of_type(table, OPTION_VERSION);
	case ':':
	case '?':
		*result = not_taken(table, id, argv, error);
		return NULL;
	default:
		return id < FIRST_ID ? of_letter(table, id) : &table->rows[id - FIRST_ID];
	}
}

static void rewind_options(void)
{
	opterr = 0;
	optind = 0; /* GNU: anew, whatever was read before */
}

/*
 * First look: is the command line well formed, what stands there, which file is named? --help is
 * answered at once, also in front of something wrong.
 */
static int survey(const struct option_table *table, int argc, char **argv,
		  const struct names *names, bool *given, struct option_conf **conf, void *into,
		  struct error *error)
{
	const struct option_row *row;
	int result;

	rewind_options();
	while ((row = next(table, argc, argv, names, &result, error)) != NULL) {
		given[row - table->rows] = true;
		if (row->type == OPTION_CONF) {
			*conf = (struct option_conf *)((char *)into + row->offset);
			(*conf)->path = optarg;
		}
		if (row->type == OPTION_HELP)
			options_print_help(table);
		if (row->type == OPTION_VERSION)
			printf("%s %s\n", table->program, table->version);
		if (row->type == OPTION_HELP || row->type == OPTION_VERSION)
			return OPTIONS_DONE;
	}
	return result;
}

static int take_arguments(const struct option_table *table, int argc, char **argv,
			  const struct names *names, void *into, struct error *error)
{
	const struct option_row *row;
	int result;

	rewind_options();
	while ((row = next(table, argc, argv, names, &result, error)) != NULL) {
		result = option_set(row, optarg, into, error);
		if (result != 0)
			return result;
	}
	return result;
}

int options_take_defaults(const struct option_table *table, void *into, struct error *error)
{
	memset(into, 0, table->size);
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		int result = row->usual != NULL ? option_set(row, row->usual, into, error) : 0;

		if (result != 0)
			return result;
	}
	return 0;
}

int options_take(const struct option_table *table, const char *name, const char *value, void *into,
		 struct error *error)
{
	const struct option_row *row = option_find(table, name);

	return row == NULL ? -ENOENT : option_set(row, value, into, error);
}

int options_read(const struct option_table *table, int argc, char **argv, void *into, int *rest,
		 struct error *error)
{
	struct names names;
	bool given[NAMES_MAX] = {false};
	struct option_conf *conf = NULL;
	int result;

	if (table->count > NAMES_MAX)
		return error_set(error, E2BIG, "more than %d options in a table", NAMES_MAX);
	name_all(table, &names);
	result = options_take_defaults(table, into, error);
	if (result == 0)
		result = survey(table, argc, argv, &names, given, &conf, into, error);
	if (result == 0 && conf != NULL)
		result = options_read_file(table, conf, given, into, error);
	if (result == 0)
		result = take_arguments(table, argc, argv, &names, into, error);
	if (result == 0 && rest == NULL && optind < argc)
		result = error_set(error, EINVAL, "%s: a word without an option; see --help",
				   argv[optind]);
	if (rest != NULL)
		*rest = optind;
	return result;
}
