/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_HANDOVER_H
#define WEIR_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <weir/filter.h>

/*
 * Frames from a worker to a thread that has time for them (a capture, an inspection of payload): by
 * reference, those that match, and none that costs the worker its pace.
 *
 *	worker, once a round			the other thread
 *	handover_look()		one load	handover_arm(): a receiver and its filter
 *	handover_attend()	if so
 *	handover_match()	a burst		handover_take()
 *	handover_give()		some time later	handover_return(): each frame, in any order
 *	handover_settle()	none is left	handover_disarm(), until handover_settled()
 *	handover_leave()	at its end
 *
 * Both ways are rings of one producer and one consumer. The worker itself frees what comes
 * back: so mbufs go home through its lcore's cache, and it never waits for a lock of their pool
 * that a thread holds which has lost its CPU. Frames that are out are missing in their pools,
 * which have so many to spare (struct port); what matches beyond is lost, and counted.
 */

#define HANDOVER_RECEIVERS 8
#define HANDOVER_MASK      ((1u << HANDOVER_RECEIVERS) - 1)
#define HANDOVER_FRAMES    1024 /* out at a time, of one worker, at most */

/* A frame on its way. Nobody writes to the mbuf before it is returned. */
struct handover_frame {
	struct rte_mbuf *mbuf;
	uint64_t date;      /* ns since 1970 */
	uint32_t slot;      /* of its flow in the worker's table when it was given; FLOW_NO_SLOT: of
			     * none, or it went while the worker waited for the stats core */
	uint16_t receivers; /* a bit for each whose filter it matches */
	uint16_t port;      /* that it came from */
};

struct handover {
	/* Set by handover_create(): */
	struct rte_ring *frames, *returned; /* of struct handover_frame; of mbufs */
	uint32_t limit;                     /* frames out at a time */

	/* The other thread writes: */
	uint32_t want_slot; /* bits of receivers that want it, and ... */
	const struct filter *filters[HANDOVER_RECEIVERS]; /* NULL: all frames; before its bit ... */
	uint32_t armed; /* ... is set here: bits of receivers, and above how many changes there
			 * were, so that none goes unseen; atomic */

	/* The worker writes, any thread reads; atomic: */
	uint32_t seen __attribute__((aligned(64)));          /* `armed`, as it goes by it */
	bool left;                                           /* it polls no more */
	uint64_t lost[HANDOVER_RECEIVERS][RTE_MAX_ETHPORTS]; /* by the port they came from */
	/* The worker's own: */
	uint32_t current; /* `armed`, as it matches by now */
	uint32_t out;     /* frames handed over and not yet taken back */
	uint32_t quiet; /* `armed`, if that means that there is nothing to do; else another value */
};

/* Room for `limit` frames (1 to HANDOVER_FRAMES) out at a time. NULL: no memory. Main thread. */
struct handover *handover_create(uint32_t limit);

/* Frees the frames in it, too, so before their pools. Both threads have ended. */
void handover_destroy(struct handover *handover);

/* ---- the worker's ---- */

/*
 * Once a round: is there anything to do, because somebody wants frames or has some? Then
 * handover_attend() takes back what has been returned, and says for which receivers to match until
 * the next look; none, when there is not.
 */
static inline bool handover_look(const struct handover *handover)
{
	return __atomic_load_n(&handover->armed, __ATOMIC_ACQUIRE) != handover->quiet;
}
uint32_t handover_attend(struct handover *handover);

/* Frames that were matched before the last change have all been given, or there was none. */
void handover_settle(struct handover *handover);

/*
 * Those of `count` (at most 64) mbufs of `port` that match a filter of `receivers`, and of which so
 * many may be out: a reference to each, and all but its date, into `frames`, with its place among
 * the mbufs in place of the slot; returns how many. The
 * worker gives back its own references as ever, before or after handover_give(), which every one
 * follows.
 */
uint32_t handover_match(struct handover *handover, uint32_t receivers, uint16_t port,
			struct rte_mbuf *const *mbufs, uint16_t count,
			struct handover_frame *frames);
void handover_give(struct handover *handover, const struct handover_frame *frames, uint32_t count);

/* The worker polls no more. */
void handover_leave(struct handover *handover);

/* ---- the other thread's ---- */

/*
 * The worker shall match for `receiver` (0 to HANDOVER_RECEIVERS - 1), with `want_slot` also tell
 * in which record of its table a frame was counted; or no more. It does so when handover_settled(),
 * within 100 ms at most. Before that it may go on with the filter; and what handover_take() gives
 * then, until it gives nothing, may still be for the receiver.
 */
void handover_arm(struct handover *handover, unsigned int receiver, const struct filter *filter,
		  bool want_slot);
void handover_disarm(struct handover *handover, unsigned int receiver);
bool handover_settled(const struct handover *handover);

/* At most `count` frames; and back with them. */
uint32_t handover_take(struct handover *handover, struct handover_frame *frames, uint32_t count);
void handover_return(struct handover *handover, const struct handover_frame *frames,
		     uint32_t count);

/* Frames of the port that `receiver`s of this number should have had, and that were lost. */
uint64_t handover_lost(const struct handover *handover, unsigned int receiver, uint16_t port);

#endif
