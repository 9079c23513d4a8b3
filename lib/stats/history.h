/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STATS_HISTORY_H
#define STATS_HISTORY_H

#include <weir/snapshot.h>

/* Throughput over the last hour: a ring of entries of a second or more. Stats thread only. */

struct history {
	struct stats_history open; /* intervals on their way to a second */
	struct stats_history entries[STATS_HISTORY_MAX];
	uint32_t next, count;
};

/* Add what happened in an interval. `close`: the entry ends with it however short it is. */
void history_add(struct history *history, const struct stats_history *interval, bool close);

/* All closed entries, oldest first. */
void history_copy(const struct history *history, struct snapshot *snapshot);

#endif
