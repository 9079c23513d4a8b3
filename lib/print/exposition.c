/* SPDX-License-Identifier: BSD-3-Clause */
#include "exposition.h"

#include <inttypes.h>
#include <string.h>

/* Both take a backslash and a newline this way, everywhere but in a name. */
static const char *escape(char character, bool quotes)
{
	switch (character) {
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '"':
		return quotes ? "\\\"" : NULL;
	default:
		return NULL;
	}
}

static void labels_put(struct labels *labels, const char *text, size_t length)
{
	if (length >= sizeof(labels->text) - labels->used)
		return;
	memcpy(labels->text + labels->used, text, length);
	labels->used += length;
	labels->text[labels->used] = '\0';
}

void labels_add(struct labels *labels, const char *name, const char *value)
{
	if (labels->used > 0)
		labels_put(labels, ",", 1);
	labels_put(labels, name, strlen(name));
	labels_put(labels, "=\"", 2);
	for (; *value != '\0'; value++) {
		const char *escaped = escape(*value, true);

		if (escaped != NULL)
			labels_put(labels, escaped, strlen(escaped));
		else
			labels_put(labels, value, 1);
	}
	labels_put(labels, "\"", 1);
}

void exposition_begin(struct exposition *exposition, const struct family *family)
{
	exposition->family = family;
	exposition->said = false;
}

static bool is_openmetrics(const struct exposition *exposition)
{
	return exposition->format == METRICS_OPENMETRICS;
}

/* What all samples of the family have behind its name. */
static const char *suffix_of(const struct family *family)
{
	if (strcmp(family->type, "counter") == 0)
		return "_total";
	return strcmp(family->type, "info") == 0 ? "_info" : "";
}

static bool ends_in_unit(const struct family *family)
{
	size_t name = strlen(family->name), unit = family->unit != NULL ? strlen(family->unit) : 0;

	return unit > 0 && name > unit && family->name[name - unit - 1] == '_' &&
	       strcmp(family->name + name - unit, family->unit) == 0;
}

/*
 * To OpenMetrics a counter is called without its "_total", and there is a type for what only
 * tells; to the older format the family is called as its samples are, and that is a gauge.
 */
static void say(const struct exposition *exposition)
{
	const struct family *family = exposition->family;
	const char *suffix = is_openmetrics(exposition) ? "" : suffix_of(family);
	bool info = strcmp(family->type, "info") == 0;
	FILE *out = exposition->out;

	fprintf(out, "# HELP %s%s ", family->name, suffix);
	for (const char *c = family->help; *c != '\0'; c++) {
		const char *escaped = escape(*c, is_openmetrics(exposition));

		if (escaped != NULL)
			fputs(escaped, out);
		else
			fputc(*c, out);
	}
	fprintf(out, "\n# TYPE %s%s %s\n", family->name, suffix,
		info && !is_openmetrics(exposition) ? "gauge" : family->type);
	if (is_openmetrics(exposition) && ends_in_unit(family))
		fprintf(out, "# UNIT %s %s\n", family->name, family->unit);
}

void exposition_add(struct exposition *exposition, const char *suffix, const struct labels *labels,
		    const json_t *value)
{
	FILE *out = exposition->out;

	if (!json_is_number(value) && !json_is_boolean(value))
		return;
	if (!exposition->said)
		say(exposition);
	exposition->said = true;
	fprintf(out, "%s%s%s", exposition->family->name, suffix_of(exposition->family), suffix);
	if (labels->used > 0)
		fprintf(out, "{%s}", labels->text);
	if (json_is_real(value))
		fprintf(out, " %.15g\n", json_real_value(value));
	else if (json_is_integer(value))
		fprintf(out, " %" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
	else
		fprintf(out, " %d\n", json_is_true(value));
}

void exposition_end(struct exposition *exposition)
{
	if (is_openmetrics(exposition))
		fputs("# EOF\n", exposition->out);
}
