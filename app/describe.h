/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_DESCRIBE_H
#define WEIR_APP_DESCRIBE_H

#include "analyzer.h"

/* What the report and /weir/info say of weir itself: version, sources, settings. */
void describe(struct analyzer *analyzer);

/* What the ports' drivers count of their own, for the next JSON report. While ports run. */
void describe_xstats(struct analyzer *analyzer);

/* After the captures' end: a remark where one was cut, also as a warning. */
void describe_result(struct analyzer *analyzer);

#endif
