/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/source.h>

#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_lcore.h>

#include <weir/finding.h>
#include <weir/log.h>

int source_prepare(struct source *source, const struct source_settings *settings,
		   struct error *error)
{
	int result;

	memset(source, 0, sizeof(*source));
	source->settings = settings;
	source->keeper.socket = -1;
	if (settings->kind == SOURCE_CAPTURES)
		return reader_open(settings->captures.words, settings->captures.count,
				   &source->reader, error);
	if (settings->kind == SOURCE_PORTS)
		return 0;
	result = interface_check(settings->interface, error);
	if (result != 0)
		return result;
	if (settings->driver != INTERFACE_AF_XDP)
		(void)keeper_start(&source->keeper); /* where it would be needed that is told */
	return front_prepare(&source->front, settings->prefilter, settings->xdp_mode, error);
}

uint16_t source_workers_wanted(const struct source_settings *settings)
{
	return settings->workers > 0 ? settings->workers : 1;
}

uint16_t source_lcores_wanted(const struct source_settings *settings)
{
	return (uint16_t)(source_workers_wanted(settings) + settings->stats_lcore_count);
}

/* ---- ports ---- */

static int open_port(struct source *source, uint16_t id, uint16_t queues, struct error *error)
{
	const struct port_settings settings = {
		.queues = queues,
		.promiscuous = true,
		.nic_timestamps = source->settings->nic_timestamps,
	};
	struct port *port = &source->ports[source->port_count];
	int result;

	if (source->port_count == PORTS_MAX)
		return error_set(error, E2BIG, "port %u: more than %d ports; give the EAL fewer",
				 id, PORTS_MAX);
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

/* ---- planning ---- */

/* What the machine offers a plan. */
struct machine {
	struct plan_lcore lcores[RTE_MAX_LCORE];
	struct plan_port ports[PORTS_MAX];
	struct plan_offer offer;
};

static bool is_taken(const struct source_settings *settings, unsigned int lcore)
{
	for (unsigned int i = 0; i < settings->stats_lcore_count; i++)
		if (settings->stats_lcores[i] == lcore)
			return true;
	return false;
}

static void look_at_lcores(const struct source_settings *settings, struct machine *machine)
{
	unsigned int lcore;

	machine->offer.lcores = machine->lcores;
	machine->offer.lcore_count = 0;
	RTE_LCORE_FOREACH_WORKER(lcore) {
		if (is_taken(settings, lcore))
			continue;
		machine->lcores[machine->offer.lcore_count++] =
			(struct plan_lcore){lcore, (int)rte_lcore_to_socket_id(lcore)};
	}
}

static void look_at_ports(const struct source *source, struct machine *machine)
{
	machine->offer.ports = machine->ports;
	machine->offer.port_count = source->port_count;
	for (uint32_t p = 0; p < source->port_count; p++) {
		const struct port *port = &source->ports[p];

		machine->ports[p] = (struct plan_port){port->id, port->queues, port->socket};
	}
	machine->offer.port_is_queue = source->interface.port_count > 1;
}

static int plan_ports(const struct source *source, struct machine *machine, uint16_t workers,
		      struct plan *plan, struct error *error)
{
	look_at_ports(source, machine);
	return plan_in_turn(&machine->offer, workers, plan, error);
}

/* ---- opening ---- */

static int open_captures(struct source *source, struct machine *machine, struct plan *plan,
			 struct error *error)
{
	uint16_t workers = source_workers_wanted(source->settings);
	uint16_t id;
	int result = reader_attach(source->reader, workers, &source->fields, &id, error);

	if (result == 0)
		result = open_port(source, id, workers, error);
	if (result == 0)
		result = plan_ports(source, machine, workers, plan, error);
	return result;
}

static void tell_interface(const struct interface *interface, uint16_t wanted, uint16_t workers)
{
	uint32_t queues = (uint32_t)interface->port_count * interface->queues_each;

	if (workers < wanted)
		finding_warn(FINDING_QUEUES,
			     "%s: %u RX queues only, so %u workers of %u; \"ethtool -L %s combined "
			     "%u\" makes it more, if the NIC can",
			     interface->name, queues, workers, wanted, interface->name, wanted);
	log_info("%s: %s, %u queue%s, %u worker%s (%s)", interface->name,
		 interface->driver == INTERFACE_AF_XDP ? "AF_XDP" : "AF_PACKET", queues,
		 queues == 1 ? "" : "s", workers, workers == 1 ? "" : "s", interface->why);
}

static int open_interface(struct source *source, struct machine *machine, struct plan *plan,
			  struct error *error)
{
	const struct source_settings *settings = source->settings;
	const struct interface_settings wanted = {
		.name = settings->interface,
		.driver = settings->driver,
		.workers = source_workers_wanted(settings),
		.front = &source->front,
		.outgoing = settings->outgoing,
		.keeper = &source->keeper,
	};
	struct interface *interface = &source->interface;
	int result = interface_attach(&wanted, interface, error);

	for (uint16_t p = 0; result == 0 && p < interface->port_count; p++)
		result = open_port(source, interface->port_ids[p], interface->queues_each, error);
	if (result == 0)
		result = plan_ports(source, machine, wanted.workers, plan, error);
	if (result == 0)
		tell_interface(interface, wanted.workers, plan->worker_count);
	return result;
}

static int open_all_ports(struct source *source, struct machine *machine, struct plan *plan,
			  struct error *error)
{
	uint16_t asked = source->settings->workers;
	int workers = plan_workers(asked, machine->offer.lcore_count, error);
	int result = workers < 0 ? workers : 0;
	uint16_t id;

	RTE_ETH_FOREACH_DEV(id) {
		if (result == 0)
			result =
				open_port(source, id,
					  asked > 0 ? port_queues_possible(id, (uint16_t)workers)
						    : port_queues_by_default(id, (uint16_t)workers),
					  error);
	}
	if (result != 0)
		return result;
	if (source->port_count == 0)
		return error_set(error, ENODEV,
				 "no DPDK port: the EAL found none; bind a NIC to vfio-pci or give "
				 "--vdev");
	result = plan_ports(source, machine, (uint16_t)workers, plan, error);
	if (result == 0 && plan->worker_count < asked)
		finding_warn(
			FINDING_QUEUES,
			"workers: the ports have %u queues, so %u of %u; give --workers %u, or "
			"the driver more queues",
			plan->worker_count, plan->worker_count, asked, plan->worker_count);
	return result;
}

static bool is_open(const struct source *source, uint16_t id)
{
	for (uint32_t p = 0; p < source->port_count; p++)
		if (source->ports[p].id == id)
			return true;
	return false;
}

static int open_placed_ports(struct source *source, struct machine *machine, struct plan *plan,
			     struct error *error)
{
	const struct source_settings *settings = source->settings;
	int result =
		plan_by_hand(&machine->offer, settings->places, settings->place_count, plan, error);

	for (unsigned int i = 0; result == 0 && i < settings->place_count; i++) {
		uint16_t id = settings->places[i].port, queues = plan_queues_of(plan, id);

		if (is_open(source, id))
			continue;
		if (port_queues_possible(id, queues) < queues)
			return error_set(error, EINVAL,
					 "--config: port %u has not %d queues; look at its driver",
					 id, queues);
		result = open_port(source, id, queues, error);
	}
	look_at_ports(source, machine);
	return result;
}

int source_open(struct source *source, struct plan *plan, struct error *error)
{
	struct machine machine = {0};
	int result = port_fields_register(&source->fields, error);

	if (result != 0)
		return result;
	look_at_lcores(source->settings, &machine);
	if (source->settings->kind == SOURCE_CAPTURES)
		return open_captures(source, &machine, plan, error);
	if (source->settings->kind == SOURCE_INTERFACE)
		return open_interface(source, &machine, plan, error);
	if (source->settings->place_count > 0)
		result = open_placed_ports(source, &machine, plan, error);
	else
		result = open_all_ports(source, &machine, plan, error);
	if (result == 0)
		for (uint32_t p = 0; p < source->port_count; p++)
			plan_tell_distance(plan, &machine.ports[p], source->ports[p].name);
	return result;
}

int source_queue_socket(const struct source *source, const struct plan_queue *queue)
{
	for (uint32_t p = 0; p < source->port_count; p++)
		if (source->ports[p].id == queue->port)
			return port_queue_socket(&source->ports[p], queue->queue);
	return -1;
}

/* ---- packets come ---- */

int source_start(struct source *source, struct error *error)
{
	for (uint32_t p = 0; p < source->port_count; p++) {
		int result = port_start(&source->ports[p], error);

		if (result != 0)
			return result;
	}
	if (source->front.prefilter == NULL)
		return 0;
	interface_take(&source->interface, INTERFACE_INCOMING);
	return front_count(&source->front, source->ports, source->port_count, error);
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
	       a->rss_functions == b->rss_functions && a->rss_table == b->rss_table &&
	       strcmp(a->driver, b->driver) == 0;
}

/*
 * Ports that spread alike and have as many queues each keep a flow on one worker whichever of them
 * its directions come from, if their queues of one number are that worker's. One interface can be
 * several ports, a queue each.
 */
bool source_may_split(const struct source *source, const struct plan *plan)
{
	const struct port *ports = source->ports;

	if (plan->worker_count < 2)
		return false;
	if (source->interface.port_count > 1)
		return source->interface.symmetry == PORT_NOT_SYMMETRIC;
	if (!plan_pairs_queues(plan))
		return true;
	for (uint32_t p = 0; p < source->port_count; p++)
		if (ports[p].symmetry == PORT_NOT_SYMMETRIC || rolls_over(&ports[p]) ||
		    hashes_ports(&ports[p]) || !spread_alike(&ports[p], &ports[0]))
			return true;
	return false;
}

/* ---- they come no more ---- */

void source_end_front(struct source *source)
{
	if (source->front.prefilter == NULL)
		return;
	front_quiet(&source->front);
	interface_take(&source->interface, INTERFACE_NOTHING);
	front_detach(&source->front);
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
