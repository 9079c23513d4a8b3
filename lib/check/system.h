/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CHECK_SYSTEM_H
#define WEIR_CHECK_SYSTEM_H

#include <weir/check.h>

/* Rows of the table, check.c: how the kernel is set. */
void system_clock(const struct check_run *run);
void system_thp(const struct check_run *run);

#endif
