/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_LEDGER_H
#define WEIR_STATS_LEDGER_H

#include <weir/stats.h>

#include "history.h"
#include "loss.h"

/*
 * Everything of a snapshot that comes from counters: the ledger, sizes, throughput, flows,
 * workers and ports. What is about an interval comes from the differences to the counters at
 * its beginning. Stats thread only.
 */

/* The counters at the end of the last interval. */
struct ledger_mark {
	uint64_t packets, frame_octets, ip_octets, flows, missed, received, lost;
};

/* What a worker had published then: it stands while the next is not to be had. */
struct ledger_worker {
	struct worker_counters counters;
	struct flow_overflow_sums overflow;
};

struct ledger {
	struct ledger_mark mark;
	struct ledger_worker workers[WORKERS_MAX];
	uint64_t capture_span, capture_missed; /* struct stats_capture_end; 0: not known */
	struct history history;
	struct loss loss;
};

/* The instant of a snapshot. */
struct ledger_time {
	uint64_t started; /* by the clock */
	struct clock_reading now;
	uint64_t elapsed; /* since the last interval ended; 0: no rates */
	bool final;
};

/*
 * Read all counters and fill the snapshot; the next interval begins. True: an entry of the history
 * ended with this one.
 */
bool ledger_fill(struct ledger *ledger, const struct stats_settings *settings,
		 const struct ledger_time *time, struct snapshot *snapshot);

/* What follows from prefilter and workers together; see struct snapshot_prefilter. */
void ledger_derive_prefilter(struct snapshot *snapshot);

#endif
