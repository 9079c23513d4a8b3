/* SPDX-License-Identifier: BSD-3-Clause */
#include "flow_line.h"

#include <string.h>

#include "flow_fields.h"

/* Each function takes the end of the line so far and returns the new end. */

static char *put_text(char *out, const char *text)
{
	return stpcpy(out, text);
}

static char *put_number(char *out, uint64_t value)
{
	char digits[20];
	char *first = digits + sizeof(digits);

	do {
		*--first = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	return mempcpy(out, first, (size_t)(digits + sizeof(digits) - first));
}

static char *put_name(char *out, const char *name)
{
	*out++ = '"';
	out = put_text(out, name);
	*out++ = '"';
	*out++ = ':';
	return out;
}

static void add_number(void *context, const char *name, uint64_t value)
{
	char **end = context;
	char *out = put_number(put_name(*end, name), value);

	*out++ = ',';
	*end = out;
}

static void add_text(void *context, const char *name, const char *value)
{
	char **end = context;
	char *out = put_name(*end, name);

	*out++ = '"';
	out = put_text(out, value);
	*out++ = '"';
	*out++ = ',';
	*end = out;
}

size_t flow_line(char *out, const struct flow_view *view)
{
	char *end = out;
	const struct flow_field_visitor visitor = {add_number, add_text, &end};

	*end++ = '{';
	flow_fields(view, &visitor);
	end[-1] = '}'; /* in place of the last comma */
	*end++ = '\n';
	return (size_t)(end - out);
}
