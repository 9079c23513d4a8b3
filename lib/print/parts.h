/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PRINT_PARTS_H
#define WEIR_PRINT_PARTS_H

#include <weir/print.h>
#include <weir/table.h>

/* What the files print_*.c share. */

/* Print and destroy; NULL and a table that lacks a cell count as failed. */
void print_table(struct printer *printer, struct table *table, unsigned int indent);

/* "2026-01-02T03:04:05.678901234Z" -> "2026-01-02 03:04:05.678". */
const char *print_instant(char *out, size_t size, const char *rfc3339);

/* "12.3%", or "-" where the whole is 0. */
const char *print_share(char *out, size_t size, double part, double whole);

/* A bar of `share` (0..1) of `width` characters; `out` has room for PRINT_BAR(width). */
const char *print_bar(const struct printer *printer, char *out, double share, unsigned int width);
#define PRINT_BAR(width) (3 * (width) + 4)

#endif
