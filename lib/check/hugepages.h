/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CHECK_HUGEPAGES_H
#define WEIR_CHECK_HUGEPAGES_H

#include <weir/check.h>

/* What DPDK keeps in huge pages, in octets: all that is good, and the least it starts with. */
uint64_t hugepages_needed(const struct check_run *run);
uint64_t hugepages_needed_least(const struct check_run *run);

/* How many pages these are, if they are the ones of the usual size. */
uint64_t hugepages_count(const struct check_run *run, uint64_t octets);

/* The row of the table, check.c. */
void hugepages_look(const struct check_run *run);

#endif
