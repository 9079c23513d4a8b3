/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_CTL_COLLECTORS_H
#define WEIR_APP_CTL_COLLECTORS_H

#include <stdio.h>

/* What is known of collectors: a row for what one does not show, and the settings that help. */
struct collector_remark {
	const char *collector;
	const char *kind;               /* of URL: its scheme, or the part before "+" */
	const char *setting, *cures_it; /* a setting and its value with which it is not so; NULL */
	const char *text;
};

extern const struct collector_remark collector_remarks[]; /* behind the last: no collector */

/* Those that hold for the URL, which is right, behind an empty line. 0 or -ENOMEM. */
int collectors_print(FILE *out, const char *url);

#endif
