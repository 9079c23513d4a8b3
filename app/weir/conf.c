/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints weir.conf, a file for --conf with all options commented out, while weir is built. */
#include <stdio.h>

#include "options.h"

static void print_choices(const struct option_row *row)
{
	for (const struct option_choice *choice = row->choices; choice->name != NULL; choice++)
		printf("%s%s", choice == row->choices ? " (" : ", ", choice->name);
	printf(")");
}

/* What one would write to have what is so anyway; else what it may be. */
static void print_row(const struct option_row *row)
{
	printf("\n# %s", row->help);
	if (row->choices != NULL)
		print_choices(row);
	printf("\n#%s", row->name);
	if (row->type != OPTION_FLAG)
		printf(" = %s", row->usual != NULL      ? row->usual
				: row->argument != NULL ? row->argument
							: row->choices[0].name);
	printf("\n");
}

int main(void)
{
	printf("# Options of weir, a line each: without the # in front, and with a value of your "
	       "own.\n"
	       "# Which they are is told at length in weir(8).\n"
	       "#\n"
	       "# The service weir@NAME reads the file NAME.conf beside this one: copy this to "
	       "it,\n"
	       "# say there where packets come from, and\n"
	       "#\n"
	       "#	systemctl enable --now weir@NAME\n");
	for (size_t i = 0; i < weir_options.count; i++) {
		const struct option_row *row = &weir_options.rows[i];

		if (row->type != OPTION_CONF && row->type != OPTION_HELP &&
		    row->type != OPTION_VERSION)
			print_row(row);
	}
	return 0;
}
