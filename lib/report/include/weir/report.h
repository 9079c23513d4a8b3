/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_REPORT_H
#define WEIR_REPORT_H

#include <stdio.h>

#include <weir/document.h>

/*
 * The report for people (aligned tables, SI units, 80 columns, the ledger last) and for
 * programs (JSON). 0, or -EIO when `out` could not be written. Main or stats thread.
 */
int report_text(FILE *out, const struct snapshot *snapshot, const struct document_info *info,
		uint32_t top);
int report_json(FILE *out, const struct snapshot *snapshot, const struct document_info *info,
		uint32_t top);

#endif
