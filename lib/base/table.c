/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/table.h>

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP        2  /* spaces between columns */
#define WRAP_LEAST 12 /* a wrapping column gets no narrower */

struct table {
	const struct table_column *columns;
	unsigned int column_count;
	char **cells; /* row by row */
	size_t count, capacity;
	bool failed; /* a cell is missing: no memory */
};

struct table *table_create(const struct table_column *columns, unsigned int count)
{
	struct table *table = calloc(1, sizeof(*table));

	assert(count > 0 && count <= TABLE_COLUMNS_MAX);
	if (table != NULL) {
		table->columns = columns;
		table->column_count = count;
	}
	return table;
}

void table_destroy(struct table *table)
{
	if (table == NULL)
		return;
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}

static bool make_room(struct table *table)
{
	if (table->count < table->capacity)
		return true;
	size_t capacity = table->capacity == 0 ? 64 : table->capacity * 2;
	char **cells = realloc(table->cells, capacity * sizeof(*cells));

	if (cells == NULL)
		return false;
	table->cells = cells;
	table->capacity = capacity;
	return true;
}

void table_cell(struct table *table, const char *format, ...)
{
	va_list arguments;

	if (!make_room(table)) {
		table->failed = true;
		return;
	}
	va_start(arguments, format);
	if (vasprintf(&table->cells[table->count], format, arguments) < 0)
		table->failed = true;
	else
		table->count++;
	va_end(arguments);
}

/* Characters, not bytes: the continuation bytes of UTF-8 take no room. */
static size_t display_width(const char *text, size_t bytes)
{
	size_t width = 0;

	for (size_t i = 0; i < bytes; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

/* How many bytes of `text` go on a line of `width` columns: up to a space if there is one. */
static size_t line_bytes(const char *text, size_t width)
{
	size_t bytes = 0, space = 0, columns = 0;

	for (; text[bytes] != '\0'; bytes++) {
		if (((unsigned char)text[bytes] & 0xc0) == 0x80)
			continue;
		if (text[bytes] == ' ')
			space = bytes;
		if (++columns > width)
			return space > 0 ? space : bytes;
	}
	return bytes;
}

static void find_widths(const struct table *table, size_t room, size_t *widths)
{
	size_t total = 0;
	unsigned int wraps = table->column_count;

	for (unsigned int c = 0; c < table->column_count; c++) {
		const char *title = table->columns[c].title;

		widths[c] = title == NULL ? 0 : display_width(title, strlen(title));
		for (size_t i = c; i < table->count; i += table->column_count) {
			size_t width = display_width(table->cells[i], strlen(table->cells[i]));

			if (width > widths[c])
				widths[c] = width;
		}
		total += widths[c] + (c > 0 ? GAP : 0);
		if (table->columns[c].wraps)
			wraps = c;
	}
	if (total <= room || wraps == table->column_count)
		return;
	size_t excess = total - room;

	if (widths[wraps] > excess + WRAP_LEAST)
		widths[wraps] -= excess;
	else if (widths[wraps] > WRAP_LEAST)
		widths[wraps] = WRAP_LEAST;
}

/* One line; advances the cells that go on in the next one. False when nothing is left. */
static bool print_line(const struct table *table, FILE *out, unsigned int indent,
		       const size_t *widths, const char **rest)
{
	size_t position = 0, start = indent;
	bool more = false;

	for (unsigned int c = 0; c < table->column_count; c++) {
		size_t bytes = strlen(rest[c]);

		if (table->columns[c].wraps)
			bytes = line_bytes(rest[c], widths[c]);
		size_t width = display_width(rest[c], bytes);
		size_t pad = table->columns[c].right && widths[c] > width ? widths[c] - width : 0;

		/* Blanks only before text, so that no line ends in them. */
		if (bytes > 0) {
			fprintf(out, "%*s%.*s", (int)(start + pad - position), "", (int)bytes,
				rest[c]);
			position = start + pad + width;
		}
		start += widths[c] + GAP;
		rest[c] += bytes;
		while (*rest[c] == ' ')
			rest[c]++;
		more = more || *rest[c] != '\0';
	}
	fputc('\n', out);
	return more;
}

static void print_row(const struct table *table, FILE *out, unsigned int indent,
		      const size_t *widths, const char *const *cells)
{
	const char *rest[TABLE_COLUMNS_MAX];

	memcpy(rest, cells, table->column_count * sizeof(*rest));
	while (print_line(table, out, indent, widths, rest))
		;
}

int table_print(const struct table *table, FILE *out, unsigned int width, unsigned int indent)
{
	const char *titles[TABLE_COLUMNS_MAX];
	size_t widths[TABLE_COLUMNS_MAX];
	bool head = false;

	if (table->failed)
		return -ENOMEM;
	assert(table->count % table->column_count == 0);
	find_widths(table, width - indent, widths);
	for (unsigned int c = 0; c < table->column_count; c++) {
		titles[c] = table->columns[c].title != NULL ? table->columns[c].title : "";
		head = head || titles[c][0] != '\0';
	}
	if (head)
		print_row(table, out, indent, widths, titles);
	for (size_t i = 0; i < table->count; i += table->column_count)
		print_row(table, out, indent, widths, (const char *const *)&table->cells[i]);
	return 0;
}
