/* SPDX-License-Identifier: BSD-3-Clause */
#include "reader_port.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_bus_vdev.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_pause.h>

#define DEVICE "weir_reader" /* the ethdev is then net_ring_weir_reader */
_Static_assert(READER_QUEUES_MAX <= RTE_PMD_RING_MAX_RX_RINGS,
	       "a queue is a ring of the ring port");
/*
 * Rings deep enough for a worker that has to wait a few ms for its CPU: with fewer workers
 * each has more. Where none has to wait there are fewer mbufs than rings could hold.
 */
#define RINGS_ENTRIES    32768u
#define RING_ENTRIES_MIN 2048u
#define RING_ENTRIES_MAX 16384u
/*
 * Mbufs beside those in rings: a queue's in the worker's pipeline and cache, once the reader's
 * batch, and the chains of a frame of 262,144 bytes and of those that wait for their clock. So the
 * reader never waits for itself.
 */
#define MBUFS_PER_QUEUE 512
#define MBUFS_OF_FRAME  (262144 / RTE_MBUF_DEFAULT_DATAROOM + 1)
#define MBUFS_MORE      (READER_PORT_BATCH + (1 + READER_CLOCK_WAITING) * MBUFS_OF_FRAME + 1024)

/* ---- waiting for the workers ---- */

static void wait_a_moment(unsigned int *tries)
{
	const struct timespec moment = {.tv_nsec = 20000};

	if ((*tries)++ < 256)
		rte_pause();
	else
		nanosleep(&moment, NULL); /* the worker may need this CPU */
}

void reader_port_stop(struct reader_port *port)
{
	__atomic_store_n(&port->stop, true, __ATOMIC_RELAXED);
}

bool reader_port_allocate(struct reader_port *port, struct rte_mbuf **mbufs, unsigned int count)
{
	unsigned int tries = 0;

	while (rte_mempool_get_bulk(port->pool.mempool, (void **)mbufs, count) != 0) {
		if (reader_pool_grow(&port->pool))
			continue;
		if (!port->waits || reader_port_stopped(port))
			return false;
		wait_a_moment(&tries);
	}
	return true;
}

/* `count` mbufs of so many octets in all. What finds no room before a stop is freed. */
static void hand_over_queue(struct reader_port *port, uint16_t q, unsigned int count,
			    uint64_t octets)
{
	struct rte_mbuf **mbufs = port->staged[q];
	unsigned int done = 0, tries = 0;

	while (done < count) {
		unsigned int n = rte_ring_enqueue_burst(port->rings[q], (void **)&mbufs[done],
							count - done, NULL);

		done += n;
		if (n > 0)
			tries = 0;
		else if (reader_port_stopped(port))
			break;
		else
			wait_a_moment(&tries);
	}
	port->frames += done;
	port->octets += octets;
	for (unsigned int i = done; i < count; i++) {
		port->octets -= mbufs[i]->pkt_len;
		rte_pktmbuf_free(mbufs[i]);
	}
	port->staged_count[q] -= count;
	port->staged_octets[q] -= octets;
}

void reader_port_hand_over(struct reader_port *port)
{
	for (uint16_t q = 0; q < port->queues; q++)
		if (port->staged_count[q] > 0)
			hand_over_queue(port, q, port->staged_count[q], port->staged_octets[q]);
}

void reader_port_hand_over_some(struct reader_port *port, uint16_t q, unsigned int count)
{
	struct rte_mbuf **mbufs = port->staged[q];
	uint64_t octets = 0;

	for (unsigned int i = 0; i < count; i++)
		octets += mbufs[i]->pkt_len;
	hand_over_queue(port, q, count, octets);
	memmove(mbufs, mbufs + count, port->staged_count[q] * sizeof(mbufs[0]));
}

void reader_port_drop(struct reader_port *port)
{
	for (uint16_t q = 0; q < port->queues; q++) {
		rte_pktmbuf_free_bulk(port->staged[q], port->staged_count[q]);
		port->staged_count[q] = 0;
		port->staged_octets[q] = 0;
	}
}

/* ---- making it ---- */

static int make_rings(struct reader_port *port, unsigned int entries)
{
	char name[RTE_RING_NAMESIZE];

	for (uint16_t q = 0; q < port->queues; q++) {
		snprintf(name, sizeof(name), DEVICE "_%u", q);
		port->rings[q] = rte_ring_create(name, entries, SOCKET_ID_ANY,
						 RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (port->rings[q] == NULL)
			return -rte_errno;
	}
	return 0;
}

int reader_port_make(struct reader_port *port, uint16_t queues, struct error *error)
{
	unsigned int entries;
	int result, id;

	if (queues == 0 || queues > READER_QUEUES_MAX)
		return error_set(error, EINVAL,
				 "capture reader: %u queues wanted, 1 to %u are "
				 "possible",
				 queues, READER_QUEUES_MAX);
	port->queues = queues;
	entries = rte_align32prevpow2(RINGS_ENTRIES / queues);
	entries = RTE_MIN(RTE_MAX(entries, RING_ENTRIES_MIN), RING_ENTRIES_MAX);
	result = reader_pool_make(&port->pool, DEVICE,
				  queues * (entries + MBUFS_PER_QUEUE) + MBUFS_MORE);
	if (result == 0)
		result = make_rings(port, entries);
	if (result != 0)
		return error_set(error, -result,
				 "capture reader: no memory for %u queues: %s; use fewer workers",
				 queues, rte_strerror(-result));
	/* weir sends nothing, but rte_pdump wants a TX queue: any ring will do. */
	id = rte_eth_from_rings(DEVICE, port->rings, queues, port->rings, 1,
				(unsigned int)SOCKET_ID_ANY);
	if (id < 0)
		return error_set(error, rte_errno, "capture reader: no ring port: %s",
				 rte_strerror(rte_errno));
	port->id = (uint16_t)id;
	return 0;
}

static void free_ring(struct rte_ring *ring)
{
	void *mbuf;

	while (ring != NULL && rte_ring_dequeue(ring, &mbuf) == 0)
		rte_pktmbuf_free(mbuf);
	rte_ring_free(ring);
}

void reader_port_free(struct reader_port *port)
{
	if (port->pool.mempool != NULL)
		(void)rte_vdev_uninit("net_ring_" DEVICE);
	for (uint16_t q = 0; q < port->queues; q++)
		free_ring(port->rings[q]);
	reader_pool_free(&port->pool);
}
