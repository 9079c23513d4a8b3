/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_EXPORTER_H
#define WEIR_EXPORT_EXPORTER_H

#include <weir/error.h>

/*
 * Which weir a record is of, where many send to one place: the host's name, unless `exporter=`
 * gives another. Of letters, digits, '.', '_', '-' and ':', so that it can stand in any text.
 */
#define EXPORTER_MAX 64 /* with its end */

/* Of the setting's value, NULL without; 0, or -EINVAL with the line. */
int exporter_name(char name[EXPORTER_MAX], const char *given, struct error *error);

/* Its row, `type` being the struct with the member that it fills. */
#define EXPORTER_ROW(type_, member)                                                                \
	{                                                                                          \
		"exporter", "NAME", "who weir is there (this host's name)",                        \
			.type = OPTION_TEXT, OPTION_INTO(type_, member)                            \
	}

#endif
