/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WORKER_MBUFS_H
#define WEIR_WORKER_MBUFS_H

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

/* How frames go back to their pools. */

/* References and segments of an mbuf, as they lie in memory beside each other: one of each. */
#define SINGLE UINT32_C(0x00010001)
_Static_assert(offsetof(struct rte_mbuf, nb_segs) == offsetof(struct rte_mbuf, refcnt) + 2,
	       "read at once");

/* One segment, nobody else's, and of this pool. Asks no flags: RTE_MBUF_DIRECT(). */
static inline bool is_single(const struct rte_mbuf *mbuf, const struct rte_mempool *pool)
{
	uint32_t both;

	memcpy(&both, RTE_PTR_ADD(mbuf, offsetof(struct rte_mbuf, refcnt)), sizeof(both));
	return both == SINGLE && mbuf->pool == pool;
}

/* Frames of a burst, whoever may hold some of them: what is single in one go. */
static __attribute__((noinline)) void give_back(struct rte_mbuf **mbufs, uint32_t count)
{
	struct rte_mempool *pool = count > 0 ? mbufs[0]->pool : NULL;
	struct rte_mbuf **whole = mbufs;

	for (uint32_t i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = mbufs[i];

		if (likely(is_single(mbuf, pool) && RTE_MBUF_DIRECT(mbuf)))
			*whole++ = mbuf;
		else
			rte_pktmbuf_free(mbuf);
	}
	if (whole > mbufs)
		rte_mempool_put_bulk(pool, (void **)mbufs, (unsigned int)(whole - mbufs));
}

#endif
