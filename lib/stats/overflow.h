/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STATS_OVERFLOW_H
#define STATS_OVERFLOW_H

#include <weir/stats.h>

/*
 * What the packets without a record were, summed over the workers into snapshot->overflow, the
 * largest networks first. Stats thread only.
 */
void overflow_fill(const struct stats_settings *settings, struct snapshot *snapshot);

#endif
