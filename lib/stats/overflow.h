/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_OVERFLOW_H
#define WEIR_STATS_OVERFLOW_H

#include <weir/stats.h>

/*
 * What the packets without a record were, summed over the workers into snapshot->overflow. Stats
 * thread only.
 */

/* Add what overflowed in one worker. */
void overflow_add(struct snapshot_overflow *overflow, const struct flow_overflow_sums *sums);

/* The largest networks first. */
void overflow_sort(struct snapshot_overflow *overflow);

#endif
