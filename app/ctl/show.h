/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_CTL_SHOW_H
#define WEIR_APP_CTL_SHOW_H

#include <weir/print.h>

/* How an answer looks to people; table NULL: as JSON only. */
struct show {
	void (*table)(struct printer *printer, const json_t *answer);
};

/* A line when the numbers are old; behind every table. */
void show_age(struct printer *printer, const json_t *answer);

void show_info(struct printer *printer, const json_t *answer);
void show_ledger(struct printer *printer, const json_t *answer);
void show_throughput(struct printer *printer, const json_t *answer);
void show_sizes(struct printer *printer, const json_t *answer);
void show_top(struct printer *printer, const json_t *answer);
void show_flows(struct printer *printer, const json_t *answer);
void show_overflow(struct printer *printer, const json_t *answer);
void show_workers(struct printer *printer, const json_t *answer);
void show_ports(struct printer *printer, const json_t *answer);
void show_events(struct printer *printer, const json_t *answer);
void show_prefilter_rules(struct printer *printer, const json_t *answer);
void show_prefilter_counters(struct printer *printer, const json_t *answer);
void show_prefilter_change(struct printer *printer, const json_t *answer);

#endif
