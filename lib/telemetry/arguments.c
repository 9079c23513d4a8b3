/* SPDX-License-Identifier: BSD-3-Clause */
#include "arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A decimal number and nothing else. */
static int number(const struct command_argument *argument, const char *text, uint64_t *value,
		  struct error *error)
{
	size_t digits = strspn(text, "0123456789");

	errno = 0;
	*value = strtoull(text, NULL, 10);
	if (digits == 0 || text[digits] != '\0' || errno != 0 || *value < argument->low ||
	    *value > argument->high)
		return error_set(error, EINVAL,
				 "%s '%.16s' is not allowed; a number from %llu to %llu",
				 argument->name, text, (unsigned long long)argument->low,
				 (unsigned long long)argument->high);
	return 0;
}

/* The index of `text` among the choices. */
static int choice(const struct command_argument *argument, const char *text, uint64_t *value,
		  struct error *error)
{
	char allowed[96] = "";
	size_t used = 0;

	for (*value = 0; *value < argument->choice_count; ++*value) {
		const char *name = argument->choices[*value];

		if (strcmp(text, name) == 0)
			return 0;
		if (used < sizeof(allowed))
			used += (size_t)snprintf(allowed + used, sizeof(allowed) - used, "%s%s",
						 *value > 0 ? ", " : "", name);
	}
	return error_set(error, EINVAL, "%s '%.12s' is not one of %s", argument->name, text,
			 allowed);
}

static int value_of(const struct command_argument *argument, const char *text, uint64_t *value,
		    struct error *error)
{
	return argument->type == COMMAND_CHOICE ? choice(argument, text, value, error)
						: number(argument, text, value, error);
}

static int complain(const struct command_argument *argument, struct error *error)
{
	return error_set(error, EINVAL, "%s", argument->complaint);
}

/* ---- numbers and choices, between commas ---- */

#define FIELDS_BYTES 128

/* Cut `copy` at its commas, into at most `most` fields, none of them empty. */
static int split(char *copy, unsigned int most, char **fields, unsigned int *count,
		 struct error *error)
{
	char *field;

	while ((field = strsep(&copy, ",")) != NULL) {
		if (field[0] == '\0')
			return error_set(error, EINVAL, "an argument between commas is empty");
		if (*count == most)
			return error_set(error, EINVAL,
					 "too many arguments; at most %u are allowed", most);
		fields[(*count)++] = field;
	}
	return 0;
}

/* Of arguments that go together both are there, or neither. */
static int check_pairs(const struct command *command, unsigned int given, struct error *error)
{
	if (given > 0 && given < command_argument_count(command) &&
	    command->arguments[given].together)
		return complain(&command->arguments[given], error);
	return 0;
}

static int read_field(const struct command_argument *argument, const char *field, uint64_t *value,
		      struct error *error)
{
	if (field == NULL)
		field = argument->usual;
	/* "-" is no choice: the message lists them. */
	if (field == NULL && argument->needed)
		field = "-";
	return field == NULL ? 0 : value_of(argument, field, value, error);
}

static int read_fields(const struct command *command, const char *text, struct arguments *arguments,
		       struct error *error)
{
	unsigned int count = command_argument_count(command);
	char copy[FIELDS_BYTES], *fields[COMMAND_ARGUMENTS_MAX] = {NULL};
	int result = 0;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		return error_set(error, EINVAL, "the arguments are too long");
	if (copy[0] != '\0')
		result = split(copy, count, fields, &arguments->given, error);
	if (result == 0)
		result = check_pairs(command, arguments->given, error);
	for (unsigned int i = 0; i < count && result == 0; i++)
		result =
			read_field(&command->arguments[i], fields[i], &arguments->number[i], error);
	return result;
}

/* ---- a text, behind keywords ---- */

/* "before=3,drop from 192.0.2.1" -> 3, and what is behind it; without it, 0 and all of it. */
static int read_keyword(const struct command_argument *argument, const char **text, uint64_t *value,
			struct error *error)
{
	size_t length = strlen(argument->name);
	char digits[32];
	const char *end;

	if (strncmp(*text, argument->name, length) != 0 || (*text)[length] != '=')
		return 0;
	*text += length + 1;
	end = strchr(*text, ',');
	if (end == NULL || (size_t)(end - *text) >= sizeof(digits))
		return complain(argument, error);
	memcpy(digits, *text, (size_t)(end - *text));
	digits[end - *text] = '\0';
	*text = end + 1;
	return number(argument, digits, value, NULL) == 0 ? 0 : complain(argument, error);
}

static int read_text(const struct command *command, const char *text, struct arguments *arguments,
		     struct error *error)
{
	unsigned int count = command_argument_count(command);

	for (unsigned int i = 0; i < count; i++) {
		const struct command_argument *argument = &command->arguments[i];

		if (argument->keyword) {
			int result = read_keyword(argument, &text, &arguments->number[i], error);

			if (result != 0)
				return result;
			continue;
		}
		if (argument->needed && text[0] == '\0')
			return complain(argument, error);
		if (argument->type == COMMAND_FILE && text[0] != '/')
			return complain(argument, error);
		arguments->text = text;
	}
	arguments->given = text[0] != '\0';
	return 0;
}

int arguments_read(const struct command *command, const char *text, struct arguments *arguments,
		   struct error *error)
{
	unsigned int count = command_argument_count(command);

	*arguments = (struct arguments){.given = 0};
	if (text == NULL)
		text = "";
	if (count == 0 && text[0] != '\0')
		return error_set(error, EINVAL, "this command takes no arguments");
	if (count > 0 && command->arguments[count - 1].type >= COMMAND_TEXT)
		return read_text(command, text, arguments, error);
	return read_fields(command, text, arguments, error);
}
