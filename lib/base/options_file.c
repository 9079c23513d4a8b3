/* SPDX-License-Identifier: BSD-3-Clause */
#include "options_table.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A file of options: `name = value` a line, a flag by its name alone or `= yes`; `#` at the begin
 * of a word makes the rest a comment; a value in double quotes may hold that, and spaces at its
 * ends.
 */

struct line {
	const char *path;
	unsigned long number;
};

static __attribute__((format(printf, 3, 4))) int wrong(struct error *error, const struct line *line,
						       const char *format, ...)
{
	struct error what;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what.text, sizeof(what.text), format, arguments);
	va_end(arguments);
	return error_set(error, EINVAL, "%s:%lu: %s", line->path, line->number, what.text);
}

static char *skip_spaces(char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

static void cut_spaces(char *text)
{
	size_t length = strlen(text);

	while (length > 0 && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
}

static void cut_comment(char *text)
{
	bool quoted = false;

	for (char *at = text; *at != '\0'; at++) {
		quoted ^= *at == '"';
		if (*at == '#' && !quoted && (at == text || isspace((unsigned char)at[-1]))) {
			*at = '\0';
			return;
		}
	}
}

/* Without its quotes. False: one is missing. */
static bool unquote(char **value)
{
	char *end;

	if (**value != '"')
		return true;
	end = *value + strlen(*value) - 1;
	if (end == *value || *end != '"')
		return false;
	*end = '\0';
	++*value;
	return true;
}

/* "name = value" -> both; *value NULL: there is none. False: a quote is missing. */
static bool split_line(char *text, char **name, char **value)
{
	char *equals = strchr(text, '=');

	*name = text;
	*value = NULL;
	if (equals != NULL) {
		*equals = '\0';
		*value = skip_spaces(equals + 1);
	}
	cut_spaces(*name);
	return *value == NULL || unquote(value);
}

static int take_flag(const struct option_row *row, const char *value, void *into,
		     const struct line *line, struct error *error)
{
	if (value != NULL && strcmp(value, "no") == 0)
		return 0;
	if (value != NULL && strcmp(value, "yes") != 0)
		return wrong(error, line, "%s = %s: is switched on or not; write yes or no",
			     row->name, value);
	return option_set(row, NULL, into, error);
}

static int take_line(const struct option_table *table, char *text, const struct line *line,
		     const bool *hidden, void *into, void *scratch, struct error *error)
{
	char *name, *value;
	const struct option_row *row;
	struct error what = {0};
	void *to;

	if (!split_line(text, &name, &value))
		return wrong(error, line, "%s: a quotation mark is missing; close it", name);
	row = option_find(table, name);
	if (row == NULL || row->type == OPTION_HELP || row->type == OPTION_VERSION ||
	    row->type == OPTION_CONF)
		return wrong(error, line, "%s: no option that may stand in a file; see %s --help",
			     name, table->program);
	to = hidden[row - table->rows] ? scratch : into;
	if (!option_takes_word(row))
		return take_flag(row, value, to, line, error);
	if (value == NULL || *value == '\0')
		return wrong(error, line, "%s: needs a value; write %s = VALUE", name, name);
	return option_set(row, value, to, &what) == 0 ? 0 : wrong(error, line, "%s", what.text);
}

static int take_lines(const struct option_table *table, struct line *line, char *text,
		      const bool *hidden, void *into, struct error *error)
{
	void *scratch = calloc(1, table->size);
	int result = 0;
	char *words;

	if (scratch == NULL)
		return error_set(error, ENOMEM, "--conf %s: no memory for it", line->path);
	while (result == 0 && (words = strsep(&text, "\n")) != NULL) {
		line->number++;
		words = skip_spaces(words);
		cut_comment(words);
		cut_spaces(words);
		if (*words != '\0')
			result = take_line(table, words, line, hidden, into, scratch, error);
	}
	options_release(table, scratch);
	free(scratch);
	return result;
}

/* All of the file, which the caller frees, also after a failure. */
static int read_text(const char *path, char **text, struct error *error)
{
	FILE *file = fopen(path, "re");
	size_t size = 0;
	ssize_t length = file != NULL ? getdelim(text, &size, '\0', file) : -1;
	int code = file == NULL || ferror(file) ? errno : 0; /* else it is empty */

	if (file != NULL)
		fclose(file);
	if (code != 0)
		return error_set(error, code, "--conf %s: %s; check the path and its permissions",
				 path, strerror(code));
	if (length < 0) { /* the buffer is there, but nothing in it */
		free(*text);
		*text = NULL;
	} else if (strlen(*text) < (size_t)length) {
		return error_set(error, EINVAL, "--conf %s: holds a NUL byte; it is no text", path);
	}
	return 0;
}

int options_read_file(const struct option_table *table, struct option_conf *conf,
		      const bool *hidden, void *into, struct error *error)
{
	struct line line = {.path = conf->path};
	int result = read_text(conf->path, &conf->text, error);

	if (result != 0)
		return result;
	return take_lines(table, &line, conf->text, hidden, into, error);
}
