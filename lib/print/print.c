/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/print.h>

#include <langinfo.h>
#include <stdarg.h>
#include <string.h>

#include <weir/format.h>
#include <weir/table.h>

#include "parts.h"

struct printer printer_make(FILE *out)
{
	return (struct printer){.out = out, .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0};
}

void print_heading(struct printer *printer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(printer->out, format, arguments);
	va_end(arguments);
	fputc('\n', printer->out);
}

void print_table(struct printer *printer, struct table *table, unsigned int indent)
{
	if (table == NULL || table_print(table, printer->out, PRINT_WIDTH, indent) != 0)
		printer->failed = true;
	table_destroy(table);
}

void print_pairs(struct printer *printer, const char *const (*pairs)[2])
{
	static const struct table_column columns[] = {{.title = NULL}, {.wraps = true}};
	struct table *table = table_create(columns, 2);

	for (; table != NULL && (*pairs)[0] != NULL; pairs++) {
		if ((*pairs)[1] == NULL || (*pairs)[1][0] == '\0')
			continue;
		table_cell(table, "%s", (*pairs)[0]);
		table_cell(table, "%s", (*pairs)[1]);
	}
	print_table(printer, table, 0);
}

double print_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_true(value) ? 1 : json_number_value(value);
}

uint64_t print_count(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_true(value) ? 1 : (uint64_t)json_integer_value(value);
}

const char *print_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

size_t print_items(const json_t *list)
{
	return json_is_array(list) ? json_array_size(list) : json_object_size(list);
}

const json_t *print_item(const json_t *list, size_t index)
{
	char rank[24];

	if (json_is_array(list))
		return json_array_get(list, index);
	snprintf(rank, sizeof(rank), "%zu", index + 1);
	return json_object_get(list, rank);
}

const char *print_quantity(char *out, size_t size, uint64_t value)
{
	return value < 1000000 ? format_count(out, size, value)
			       : format_si(out, size, (double)value, "");
}

const char *print_instant(char *out, size_t size, const char *rfc3339)
{
	/* 2026-01-02T03:04:05.678901234Z: people want the milliseconds and no letters. */
	if (strlen(rfc3339) < 23)
		snprintf(out, size, "%s", rfc3339);
	else
		snprintf(out, size, "%.10s %.12s", rfc3339, rfc3339 + 11);
	return out;
}

const char *print_share(char *out, size_t size, double part, double whole)
{
	if (whole > 0)
		snprintf(out, size, "%.1f%%", part / whole * 100);
	else
		snprintf(out, size, "-");
	return out;
}

const char *print_bar(const struct printer *printer, char *out, double share, unsigned int width)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	unsigned int parts = (unsigned int)(share * width * 8 + 0.5);
	char *end = out;

	if (parts > width * 8)
		parts = width * 8;
	/* What is there is seen, however little it is. */
	if (share > 0 && parts == 0)
		parts = 1;
	*end = '\0';
	if (!printer->utf8) {
		memset(out, '#', (parts + 7) / 8);
		out[(parts + 7) / 8] = '\0';
		return out;
	}
	for (unsigned int i = 0; i < parts / 8; i++)
		end = stpcpy(end, "█");
	stpcpy(end, eighths[parts % 8]);
	return out;
}
