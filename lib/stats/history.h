/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_HISTORY_H
#define WEIR_STATS_HISTORY_H

#include <weir/snapshot.h>

/*
 * Throughput over the last hour: a ring of entries of a second or more, and what of it windows
 * cover. Entries are timed by the clock. Stats thread only.
 */

struct history {
	struct stats_history open; /* intervals on their way to a second */
	struct stats_history entries[STATS_HISTORY_MAX];
	uint32_t next, count;
};

/*
 * Add what happened in an interval. `close`: the entry ends with it however short it is. True: an
 * entry ended with it; what the top lists hold as a slice ends with it, too.
 */
bool history_add(struct history *history, const struct stats_history *interval, bool close);

/* All closed entries, oldest first, dated: clock + shift. */
void history_copy(const struct history *history, int64_t shift, struct snapshot *snapshot);

/* What a window of `length` ns covers: the newest entry and as many older ones as come nearest. */
struct snapshot_window history_window(const struct history *history, uint64_t length);

/* Of a million frames. */
uint32_t history_share_ppm(uint64_t lost, uint64_t received);

#endif
