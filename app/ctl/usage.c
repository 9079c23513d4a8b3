/* SPDX-License-Identifier: BSD-3-Clause */
#include "usage.h"

#include <string.h>

#include <weir/commands.h>

#define LEFT    24 /* columns for how to ask and two spaces; two more are before it */
#define COLUMNS 80

/* The words of `text`, on as many lines as it takes, from column LEFT + 4 on. */
static void print_words(FILE *out, const char *text, size_t *column)
{
	while (*text != '\0') {
		size_t length = strcspn(text, " ");

		if (*column > LEFT + 2 && *column + 1 + length > COLUMNS) {
			fprintf(out, "\n%*s", LEFT + 2, "");
			*column = LEFT + 2;
		}
		fprintf(out, "%s%.*s", *column > LEFT + 2 ? " " : "", (int)length, text);
		*column += (*column > LEFT + 2) + length;
		text += length;
		text += strspn(text, " ");
	}
}

static void print_command(FILE *out, const struct command *command)
{
	char text[256];
	int length = (int)strlen(command_words_usage(command, text, sizeof(text)));
	size_t column = LEFT + 2;

	if (length > LEFT - 2)
		fprintf(out, "  %s\n%*s", text, LEFT + 2, "");
	else
		fprintf(out, "  %-*s", LEFT, text);
	print_words(out, command->help, &column);
	for (unsigned int i = 0; i < command_argument_count(command); i++) {
		command_argument_usage(&command->arguments[i], text, sizeof(text));
		if (text[0] == '\0')
			continue;
		fputc(';', out);
		column++;
		print_words(out, text, &column);
	}
	fputc('\n', out);
}

void usage_print(FILE *out)
{
	const struct command *command;

	for (unsigned int i = 0; (command = command_at(i)) != NULL; i++)
		if (command->word != NULL)
			print_command(out, command);
	fputc('\n', out);
}
