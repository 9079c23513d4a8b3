/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_RING_RIG_H
#define WEIR_RING_RIG_H

#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <weir/worker.h>

/* A ring port with one queue, a worker on it, and a pool of small buffers to make frames from. */
struct ring_rig {
	struct rte_ring *ring;
	struct rte_mempool *pool; /* data room of 2048 bytes */
	struct worker worker;
	bool stop;
	uint64_t inactive_timeout; /* ns, to be set before the start; 0: 30 s */
};

void ring_rig_start(struct ring_rig *rig);
/* ... whose port replays a capture. */
void ring_rig_replay(struct ring_rig *rig);
void ring_rig_stop(struct ring_rig *rig);

/*
 * A frame in a chain of segments of `segment` bytes each (0: one segment); it is put into the
 * ring. Returns its first mbuf, so that flags and fields can be set before the worker runs.
 */
struct rte_mbuf *ring_rig_add(struct ring_rig *rig, const uint8_t *frame, uint32_t length,
			      uint32_t segment);

/* Run the worker until the ring is empty and all flows have ended. */
void ring_rig_run(struct ring_rig *rig, struct worker_counters *counters);

/* The next ended record; false: there is none. */
bool ring_rig_flow(struct ring_rig *rig, struct flow_view *view);

/* Fail unless every frame received has exactly one verdict. */
void assert_balanced(const struct worker_counters *counters);

#endif
