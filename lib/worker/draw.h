/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WORKER_DRAW_H
#define WEIR_WORKER_DRAW_H

#include "loop.h"
#include "mbufs.h"

/*
 * Those of a burst that are not drawn are counted and go back at once; the others close up. Returns
 * how many these are. Frames of a capture bring their numbers in it, so that the sample is the same
 * whatever the number of workers; others count from 0 in each worker.
 */
static __attribute__((noinline)) uint16_t draw(struct loop *loop, struct rte_mbuf **mbufs,
					       uint16_t count)
{
	const struct worker *worker = loop->worker;
	const bool numbered = worker->at_end != NULL;
	const uint64_t stream = numbered ? 0 : worker->shared.index + 1;
	struct rte_mbuf *left[FLOW_BURST];
	uint16_t drawn = 0, others = 0;

	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = mbufs[i];
		const uint64_t number = numbered ? mbuf->hash.usr : loop->number++;
		const bool takes = sample_takes(&worker->sample, number, stream);

		/* No branch: nobody can tell which way it would go. */
		mbufs[drawn] = left[others] = mbuf;
		drawn += takes;
		others += !takes;
	}
	loop->counters.received += others;
	loop->counters.reasons[PACKET_SAMPLED_OUT] += others;
	give_back(left, others);
	return drawn;
}

#endif
