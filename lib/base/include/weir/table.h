/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TABLE_H
#define WEIR_TABLE_H

#include <stdbool.h>
#include <stdio.h>

/*
 * An aligned table for people, on a terminal of fixed width. Cells are text (UTF-8; every
 * character takes one column), so whoever adds them decides on units. One thread at a time.
 */

#define TABLE_COLUMNS_MAX 12

struct table_column {
	const char *title; /* NULL in every column: a table without a head */
	bool right;        /* aligned to the right, as numbers are */
	bool wraps; /* at most one: goes on in more lines where the table would be too wide */
};

struct table;

/* `columns` must outlive the table. NULL: no memory. Free with table_destroy(). */
struct table *table_create(const struct table_column *columns, unsigned int count);
void table_destroy(struct table *table);

/* Add the next cell: row by row, from left to right. */
void table_cell(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Print all rows, `indent` spaces from the left and at most `width` columns wide, as far as
 * the columns that do not wrap leave room. Returns 0, or -ENOMEM (nothing is printed) if
 * a cell could not be kept. Write errors stay in `out`.
 */
int table_print(const struct table *table, FILE *out, unsigned int width, unsigned int indent);

#endif
