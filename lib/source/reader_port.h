/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SOURCE_READER_PORT_H
#define WEIR_SOURCE_READER_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <weir/error.h>
#include <weir/reader.h>

#include "reader_pool.h"

/*
 * The ring port of the capture reader, as the one sees it who fills it: a pool of mbufs, a ring for
 * each queue, and frames that are staged on the way to their ring. The reader's thread, if nothing
 * else is said.
 */

#define READER_PORT_BATCH 64 /* mbufs: the most that may be staged between two hand-overs, */
#define READER_PORT_STAGED                                                                         \
	(READER_PORT_BATCH + READER_CLOCK_WAITING) /* beside those held before                     \
						    */

struct reader_port {
	uint16_t id, queues; /* the ethdev; 0 queues: not made */
	struct reader_pool pool;
	struct rte_ring *rings[READER_QUEUES_MAX];
	bool waits; /* for mbufs: a thread of its own reads, not the worker. Set before it starts */
	bool stop;  /* atomic: reader_port_stop() writes, the thread reads */
	struct rte_mbuf *staged[READER_QUEUES_MAX][READER_PORT_STAGED];
	unsigned int staged_count[READER_QUEUES_MAX];
	uint64_t staged_octets[READER_QUEUES_MAX];
	uint64_t frames, octets; /* handed over */
};

/* Pool, rings and ethdev. Main thread, after rte_eal_init(). 0 or negative errno with the line. */
int reader_port_make(struct reader_port *port, uint16_t queues, struct error *error);

/* The ethdev is closed already. Frees what is in the rings, too. Main thread. */
void reader_port_free(struct reader_port *port);

/* Nothing waits any more: what finds no room is freed. Any thread. */
void reader_port_stop(struct reader_port *port);

static inline bool reader_port_stopped(const struct reader_port *port)
{
	return __atomic_load_n(&port->stop, __ATOMIC_RELAXED);
}

/*
 * `count` mbufs as they are: rte_pktmbuf_reset() is left to do. False: there are none now; if the
 * port waits it was stopped.
 */
bool reader_port_allocate(struct reader_port *port, struct rte_mbuf **mbufs, unsigned int count);

/* A frame is complete: on with it to its queue. */
static inline void reader_port_stage(struct reader_port *port, struct rte_mbuf *mbuf,
				     uint16_t queue)
{
	port->staged[queue][port->staged_count[queue]++] = mbuf;
	port->staged_octets[queue] += mbuf->pkt_len;
}

/* Put what is staged into the rings, waiting for room. */
void reader_port_hand_over(struct reader_port *port);

/* The same with the first `count` of what is staged for queue `q`; the rest stays staged. */
void reader_port_hand_over_some(struct reader_port *port, uint16_t q, unsigned int count);

/* Free what is staged: nobody is to see it. */
void reader_port_drop(struct reader_port *port);

#endif
