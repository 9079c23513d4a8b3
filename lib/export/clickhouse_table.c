/* SPDX-License-Identifier: BSD-3-Clause */
#include "clickhouse_table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clickhouse_rows.h"

/* Made by the server of the end of a flow: what tables are divided and sorted by. */
#define TIME_COLUMN "time"
#define TIME_TYPE   "DateTime"

uint32_t clickhouse_version(const char *text)
{
	unsigned int year, number;

	return sscanf(text, "%5u.%5u.", &year, &number) == 2 ? year * 1000 + number : 0;
}

/* Nothing that would have to be escaped. */
static bool is_name(const char *text, size_t length)
{
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	return length > 0 && strspn(text, good) >= length;
}

int clickhouse_place(const char *path, struct clickhouse_place *place, struct error *error)
{
	const char *dot = strchr(path, '.'), *table = dot != NULL ? dot + 1 : path;
	size_t length = dot != NULL ? (size_t)(dot - path) : strlen("default");
	const char *database = dot != NULL ? path : "default";

	if (!is_name(database, length) || !is_name(table, strlen(table)) ||
	    length >= sizeof(place->database) || strlen(table) >= sizeof(place->table))
		return error_set(error, EINVAL,
				 "/%.80s: not DATABASE.TABLE, of letters, digits, _ and -; mend it",
				 path);
	snprintf(place->database, sizeof(place->database), "%.*s", (int)length, database);
	strcpy(place->table, table);
	return 0;
}

/* ---- SQL ---- */

static void put_columns(FILE *out, bool today)
{
	for (size_t i = 0; i < clickhouse_column_count; i++) {
		const struct clickhouse_column *column = &clickhouse_columns[i];

		fprintf(out, "    %s %s", column->name, today ? column->type : column->older);
		if (today && *column->codec != '\0')
			fprintf(out, " CODEC(%s)", column->codec);
		fputs(",\n", out);
	}
	fprintf(out,
		"    " TIME_COLUMN " " TIME_TYPE
		" DEFAULT toDateTime(intDiv(flowEndMilliseconds, 1000))%s\n",
		today ? " CODEC(Delta, ZSTD(1))" : "");
}

/*
 * A part a day, which is what is dropped when it is old; sorted by time, as most questions are
 * about some of it.
 */
char *clickhouse_create(const struct clickhouse_place *place, uint32_t version, uint32_t ttl)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	fprintf(out, "CREATE TABLE IF NOT EXISTS `%s`.`%s`\n(\n", place->database, place->table);
	put_columns(out, version >= CLICKHOUSE_TODAY);
	fputs(")\nENGINE = MergeTree\nPARTITION BY toDate(" TIME_COLUMN ")\nORDER BY (" TIME_COLUMN
	      ", exporter)\n",
	      out);
	if (ttl > 0)
		fprintf(out,
			"TTL " TIME_COLUMN " + INTERVAL %u DAY\nSETTINGS ttl_only_drop_parts = 1\n",
			ttl);
	fclose(out);
	return text;
}

char *clickhouse_insert(const struct clickhouse_place *place)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	fprintf(out, "INSERT INTO `%s`.`%s` ", place->database, place->table);
	for (size_t i = 0; i < clickhouse_column_count; i++)
		fprintf(out, "%s%s", i == 0 ? "(" : ", ", clickhouse_columns[i].name);
	fputs(") FORMAT RowBinary", out);
	fclose(out);
	return text;
}

/* ---- what is there ---- */

/* The type of a column in such lines, up to the line's end; NULL: it is not there. */
static const char *type_of(const char *columns, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = columns; line != NULL && *line != '\0';) {
		if (strncmp(line, name, length) == 0 && line[length] == '\t')
			return line + length + 1;
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	return NULL;
}

/* LowCardinality(X) has the octets of X. */
static bool is_type(const char *there, size_t length, const char *type)
{
	static const char low[] = "LowCardinality(";

	if (strncmp(there, low, strlen(low)) == 0) {
		there += strlen(low);
		length -= strlen(low) + 1;
	}
	if (strncmp(type, low, strlen(low)) == 0)
		return false;
	return strlen(type) == length && strncmp(there, type, length) == 0;
}

static int check_column(const struct clickhouse_place *place, const char *columns, const char *name,
			const char *type, const char *older, struct error *error)
{
	const char *there = type_of(columns, name);
	size_t length;

	if (there == NULL)
		return error_set(error, EINVAL,
				 "table %s.%s has no column %s; make it by ALTER TABLE ... ADD "
				 "COLUMN %s %s",
				 place->database, place->table, name, name, type);
	length = strcspn(there, "\n");
	if (is_type(there, length, type) || is_type(there, length, older))
		return 0;
	return error_set(
		error, EINVAL,
		"table %s.%s: column %s is of type %.*s, not %s; change it, or use another "
		"table",
		place->database, place->table, name, (int)length, there, type);
}

int clickhouse_check(const struct clickhouse_place *place, const char *columns, struct error *error)
{
	int result = 0;

	if (*columns == '\0')
		return -ENOENT;
	for (size_t i = 0; result == 0 && i < clickhouse_column_count; i++) {
		const struct clickhouse_column *column = &clickhouse_columns[i];

		result = check_column(place, columns, column->name, column->type, column->older,
				      error);
	}
	/* Of any zone. */
	if (result == 0 && type_of(columns, TIME_COLUMN) == NULL)
		result = check_column(place, columns, TIME_COLUMN, TIME_TYPE, TIME_TYPE, error);
	return result;
}
