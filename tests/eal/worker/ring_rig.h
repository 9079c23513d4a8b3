/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_EAL_WORKER_RING_RIG_H
#define WEIR_TESTS_EAL_WORKER_RING_RIG_H

#include <pthread.h>
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
	pthread_t thread;
	/* To be set before the start: */
	uint64_t inactive_timeout; /* ns; 0: 30 s */
	uint32_t out_limit;        /* of frames handed over; 0: as many as there can be */
	uint32_t ended_capacity;   /* of the ring of ended records; 0: 8192 */
};

void ring_rig_start(struct ring_rig *rig);
/* ... whose port is one that replays captures. */
void ring_rig_replay(struct ring_rig *rig);
void ring_rig_stop(struct ring_rig *rig);

/*
 * A frame in a chain of segments of `segment` bytes each (0: one segment); it is put into the
 * ring. Returns its first mbuf, so that flags and fields can be set before the worker runs.
 */
struct rte_mbuf *ring_rig_add(struct ring_rig *rig, const uint8_t *frame, uint32_t length,
			      uint32_t segment);

/* The same in one segment, with a time as a NIC or a replaying driver gives it. */
struct rte_mbuf *ring_rig_add_timed(struct ring_rig *rig, const uint8_t *frame, uint32_t length,
				    uint64_t time);

/* Run the worker in a thread of its own; let it take what is there, and leave. */
void ring_rig_launch(struct ring_rig *rig);
void ring_rig_join(struct ring_rig *rig);

/* Run the worker until the ring is empty and all flows have ended. */
void ring_rig_run(struct ring_rig *rig, struct worker_counters *counters);

/* The next ended record; false: there is none. */
bool ring_rig_flow(struct ring_rig *rig, struct flow_view *view);

/* Fail unless every frame received has exactly one verdict. */
void assert_balanced(const struct worker_counters *counters);

#endif
