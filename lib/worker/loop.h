/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WORKER_LOOP_H
#define WEIR_WORKER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/clock.h>
#include <weir/flow.h>
#include <weir/handover.h>
#include <weir/packet.h>
#include <weir/timeline.h>
#include <weir/worker.h>

#include "tally.h"

/*
 * The inside of the hot loop, for the files of this folder:
 *
 *	worker.c	the round: queues, stages, counters, what is done while none come, the end
 *	times.h		when a frame was there: the loop's clock, or a stamp of its own
 *	verdicts.h	a burst of frames -> packets for the flow table, and a tally of them
 *	tally.h		what a burst adds to the counters
 *	draw.h		which frames are analysed at all, if not all are
 *	mbufs.h		how frames go back
 *	hand_over.c	frames that other threads want, until they are counted
 *	stretches.*	what bursts of captures add to their timeline
 *	rest.c		naps
 *
 * What each frame comes by is inline, so as to cost no call.
 */

/* Frames of a burst that others want, until it is known which records they are counted in. */
struct held {
	struct handover_frame frames[FLOW_BURST];
	uint32_t count;
};

/* What the loop keeps to itself. */
struct loop {
	struct worker *worker;
	struct worker_queue queues[WORKER_QUEUES_MAX]; /* as they are polled */
	uint32_t polled;                               /* which of them, a bit each */
	uint32_t away;                                 /* worker->away, as it goes by it */
	struct cycle_clock line;
	uint64_t cycles;           /* the one reading of this round */
	uint64_t clock;            /* never goes back; what timeouts run by */
	int64_t shift;             /* clock + shift is the date */
	bool capture_time;         /* only packets move the clock, and it is their date: captures */
	bool may_replay;           /* a driver's stamps may be those of a capture */
	bool behind;               /* the sweep of expiry is behind the clock */
	struct handover *handover; /* the worker's */
	uint32_t receivers;        /* of frames, in this round */
	bool handing;              /* there are some, or frames for them */
	unsigned int unsettled;    /* bursts until none is left that was matched for others */
	unsigned int empty_polls;  /* in a row */
	uint64_t idle_since;       /* cycles: the first of these */
	unsigned int unpublished;  /* bursts that the shared counters don't have yet */
	uint64_t number;           /* frames that were drawn from */
	uint64_t called, arrived;  /* meetings of `rendezvous`, as last seen; come to */
	uint64_t stamped;          /* flags of mbufs that bring a time of their own */
	uint64_t notes;            /* ... or anything else beside their bytes that is common */
	uint64_t odd;              /* ... and of those that are not for the short way */
	/* Bursts in the flow table's stages: counted when the table has counted them. */
	struct tally tallies[TALLY_DELAY];
	struct held held[TALLY_DELAY];
	unsigned int tally;        /* the oldest, of both */
	struct timeline *timeline; /* of a capture, or NULL */
	uint64_t stretch_until;    /* of the frames parsed last: the last ns of its stretch */
	uint64_t counted,
		counted_until; /* of what is counted: a time in its stretch, its last ns */
	struct timeline_sums in_timeline;    /* all of the stretches before */
	struct worker_counters counters;     /* the worker's own; the shared copy follows it */
	uint8_t headers[PACKET_HEADERS_MAX]; /* of a frame whose headers lie in several segments */
};

/*
 * Frames that other threads want: those of a burst that has just been parsed, and for which there
 * are receivers; those of the burst held the longest, which has just been counted; and who wants
 * some may have changed, or some have come back, also while the worker waits for the stats core.
 */
void loop_hold(struct loop *loop, uint16_t queue, struct rte_mbuf *const *mbufs, uint16_t count);
void loop_hand_over(struct loop *loop, const struct flow_burst *counted);
void loop_attend(struct loop *loop);
void loop_attend_waiting(struct loop *loop);

/*
 * Captures: what was counted since the last of these calls is of the stretch that that began. What
 * is counted from now on is of that at `time`; or nothing more is.
 */
void loop_begin_stretch(struct loop *loop, uint64_t time);
void loop_end_stretch(struct loop *loop);

#endif
