/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CHECK_QUOTAS_H
#define WEIR_CHECK_QUOTAS_H

#include <weir/check.h>

/* Rows of the table, check.c: what this process may have. */
void quotas_memlock(const struct check_run *run);
void quotas_nofile(const struct check_run *run);
void quotas_disk(const struct check_run *run);

#endif
