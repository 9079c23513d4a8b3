/* SPDX-License-Identifier: BSD-3-Clause */
/* What users read of the commands, made from the table. */
#include <weir/commands.h>

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
	char *out;
	size_t size, used;
};

static struct text begin(char *out, size_t size)
{
	out[0] = '\0';
	return (struct text){.out = out, .size = size};
}

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
	va_list arguments;

	if (text->used >= text->size)
		return;
	va_start(arguments, format);
	text->used += (size_t)vsnprintf(text->out + text->used, text->size - text->used, format,
					arguments);
	va_end(arguments);
}

static void add_name(struct text *text, const struct command_argument *argument)
{
	for (const char *c = argument->name; *c != '\0'; c++)
		add(text, "%c", toupper((unsigned char)*c));
}

/* How arguments stand on the socket, and in weirctl's words. */
struct style {
	const char *between, *optional; /* before an argument */
	const char *keyword;            /* takes its name */
	const char *behind_keyword;     /* before the next argument */
	bool typed;                     /* weirctl's `typed` stands for what is needed */
};

static void add_arguments(struct text *text, const struct command *command,
			  const struct style *style)
{
	const char *between = style->between;
	unsigned int count = command_argument_count(command), open = 0;

	for (unsigned int i = 0; i < count; i++) {
		const struct command_argument *argument = &command->arguments[i];

		if (argument->keyword) {
			add(text, "%s[%s%s]", between, argument->name, style->keyword);
			between = style->behind_keyword;
			continue;
		}
		if (argument->together ||
		    (argument->needed && !(style->typed && argument->typed != NULL))) {
			add(text, "%s", between);
		} else {
			add(text, "%s", style->optional);
			open++;
		}
		add_name(text, argument);
		between = style->between;
	}
	while (open-- > 0)
		add(text, "]");
}

const char *command_socket_usage(const struct command *command, char *out, size_t size)
{
	static const struct style style = {
		.between = ",", .optional = "[,", .keyword = "=N,", .behind_keyword = ""};
	struct text text = begin(out, size);

	add(&text, "%s", command->path);
	add_arguments(&text, command, &style);
	return out;
}

const char *command_words_usage(const struct command *command, char *out, size_t size)
{
	static const struct style style = {.between = " ",
					   .optional = " [",
					   .keyword = " N",
					   .behind_keyword = " ",
					   .typed = true};
	struct text text = begin(out, size);

	add(&text, "%s%s%s", command->word, command->verb != NULL ? " " : "",
	    command->verb != NULL ? command->verb : "");
	add_arguments(&text, command, &style);
	return out;
}

const char *command_verbs(const char *word, char *out, size_t size)
{
	struct text text = begin(out, size);
	const struct command *command;

	for (unsigned int i = 0; (command = command_at(i)) != NULL; i++)
		if (command->word != NULL && command->verb != NULL &&
		    strcmp(command->word, word) == 0)
			add(&text, "%s%s", text.used > 0 ? "|" : "", command->verb);
	return out;
}

/* What weirctl asks for, when an argument was not typed; NULL: nothing. */
static const char *typed(const struct command_argument *argument)
{
	return argument->typed != NULL ? argument->typed : argument->usual;
}

const char *command_argument_usage(const struct command_argument *argument, char *out, size_t size)
{
	struct text text = begin(out, size);
	const char *usual = typed(argument);

	if (argument->type == COMMAND_NUMBER && usual != NULL && !argument->together &&
	    strcmp(usual, "0") != 0) {
		add_name(&text, argument);
		add(&text, " %s", usual);
	}
	for (unsigned int i = 0; i < argument->choice_count; i++) {
		if (i == 0)
			add_name(&text, argument);
		add(&text, "%s %s%s", i > 0 ? "," : "", argument->choices[i],
		    usual != NULL && strcmp(usual, argument->choices[i]) == 0 ? " (usual)" : "");
	}
	return out;
}

const char *command_socket_help(const struct command *command, char *out, size_t size)
{
	struct text text = begin(out, size);
	unsigned int count = command_argument_count(command);

	add(&text, "%s. %s", command->help, count > 0 ? "Parameters: " : "No parameters");
	for (unsigned int i = 0; i < count; i++) {
		const struct command_argument *argument = &command->arguments[i];

		add(&text, "%s%s%s", i > 0 ? ", " : "",
		    argument->type == COMMAND_NUMBER ? "int " : "", argument->name);
		if (argument->usual != NULL)
			add(&text, " (%s)", argument->usual);
	}
	return out;
}
