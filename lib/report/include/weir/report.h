/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_REPORT_H
#define WEIR_REPORT_H

#include <stdio.h>

#include <weir/document.h>
#include <weir/outlet.h>
#include <weir/stats.h>

/*
 * The report for people (aligned tables, SI units, 80 columns, the ledger last) and for
 * programs (JSON). 0, or -EIO when `out` could not be written. Main or stats thread.
 */
int report_text(FILE *out, const struct snapshot *snapshot, const struct document_info *info,
		uint32_t top);
int report_json(FILE *out, const struct snapshot *snapshot, const struct document_info *info,
		uint32_t top);

/*
 * Each ended record as one line of JSON, for an outlet of lines; to give to stats_add_consumer().
 * What finds no room there is lost, and counted there.
 */
struct stats_consumer report_flow_lines(struct outlet *outlet);

#endif
