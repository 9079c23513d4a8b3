/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WORKER_H
#define WEIR_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/filter.h>
#include <weir/handover.h>
#include <weir/limits.h>
#include <weir/port.h>
#include <weir/sample.h>
#include <weir/worker_shared.h>

/*
 * The hot loop: one lcore, its RX queues, its flow table. Nothing in it allocates, blocks, logs
 * or enters the kernel, unless `rest` lets it sleep while no packets come.
 */

struct worker_queue {
	uint16_t port, queue;
};

/* What a worker does while no frames come; all 0: it polls, its core is dedicated. */
struct worker_rest {
	uint64_t longest; /* ns: it naps, ever longer, up to this (a fraction of a second) */
	/* In place of long naps it sleeps in poll(2) until frames come on one of these: the
	 * sockets of all of its queues, or none. The driver owns them. */
	int sockets[WORKER_QUEUES_MAX];
	uint16_t socket_count;
};

struct rendezvous;

struct worker {
	struct worker_shared shared;
	/* Set before it starts: */
	struct worker_queue queues[WORKER_QUEUES_MAX];
	uint16_t queue_count;
	unsigned int lcore;
	struct sample sample;        /* before everything else */
	const struct filter *filter; /* NULL: all frames */
	struct handover *handover;   /* of frames for others, before the filter */
	struct port_fields fields;
	bool vlan_key;
	bool trust_time; /* net_pcap: unless the first time is of now, times are those of a capture,
			  * and the clock */
	struct worker_rest rest;
	bool handed_frames; /* another core has filled the mbufs (net_ring): they are not in the
			       cache */
	bool lossless; /* wait for the stats core instead of letting flows overflow (captures) */
	/* How it ends: the loop leaves when *stop is set, or `at_end(context)`, which it asks
	 * before each look at its queues, is true and they are empty; then ends all flows at the
	 * clock `final_clock(context)`. */
	const bool *stop; /* atomic; set by the main thread */
	bool (*at_end)(void *context);
	uint64_t (*final_clock)(const void *context); /* NULL: the worker's */
	void *context;
	struct rendezvous *rendezvous; /* captures: where it meets reader and stats core; or NULL */
	/* While it runs: which of its queues it leaves alone, a bit each; atomic. */
	uint32_t away;      /* it shall; the main thread writes */
	uint32_t away_seen; /* it does, between two rounds; the worker writes */
	/* Of a queue whose device came back as another port of ethdev: its id, + 1. The main thread
	 * writes while the queue is away. */
	uint16_t moved[WORKER_QUEUES_MAX];
};

/* For rte_eal_remote_launch(): `argument` is the struct worker. Returns 0. */
int worker_main(void *argument);

/*
 * The same, before it: take all memory that the worker will ever touch, on the node of its lcore.
 */
int worker_prefault(void *argument);

/*
 * A device goes, and may come back: have none of `count` running workers poll `port`; and have
 * those poll it again that did, though it is port `id` of ethdev by now. A worker follows between
 * two rounds, or after a rest. True: none looks at the port any more; false: one has not answered
 * within 200 ms; ask again. Main thread.
 */
bool workers_let_go(struct worker *workers, unsigned int count, uint16_t port);
void workers_take_up(struct worker *workers, unsigned int count, uint16_t port, uint16_t id);

/* Register rte_lcore usage reporting (where this DPDK has it) for `count` workers. */
void worker_register_lcore_usage(struct worker *workers, unsigned int count);

#endif
