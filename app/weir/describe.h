/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_DESCRIBE_H
#define WEIR_APP_WEIR_DESCRIBE_H

#include "analyzer.h"

/* What the report and /weir/info say of weir itself: version, sources, settings. */
void describe(struct analyzer *analyzer);

/* What the ports' drivers count of their own, for the next JSON report. While ports run. */
void describe_xstats(struct analyzer *analyzer);

/* When the workers have left: a remark on times of the NIC that were none. */
void describe_stamps(struct analyzer *analyzer);

/*
 * After the captures' end: remarks where one was cut and on times that cannot be, also as warnings,
 * and how long it was for the statistics.
 */
void describe_result(struct analyzer *analyzer);

/* For struct stats_settings, with the struct source: what the program in front has counted. */
void describe_front(void *source, struct snapshot *snapshot);

/* What its rules have counted, for the report; NULL: there are none, or no memory. */
json_t *describe_rules(const struct front *front);

#endif
