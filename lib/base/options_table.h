/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_BASE_OPTIONS_TABLE_H
#define WEIR_BASE_OPTIONS_TABLE_H

#include <weir/options.h>

/* NULL: there is none of that name. */
const struct option_row *option_find(const struct option_table *table, const char *name);

bool option_takes_word(const struct option_row *row);

/* Read `text` as a value of the row's option. 0 or -EINVAL, -ENOMEM with the line. */
int option_set(const struct option_row *row, const char *text, void *into, struct error *error);

/*
 * The same for all that the file says, but for the rows of which `hidden` is true: those are only
 * checked. Its text goes into *conf, also after a failure.
 */
int options_read_file(const struct option_table *table, struct option_conf *conf,
		      const bool *hidden, void *into, struct error *error);

void options_print_help(const struct option_table *table);

#endif
