/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/plan.h>

#include <errno.h>
#include <stddef.h>

#include <weir/finding.h>
#include <weir/port_counters.h>

/* ---- lcores ---- */

int plan_workers(uint16_t asked, unsigned int lcores, struct error *error)
{
	if (lcores == 0)
		return error_set(error, EINVAL,
				 "lcores: only the main one, and workers need others; give the EAL "
				 "two or more, as in -l 0-1");
	if (asked > lcores)
		return error_set(error, EINVAL,
				 "--workers %u: the EAL has %u worker lcores; give it more with -l",
				 asked, lcores);
	if (asked > 0)
		return asked;
	return lcores < WORKERS_MAX ? (int)lcores : WORKERS_MAX;
}

/* The worker on `lcore`, or NULL. */
static struct plan_worker *worker_on(struct plan *plan, unsigned int lcore)
{
	for (uint16_t w = 0; w < plan->worker_count; w++)
		if (plan->workers[w].queue_count > 0 && plan->workers[w].lcore == lcore)
			return &plan->workers[w];
	return NULL;
}

/* The first free lcore on `node`, else the first free one; NULL: all are taken. */
static const struct plan_lcore *free_lcore(const struct plan_offer *offer, struct plan *plan,
					   int node)
{
	const struct plan_lcore *first = NULL;

	for (unsigned int i = 0; i < offer->lcore_count; i++) {
		const struct plan_lcore *lcore = &offer->lcores[i];

		if (worker_on(plan, lcore->id) != NULL)
			continue;
		if (lcore->node == node)
			return lcore;
		if (first == NULL)
			first = lcore;
	}
	return first;
}

/* ---- in turn ---- */

static int add_queue(struct plan_worker *worker, uint16_t port, uint16_t queue, struct error *error)
{
	if (worker->queue_count == WORKER_QUEUES_MAX)
		return error_set(error, E2BIG,
				 "worker on lcore %u: more than %d queues; use more workers",
				 worker->lcore, WORKER_QUEUES_MAX);
	worker->queues[worker->queue_count++] = (struct plan_queue){port, queue};
	return 0;
}

static uint32_t most_queues(const struct plan_offer *offer)
{
	uint32_t most = 0;

	for (uint32_t p = 0; p < offer->port_count; p++)
		if (offer->ports[p].queues > most)
			most = offer->ports[p].queues;
	return most;
}

static uint32_t all_queues(const struct plan_offer *offer)
{
	uint32_t all = 0;

	for (uint32_t p = 0; p < offer->port_count; p++)
		all += offer->ports[p].queues;
	return all;
}

/* The first queue of a worker comes with its lcore. */
static int deal(const struct plan_offer *offer, struct plan *plan, struct plan_worker *worker,
		const struct plan_port *port, uint16_t queue, struct error *error)
{
	if (worker->queue_count == 0) {
		const struct plan_lcore *lcore = free_lcore(offer, plan, port->node);

		if (lcore == NULL)
			return error_set(error, EINVAL,
					 "lcores: %u are too few for %u workers; give the EAL more "
					 "with -l",
					 offer->lcore_count, plan->worker_count);
		worker->lcore = lcore->id;
		worker->node = lcore->node;
	}
	return add_queue(worker, port->id, queue, error);
}

int plan_in_turn(const struct plan_offer *offer, uint16_t workers, struct plan *plan,
		 struct error *error)
{
	const bool one_by_one = offer->port_is_queue || workers > most_queues(offer);
	/* Then worker 0 has a queue again. */
	const uint32_t turns = one_by_one ? all_queues(offer) : most_queues(offer);
	uint32_t dealt = 0;
	int result = 0;

	*plan = (struct plan){.worker_count = turns < workers ? (uint16_t)turns : workers};
	for (uint32_t p = 0; p < offer->port_count; p++) {
		const struct plan_port *port = &offer->ports[p];

		for (uint16_t q = 0; q < port->queues && result == 0; q++) {
			uint32_t turn = one_by_one ? dealt++ : q;
			struct plan_worker *worker = &plan->workers[turn % plan->worker_count];

			result = deal(offer, plan, worker, port, q, error);
		}
	}
	return result;
}

/* ---- by hand ---- */

/* Of the port of each place the queues are 0..n, placed once each. */
static int check_queues(const struct plan_place *places, unsigned int count, uint16_t port,
			struct error *error)
{
	uint64_t seen = 0;

	_Static_assert(PORT_QUEUES_MAX <= 64, "a bit of `seen` for each");
	for (unsigned int i = 0; i < count; i++) {
		const struct plan_place *place = &places[i];

		if (place->port != port)
			continue;
		if (place->queue >= PORT_QUEUES_MAX || (seen >> place->queue & 1) != 0)
			return error_set(error, EINVAL,
					 "--config (%u,%u,...): queue given twice or above %d; "
					 "give each once",
					 port, place->queue, PORT_QUEUES_MAX - 1);
		seen |= UINT64_C(1) << place->queue;
	}
	if ((seen & (seen + 1)) != 0)
		return error_set(error, EINVAL,
				 "--config: port %u has a gap in its queues; number them from 0",
				 port);
	return 0;
}

/* The worker on that lcore, perhaps a new one; NULL: it is not offered. */
static struct plan_worker *take_lcore(const struct plan_offer *offer, struct plan *plan,
				      unsigned int id)
{
	struct plan_worker *worker = worker_on(plan, id);

	for (unsigned int i = 0; worker == NULL && i < offer->lcore_count; i++) {
		if (offer->lcores[i].id != id)
			continue;
		worker = &plan->workers[plan->worker_count++];
		worker->lcore = id;
		worker->node = offer->lcores[i].node;
	}
	return worker;
}

int plan_by_hand(const struct plan_offer *offer, const struct plan_place *places,
		 unsigned int count, struct plan *plan, struct error *error)
{
	int result = 0;

	*plan = (struct plan){0};
	for (unsigned int i = 0; i < count && result == 0; i++)
		result = check_queues(places, count, places[i].port, error);
	for (unsigned int i = 0; i < count && result == 0; i++) {
		const struct plan_place *place = &places[i];
		struct plan_worker *worker = take_lcore(offer, plan, place->lcore);

		if (worker == NULL)
			return error_set(error, EINVAL,
					 "--config: lcore %u is not a worker of the EAL; see -l "
					 "and --main-lcore",
					 place->lcore);
		result = add_queue(worker, place->port, place->queue, error);
	}
	return result;
}

/* ---- what it says ---- */

uint16_t plan_queues_of(const struct plan *plan, uint16_t port)
{
	uint16_t count = 0;

	for (uint16_t w = 0; w < plan->worker_count; w++)
		for (uint16_t q = 0; q < plan->workers[w].queue_count; q++)
			count += plan->workers[w].queues[q].port == port;
	return count;
}

bool plan_pairs_queues(const struct plan *plan)
{
	uint16_t owner[PORT_QUEUES_MAX] = {0}; /* of queues of this number: a worker's place, + 1 */

	for (uint16_t w = 0; w < plan->worker_count; w++)
		for (uint16_t q = 0; q < plan->workers[w].queue_count; q++) {
			uint16_t *of = &owner[plan->workers[w].queues[q].queue];

			if (*of != 0 && *of != w + 1)
				return false;
			*of = w + 1;
		}
	return true;
}

bool plan_is_far(const struct plan_worker *worker, const struct plan_port *port)
{
	if (port->node < 0 || port->node == worker->node)
		return false;
	for (uint16_t q = 0; q < worker->queue_count; q++)
		if (worker->queues[q].port == port->id)
			return true;
	return false;
}

/* It reads every frame across the interconnect. */
void plan_tell_distance(const struct plan *plan, const struct plan_port *port, const char *name)
{
	for (uint16_t w = 0; w < plan->worker_count; w++) {
		const struct plan_worker *worker = &plan->workers[w];

		if (plan_is_far(worker, port))
			finding_warn(FINDING_NUMA,
				     "port %s is on NUMA node %d, its worker on lcore %u on node "
				     "%d: slower; choose lcores of node %d: lscpu -e=CPU,NODE",
				     name, port->node, worker->lcore, worker->node, port->node);
	}
}
