/* SPDX-License-Identifier: BSD-3-Clause */
#include "source.h"

#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_lcore.h>

#include <weir/log.h>

int source_prepare(struct source *source, const struct options *options, struct error *error)
{
	int result = 0;

	memset(source, 0, sizeof(*source));
	source->keeper.socket = -1;
	if (options->input == INPUT_INTERFACE)
		result = interface_check(options->interface, error);
	if (result != 0)
		return result;
	if (options->input == INPUT_INTERFACE && options->driver != INTERFACE_AF_XDP)
		(void)keeper_start(&source->keeper); /* where it would be needed that is told */
	if (options->input != INPUT_CAPTURES)
		return front_prepare(&source->front, options, error);
	return reader_open(options->captures.words, options->captures.count, &source->reader,
			   error);
}

uint16_t source_workers_wanted(const struct options *options)
{
	return options->workers > 0 ? options->workers : 1;
}

/* ---- placing queues on workers ---- */

/* The n-th worker lcore of the EAL, or RTE_MAX_LCORE. */
static unsigned int nth_lcore(unsigned int n)
{
	unsigned int lcore;

	RTE_LCORE_FOREACH_WORKER(lcore) {
		if (n-- == 0)
			return lcore;
	}
	return RTE_MAX_LCORE;
}

static int add_queue(struct worker *worker, uint16_t port, uint16_t queue, struct error *error)
{
	if (worker->queue_count == WORKER_QUEUES_MAX)
		return error_set(error, E2BIG,
				 "worker on lcore %u: more than %d queues; use more workers",
				 worker->lcore, WORKER_QUEUES_MAX);
	worker->queues[worker->queue_count++] = (struct worker_queue){port, queue};
	return 0;
}

/*
 * Queue i of every port goes to worker i: with symmetric RSS both directions of a flow then meet
 * one worker, also when each arrives on a port of its own, as from a tap. Queues of one interface
 * that are a port each (AF_XDP) are dealt out in turn.
 */
static int place_in_turn(struct source *source, bool port_is_queue, struct worker *workers,
			 struct error *error)
{
	for (uint32_t p = 0; p < source->port_count; p++)
		for (uint16_t q = 0; q < source->ports[p].queues; q++) {
			uint32_t turn = port_is_queue ? p : q;
			int result = add_queue(&workers[turn % source->worker_count],
					       source->ports[p].id, q, error);

			if (result != 0)
				return result;
		}
	return 0;
}

static void place_lcores(const struct source *source, struct worker *workers)
{
	for (uint16_t w = 0; w < source->worker_count; w++)
		workers[w].lcore = nth_lcore(w);
}

/* ---- opening ---- */

static int open_port(struct source *source, const struct options *options, uint16_t id,
		     uint16_t queues, struct error *error)
{
	const struct port_settings settings = {
		.queues = queues,
		.promiscuous = true,
		.nic_timestamps = options->nic_timestamps,
	};
	struct port *port = &source->ports[source->port_count];
	int result;

	if (source->port_count == SNAPSHOT_PORTS_MAX)
		return error_set(error, E2BIG, "port %u: more than %d ports; give the EAL fewer",
				 id, SNAPSHOT_PORTS_MAX);
	result = port_open(id, &settings, port, error);
	if (result != 0)
		return result;
	source->port_count++;
	if (strcmp(port->driver, "net_pcap") == 0)
		source->trust_time = true;
	if (strcmp(port->driver, "net_ring") == 0)
		source->handed_frames = true;
	return 0;
}

static int open_captures(struct source *source, const struct options *options,
			 struct worker *workers, struct error *error)
{
	uint16_t id;
	int result;

	source->worker_count = source_workers_wanted(options);
	result = reader_attach(source->reader, source->worker_count, &source->fields, &id, error);
	if (result == 0)
		result = open_port(source, options, id, source->worker_count, error);
	if (result != 0)
		return result;
	place_lcores(source, workers);
	return place_in_turn(source, false, workers, error);
}

static int open_interface(struct source *source, const struct options *options,
			  struct worker *workers, struct error *error)
{
	uint16_t wanted = source_workers_wanted(options);
	const struct interface_front front = front_of_sockets(&source->front);
	const struct interface_packet packet = {options->outgoing, &source->keeper};
	struct interface *interface = &source->interface;
	uint32_t queues;
	int result;

	result = interface_attach(options->interface, options->driver, &packet, wanted,
				  PORT_QUEUES_MAX, &front, interface, error);
	if (result == 0)
		result = front_attach(&source->front, interface, error);
	for (uint16_t p = 0; result == 0 && p < interface->port_count; p++)
		result = open_port(source, options, interface->port_ids[p], interface->queues_each,
				   error);
	if (result != 0)
		return result;
	queues = (uint32_t)interface->port_count * interface->queues_each;
	source->worker_count = (uint16_t)RTE_MIN((uint32_t)wanted, queues);
	if (source->worker_count < wanted)
		log_warning("%s: %u RX queues only, so %u workers of %u", interface->name, queues,
			    source->worker_count, wanted);
	log_info("%s: %s, %u queue%s, %u worker%s (%s)", interface->name,
		 interface->driver == INTERFACE_AF_XDP ? "AF_XDP" : "AF_PACKET", queues,
		 queues == 1 ? "" : "s", source->worker_count, source->worker_count == 1 ? "" : "s",
		 interface->why);
	place_lcores(source, workers);
	return place_in_turn(source, interface->queues_each == 1, workers, error);
}

/* ---- DPDK ports ---- */

static int check_lcores(const struct options *options, struct error *error)
{
	unsigned int lcores = rte_lcore_count() - 1;

	if (lcores == 0)
		return error_set(error, EINVAL,
				 "lcores: only the main one, and workers need others; give the EAL "
				 "two or more, as in -l 0-1");
	if (options->workers > lcores)
		return error_set(error, EINVAL,
				 "--workers %u: the EAL has %u worker lcores; give it more with -l",
				 options->workers, lcores);
	return 0;
}

static int open_ports(struct source *source, const struct options *options, struct worker *workers,
		      struct error *error)
{
	uint16_t lcores =
		(uint16_t)RTE_MIN(rte_lcore_count() - 1, (unsigned int)SNAPSHOT_WORKERS_MAX);
	uint16_t wanted = options->workers > 0 ? options->workers : lcores;
	uint16_t id;
	int result = check_lcores(options, error);

	RTE_ETH_FOREACH_DEV(id) {
		if (result == 0)
			result = open_port(source, options, id, port_queues_possible(id, wanted),
					   error);
		if (result != 0)
			return result;
		source->worker_count =
			RTE_MAX(source->worker_count, source->ports[source->port_count - 1].queues);
	}
	if (result != 0)
		return result;
	if (source->port_count == 0)
		return error_set(error, ENODEV,
				 "no DPDK port: the EAL found none; bind a NIC to vfio-pci or give "
				 "--vdev");
	if (source->worker_count < options->workers)
		log_warning("workers: the ports have %u queues, so %u of %u", source->worker_count,
			    source->worker_count, options->workers);
	place_lcores(source, workers);
	return place_in_turn(source, false, workers, error);
}

/* ---- DPDK ports placed by hand ---- */

static struct worker *worker_on(struct source *source, struct worker *workers, unsigned int lcore)
{
	for (uint16_t w = 0; w < source->worker_count; w++)
		if (workers[w].lcore == lcore)
			return &workers[w];
	if (source->worker_count == SNAPSHOT_WORKERS_MAX)
		return NULL;
	workers[source->worker_count].lcore = lcore;
	return &workers[source->worker_count++];
}

/* A port has queues 0..n, each placed once. Returns how many, or -EINVAL. */
static int placed_queues(const struct options *options, uint16_t port, struct error *error)
{
	uint64_t seen = 0;

	for (unsigned int i = 0; i < options->placement_count; i++) {
		const struct placement *placement = &options->placements[i];

		if (placement->port != port)
			continue;
		if (placement->queue >= PORT_QUEUES_MAX || (seen >> placement->queue & 1))
			return error_set(
				error, EINVAL,
				"--config (%u,%u,...): queue given twice or above %d; give "
				"each once",
				port, placement->queue, PORT_QUEUES_MAX - 1);
		seen |= UINT64_C(1) << placement->queue;
	}
	if ((seen & (seen + 1)) != 0)
		return error_set(error, EINVAL,
				 "--config: port %u has a gap in its queues; number them from 0",
				 port);
	return __builtin_popcountll(seen);
}

static int open_placed_ports(struct source *source, const struct options *options,
			     struct error *error)
{
	for (unsigned int i = 0; i < options->placement_count; i++) {
		uint16_t id = options->placements[i].port;
		int queues = placed_queues(options, id, error);
		bool open = false;

		for (uint32_t p = 0; p < source->port_count; p++)
			open |= source->ports[p].id == id;
		if (open || queues < 0) {
			if (queues < 0)
				return queues;
			continue;
		}
		if (port_queues_possible(id, (uint16_t)queues) < queues)
			return error_set(error, EINVAL,
					 "--config: port %u has not %d queues; look at its driver",
					 id, queues);
		int result = open_port(source, options, id, (uint16_t)queues, error);

		if (result != 0)
			return result;
	}
	return 0;
}

static int open_configured(struct source *source, const struct options *options,
			   struct worker *workers, struct error *error)
{
	int result = open_placed_ports(source, options, error);

	for (unsigned int i = 0; result == 0 && i < options->placement_count; i++) {
		const struct placement *placement = &options->placements[i];
		struct worker *worker;

		if (placement->lcore >= RTE_MAX_LCORE || !rte_lcore_is_enabled(placement->lcore) ||
		    placement->lcore == rte_get_main_lcore())
			return error_set(
				error, EINVAL,
				"--config: lcore %u is not a worker of the EAL; see -l and "
				"--main-lcore",
				placement->lcore);
		worker = worker_on(source, workers, placement->lcore);
		if (worker == NULL)
			return error_set(error, E2BIG, "--config: more than %d workers; use fewer",
					 SNAPSHOT_WORKERS_MAX);
		result = add_queue(worker, placement->port, placement->queue, error);
	}
	return result;
}

/* A worker on another node than its NIC reads every frame across the interconnect. */
static void warn_of_distance(const struct source *source, const struct worker *workers)
{
	for (uint16_t w = 0; w < source->worker_count; w++) {
		int node = (int)rte_lcore_to_socket_id(workers[w].lcore);

		for (uint32_t p = 0; p < source->port_count; p++)
			if (source->ports[p].socket >= 0 && source->ports[p].socket != node)
				log_warning("port %s is on NUMA node %d, its worker on lcore %u on "
					    "node "
					    "%d: slower; choose other lcores",
					    source->ports[p].name, source->ports[p].socket,
					    workers[w].lcore, node);
	}
}

int source_open(struct source *source, const struct options *options, struct worker *workers,
		struct error *error)
{
	int result = port_fields_register(&source->fields, error);

	source->placed_by_hand = options->placement_count > 0;
	if (result != 0)
		return result;
	if (options->input == INPUT_CAPTURES)
		return open_captures(source, options, workers, error);
	if (options->input == INPUT_INTERFACE)
		return open_interface(source, options, workers, error);
	if (options->placement_count > 0)
		result = open_configured(source, options, workers, error);
	else
		result = open_ports(source, options, workers, error);
	if (result == 0)
		warn_of_distance(source, workers);
	return result;
}

static int socket_of(const struct source *source, const struct worker_queue *queue)
{
	for (uint32_t p = 0; p < source->port_count; p++)
		if (source->ports[p].id == queue->port)
			return port_queue_socket(&source->ports[p], queue->queue);
	return -1;
}

void source_rest(const struct source *source, struct worker *worker)
{
	struct worker_rest *rest = &worker->rest;

	if (rest->longest == 0)
		return;
	for (uint16_t q = 0; q < worker->queue_count; q++) {
		rest->sockets[q] = socket_of(source, &worker->queues[q]);
		if (rest->sockets[q] < 0)
			return;
	}
	rest->socket_count = worker->queue_count;
}

int source_start(struct source *source, struct error *error)
{
	for (uint32_t p = 0; p < source->port_count; p++) {
		int result = port_start(&source->ports[p], error);

		if (result != 0)
			return result;
	}
	return front_start(&source->front, source->ports, source->port_count, error);
}

int source_read(struct source *source, struct error *error)
{
	return source->reader != NULL ? reader_start(source->reader, error) : 0;
}

/* AF_PACKET spreads by flow, but hands a frame that finds its queue full to another one. */
static bool rolls_over(const struct port *port)
{
	return port->queues > 1 && strcmp(port->driver, "net_af_packet") == 0;
}

/* Where ports are hashed, fragments, which have none, go elsewhere than whole packets. */
static bool hashes_ports(const struct port *port)
{
	const uint64_t with_ports = RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_SCTP;

	return (port->rss_functions & with_ports) != 0;
}

static bool spread_alike(const struct port *a, const struct port *b)
{
	return a->queues == b->queues && a->symmetry == b->symmetry &&
	       a->rss_functions == b->rss_functions && strcmp(a->driver, b->driver) == 0;
}

/*
 * Ports that spread alike and have as many queues each, dealt out in turn, keep a flow on one
 * worker whichever of them its directions come from. One interface can be several ports, a queue
 * each.
 */
bool source_may_split(const struct source *source)
{
	const struct port *ports = source->ports;

	if (source->worker_count < 2)
		return false;
	if (source->interface.port_count > 1)
		return source->interface.symmetry == PORT_NOT_SYMMETRIC;
	if (source->placed_by_hand && source->port_count > 1)
		return true;
	for (uint32_t p = 0; p < source->port_count; p++)
		if (ports[p].symmetry == PORT_NOT_SYMMETRIC || rolls_over(&ports[p]) ||
		    hashes_ports(&ports[p]) || !spread_alike(&ports[p], &ports[0]))
			return true;
	return false;
}

void source_stop(struct source *source)
{
	if (source->reader != NULL)
		reader_stop(source->reader);
	for (uint32_t p = 0; p < source->port_count; p++)
		port_stop(&source->ports[p]);
}

void source_close(struct source *source)
{
	for (uint32_t p = 0; p < source->port_count; p++)
		port_close(&source->ports[p]);
	source->port_count = 0;
	if (source->interface.port_count > 0)
		interface_detach(&source->interface);
	keeper_end(&source->keeper);
	front_close(&source->front);
	if (source->reader != NULL)
		reader_close(source->reader);
	source->reader = NULL;
}
