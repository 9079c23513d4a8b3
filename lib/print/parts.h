/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PRINT_PARTS_H
#define WEIR_PRINT_PARTS_H

#include <weir/print.h>
#include <weir/statistics.h>
#include <weir/table.h>

/* What the files of this folder share. */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Print and destroy; NULL and a table that lacks a cell count as failed. */
void print_table(struct printer *printer, struct table *table, unsigned int indent);

/* The terms of a sum: which statistics of a list come to it. */
struct print_sum {
	enum statistics_list list;
	const char *name; /* as `sum` of weir/statistics.h */
};

/* Call `each` for every term that is not 0 in `object`. */
void print_each_term(const json_t *object, const struct print_sum *sum,
		     void (*each)(void *context, const struct statistic *term, uint64_t value),
		     void *context);

/* What they come to. */
uint64_t print_sum(const json_t *object, const struct print_sum *sum);

/* "1,200 in flows + 30 non-IP", where `between` is " + ". */
void print_terms(FILE *out, const json_t *object, const struct print_sum *sum, const char *between);

/* What people call a statistic. */
const char *print_label(enum statistics_list list, const char *name);

/* It as a column of a table, and its cell of one row, by its unit; "-" where `object` has none. */
struct table_column print_column(enum statistics_list list, const char *name);
void print_cell(struct table *table, enum statistics_list list, const char *name,
		const json_t *object);

/* "2026-01-02T03:04:05.678901234Z" -> "2026-01-02 03:04:05.678". */
const char *print_instant(char *out, size_t size, const char *rfc3339);

/* "12.3%", or "-" where the whole is 0. */
const char *print_share(char *out, size_t size, double part, double whole);

/* A bar of `share` (0..1) of `width` characters; `out` has room for PRINT_BAR(width). */
const char *print_bar(const struct printer *printer, char *out, double share, unsigned int width);
#define PRINT_BAR(width) (3 * (width) + 4)

/*
 * As document_over_time() makes it, with a blank line before it; of less than two steps nothing.
 * `average`: the rates over all the `seconds`.
 */
void print_over_time(struct printer *printer, const json_t *over_time, const json_t *average,
		     double seconds);

#endif
