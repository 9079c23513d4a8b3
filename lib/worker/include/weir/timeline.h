/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TIMELINE_H
#define WEIR_TIMELINE_H

#include <stdint.h>

/*
 * What came in each stretch of time, over any length of it, in bounded memory: only stretches in
 * which something came are kept, and when there are too many of them all become wider. Widths are
 * steps from 1 ms to 10000 days each of which divides the next, and stretches begin at multiples of
 * theirs: so sums stay exact, and what is kept depends on what came alone, not on who counted which
 * part of it. One thread at a time. Needs no DPDK.
 */

/* Enough for 36 hours of seconds; of parts of a second fewer: who asks for those reads little. */
#define TIMELINE_ENTRIES      131072u
#define TIMELINE_ENTRIES_FINE 4096u
/* All time is as many of the widest. */
#define TIMELINE_WIDEST 22u

struct timeline_sums {
	uint64_t packets, frame_octets, ip_octets; /* as in struct worker_counters */
	uint64_t flows;                            /* made */
};

struct timeline_entry {
	uint64_t begin;
	struct timeline_sums sums; /* not all 0 */
};

struct timeline {
	uint32_t step;  /* its width is one of these; private */
	uint32_t count; /* entries, the oldest first */
	uint64_t until; /* the last ns of the newest */
	struct timeline_entry entries[TIMELINE_ENTRIES];
};

/* Empty; memory is taken as entries come. NULL: none, which may be destroyed, too. */
struct timeline *timeline_create(void);
void timeline_destroy(struct timeline *timeline);
void timeline_clear(struct timeline *timeline);

/* ns: of each entry, now. */
uint64_t timeline_width(const struct timeline *timeline);

/* The last ns of the stretch that `time` is in. */
uint64_t timeline_until(const struct timeline *timeline, uint64_t time);

/* What came at `time`, which is in the newest entry or later. */
void timeline_add(struct timeline *timeline, uint64_t time, const struct timeline_sums *sums);

/* Add up what `count` others counted. */
void timeline_merge(struct timeline *timeline, const struct timeline *const *others,
		    uint32_t count);

/*
 * Make entries wider: at least so many ns; or until no more than so many lines (TIMELINE_WIDEST at
 * least) are needed to show them, each gap between two being a line, too.
 */
void timeline_widen(struct timeline *timeline, uint64_t width);
void timeline_limit(struct timeline *timeline, uint32_t lines);

#endif
