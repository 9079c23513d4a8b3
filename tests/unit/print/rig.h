/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_PRINT_RIG_H
#define WEIR_TESTS_UNIT_PRINT_RIG_H

#include <weir/document.h>

/* The text of the report with `top` rows a list; the caller frees it. */
char *rig_report(const struct snapshot *snapshot, const struct document_info *info, uint32_t top);

#endif
