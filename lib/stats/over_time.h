/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_OVER_TIME_H
#define WEIR_STATS_OVER_TIME_H

#include <weir/stats.h>
#include <weir/timeline.h>

/*
 * Throughput over the time of a capture, of the timelines of its workers: a few stretches for
 * people, and what of the seconds it has can be said in one number. Stats thread only.
 */
struct over_time {
	struct timeline *all, *stretches; /* NULL: there is none */
	uint64_t *values;                 /* of one rate, to be sorted */
};

/* Take memory. 0 or -ENOMEM (release then, too). Zeroed before. */
int over_time_init(struct over_time *over_time);
void over_time_release(struct over_time *over_time);

/* The workers are done. */
void over_time_fill(struct over_time *over_time, const struct stats_settings *settings,
		    struct stats_over_time *shown);

#endif
