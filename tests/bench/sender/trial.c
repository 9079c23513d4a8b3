/* SPDX-License-Identifier: BSD-3-Clause */
#include "sender.h"

#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_pause.h>

#define BURST 32

/*
 * The schedule is kept to, and a delay of this length made good; what a longer one took is gone.
 * Else a sender that did not get its core for a millisecond would follow up with a burst that
 * nobody asked for, and its loss would be taken for the receiver's.
 */
#define CATCH_UP_US 20

static int fill(struct rte_mbuf **mbufs, uint16_t count, struct frames *frames,
		struct rte_mempool *pool)
{
	if (rte_pktmbuf_alloc_bulk(pool, mbufs, count) != 0)
		return -1;
	for (uint16_t i = 0; i < count; i++) {
		const struct stored_frame *frame = frames_next(frames);

		memcpy(rte_pktmbuf_mtod(mbufs[i], void *), frame->bytes, frame->length);
		mbufs[i]->data_len = frame->length;
		mbufs[i]->pkt_len = frame->length;
	}
	return 0;
}

/* Returns how many the port took. */
static uint16_t put(uint16_t port, struct rte_mbuf **mbufs, uint16_t count, bool lossless)
{
	uint16_t sent = 0;

	do {
		sent += rte_eth_tx_burst(port, 0, mbufs + sent, count - sent);
	} while (sent < count && lossless);
	rte_pktmbuf_free_bulk(mbufs + sent, count - sent);
	return sent;
}

void trial_run(const struct trial *trial, struct frames *frames, uint16_t port,
	       struct rte_mempool *pool, struct trial_result *result)
{
	const uint64_t hz = rte_get_tsc_hz(), catch_up = hz / 1000000 * CATCH_UP_US;
	const uint64_t gap = trial->rate > 0 ? BURST * hz / trial->rate : 0;
	uint64_t start = rte_rdtsc(), due = start, now = start, late = 0;

	*result = (struct trial_result){0};
	while (result->offered < trial->frames) {
		struct rte_mbuf *mbufs[BURST];
		uint64_t left = trial->frames - result->offered;
		uint16_t count = (uint16_t)RTE_MIN(left, (uint64_t)BURST);

		now = rte_rdtsc();
		if (gap > 0 && now < due) {
			rte_pause();
			continue;
		}
		if (gap > 0 && now - due > catch_up) {
			late += now - due;
			due = now;
		}
		due += gap;
		if (fill(mbufs, count, frames, pool) != 0)
			continue; /* the driver gives buffers back as it goes */
		result->accepted += put(port, mbufs, count, trial->lossless);
		result->offered += count;
	}
	result->seconds = (double)(rte_rdtsc() - start) / (double)hz;
	result->late = (double)late / (double)hz;
}
