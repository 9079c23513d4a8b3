/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WORKER_STRETCHES_H
#define WEIR_WORKER_STRETCHES_H

#include <rte_mbuf_dyn.h>

#include "loop.h"

/*
 * The timeline of a capture: a burst goes through the stages as frames of one stretch of it, so
 * that all that the burst adds to any counter is of that stretch. Cutting bursts costs less than
 * asking each frame: there are some thousands of cuts, however many frames there are.
 */

/* The tally is about to be applied: is it of another stretch than those before? */
static inline void begin_stretch(struct loop *loop, const struct tally *tally)
{
	if (unlikely(tally->stretch > loop->counted_until))
		loop_begin_stretch(loop, tally->stretch);
}

static inline uint64_t clock_of(const struct loop *loop, const struct rte_mbuf *mbuf)
{
	return *RTE_MBUF_DYNFIELD(mbuf, loop->worker->fields.clock, const uint64_t *);
}

/*
 * The tally is that of these frames, which come in the order of their clocks, or of the first of
 * them: returns how many are of one stretch.
 */
static inline uint16_t cut_stretch(struct loop *loop, struct tally *tally,
				   struct rte_mbuf *const *mbufs, uint16_t count)
{
	uint16_t cut = 1;

	if (loop->timeline == NULL || count == 0)
		return count;
	tally->stretch = clock_of(loop, mbufs[0]);
	if (likely(clock_of(loop, mbufs[count - 1]) <= loop->stretch_until))
		return count;
	if (tally->stretch > loop->stretch_until)
		loop->stretch_until = timeline_until(loop->timeline, tally->stretch);
	while (cut < count && clock_of(loop, mbufs[cut]) <= loop->stretch_until)
		cut++;
	return cut;
}

#endif
