/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PLAN_H
#define WEIR_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/error.h>
#include <weir/limits.h>

/*
 * Which worker polls which queues, on which lcore. All that it depends on is passed in: nothing in
 * here asks DPDK or the kernel. Any thread.
 */

#define PLAN_PLACES_MAX WORKERS_MAX /* each may be a worker of its own */

struct plan_queue {
	uint16_t port, queue;
};

struct plan_worker {
	unsigned int lcore;
	int node; /* of the lcore */
	struct plan_queue queues[WORKER_QUEUES_MAX];
	uint16_t queue_count; /* at least 1 */
};

struct plan {
	struct plan_worker workers[WORKERS_MAX];
	uint16_t worker_count;
};

/* A lcore that a worker can have, which the main one is not. */
struct plan_lcore {
	unsigned int id;
	int node; /* NUMA */
};

struct plan_port {
	uint16_t id, queues;
	int node; /* -1: unknown, or no matter */
};

/* What there is to place. */
struct plan_offer {
	const struct plan_lcore *lcores; /* in the order in which workers take them */
	unsigned int lcore_count;
	const struct plan_port *ports;
	uint32_t port_count;
	bool port_is_queue; /* the ports are the queues of one interface, one each */
};

/* One (port,queue,lcore) that somebody asks for. */
struct plan_place {
	uint16_t port, queue;
	unsigned int lcore;
};

/*
 * How many workers `lcores` lcores allow, `asked` of them or (0) as many as there can be. Negative:
 * -EINVAL, the line says how to get more lcores.
 */
int plan_workers(uint16_t asked, unsigned int lcores, struct error *error);

/*
 * Queue i of every port goes to worker i: with symmetric RSS both directions of a flow then meet
 * one worker, also when each arrives on a port of its own, as from a tap. Queues beyond the number
 * of `workers` begin anew with the first. Where there are more workers than any port has queues,
 * and of ports that are a queue each, all queues are dealt out one by one instead. There are no
 * more workers than have a queue. A worker takes the first free lcore on the node of its first
 * port, else the first free one. -E2BIG: a worker would have too many queues; -EINVAL: too few
 * lcores.
 */
int plan_in_turn(const struct plan_offer *offer, uint16_t workers, struct plan *plan,
		 struct error *error);

/*
 * Each queue to the lcore that its place names; of `offer` the lcores alone matter. The queues of a
 * port are numbered from 0 and placed once each, at most PLAN_PLACES_MAX in all. -EINVAL: they are
 * not, or a lcore is not offered; -E2BIG as above.
 */
int plan_by_hand(const struct plan_offer *offer, const struct plan_place *places,
		 unsigned int count, struct plan *plan, struct error *error);

/* How many queues of `port` are planned for. */
uint16_t plan_queues_of(const struct plan *plan, uint16_t port);

/* Are the queues of one number, of whatever port, polled by one worker each? */
bool plan_pairs_queues(const struct plan *plan);

/* Does the worker poll `port` across the nodes of the machine, which is slower? */
bool plan_is_far(const struct plan_worker *worker, const struct plan_port *port);

/* A finding for each worker to which that happens; `name` is the port's. */
void plan_tell_distance(const struct plan *plan, const struct plan_port *port, const char *name);

#endif
