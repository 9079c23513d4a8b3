/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/port.h>

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#include <weir/finding.h>
#include <weir/kernel_hold.h>
#include <weir/kernel_link.h>
#include <weir/log.h>

#include "configure.h"
#include "device.h"
#include "driver.h"
#include "kernel_loss.h"
#include "pool.h"
#include "promiscuous.h"

#define DESCRIPTORS          4096
#define DESCRIPTORS_AT_LEAST 256 /* below it a burst at line rate does not fit */
#define TX_DESCRIPTORS       512

uint16_t port_queues_possible(uint16_t id, uint16_t wanted)
{
	struct rte_eth_dev_info info;

	if (!rte_eth_dev_is_valid_port(id) || rte_eth_dev_info_get(id, &info) != 0)
		return 0;
	return RTE_MIN(RTE_MIN(wanted, info.max_rx_queues), (uint16_t)PORT_QUEUES_MAX);
}

struct port_memory port_memory(uint16_t queues)
{
	const struct rte_eth_dev_info nic = {.driver_name = ""};
	const struct driver_traits copying = {.copies = true};
	struct port_memory memory;
	struct pool_plan plan;

	pool_plan_make(&nic, &copying, &plan);
	memory.copied = pool_octets(&plan, queues, DESCRIPTORS);
	pool_plan_make(&nic, driver_traits(""), &plan);
	memory.usual = pool_octets(&plan, queues, DESCRIPTORS);
	plan.spare = POOL_SPARE_LEAST;
	memory.least = pool_octets(&plan, queues, DESCRIPTORS_AT_LEAST);
	return memory;
}

uint16_t port_queues_by_default(uint16_t id, uint16_t wanted)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_is_valid_port(id) && rte_eth_dev_info_get(id, &info) == 0 &&
	    driver_traits(info.driver_name)->peer_queues)
		return 1;
	return port_queues_possible(id, wanted);
}

static void identify(struct port *port, const struct rte_eth_dev_info *info)
{
	char name[RTE_ETH_NAME_MAX_LEN] = "";

	rte_eth_dev_get_name_by_port(port->id, name);
	snprintf(port->name, sizeof(port->name), "%s", name);
	snprintf(port->driver, sizeof(port->driver), "%s", info->driver_name);
	if (info->if_index != 0 && if_indextoname(info->if_index, name) != NULL)
		snprintf(port->interface, sizeof(port->interface), "%.*s", IF_NAMESIZE, name);
	port->interface_index = port->interface[0] != '\0' ? info->if_index : 0;
	port->socket = rte_eth_dev_socket_id(port->id);
}

static int setup_queues(const struct port *port, const struct rte_eth_dev_info *info,
			const struct rte_eth_rxmode *rxmode)
{
	struct rte_eth_rxconf rx = info->default_rxconf;
	uint16_t rx_descriptors = port->descriptors, tx_descriptors = TX_DESCRIPTORS;
	unsigned int socket = (unsigned int)port->socket; /* -1 is SOCKET_ID_ANY */
	int result = 0;

	(void)rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx_descriptors, &tx_descriptors);
	rx.offloads = rxmode->offloads;
	for (uint16_t q = 0; q < port->queues && result == 0; q++)
		result = rte_eth_rx_queue_setup(port->id, q, rx_descriptors, socket, &rx,
						port->pool);
	for (uint16_t q = 0; q < port->tx_queues && result == 0; q++)
		result = rte_eth_tx_queue_setup(port->id, q, tx_descriptors, socket,
						&info->default_txconf);
	return result;
}

/*
 * As many descriptors as asked for, if memory for their mbufs suffices. Where it does not, there is
 * less to lend first, and then fewer descriptors.
 */
static int make_pool(struct port *port, const struct pool_plan *wanted, uint16_t descriptors,
		     struct error *error)
{
	struct pool_plan plan = *wanted;

	for (;;) {
		uint16_t tx_descriptors = TX_DESCRIPTORS;

		port->descriptors = descriptors;
		(void)rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &port->descriptors,
						       &tx_descriptors);
		port->pool =
			pool_create(&plan, port->id, port->queues, port->descriptors, port->socket);
		port->spare = plan.spare;
		if (port->pool != NULL)
			return 0;
		if (rte_errno != ENOMEM)
			break;
		if (plan.spare > POOL_SPARE_LEAST)
			plan.spare = POOL_SPARE_LEAST;
		else if (plan.per_descriptor && descriptors > DESCRIPTORS_AT_LEAST)
			descriptors /= 2;
		else
			break;
	}
	return error_set(error, rte_errno,
			 "%s: no memory for packet buffers of %u queues: %s; give more (-m, or "
			 "hugepages) or use fewer queues",
			 port->name, port->queues, rte_strerror(rte_errno));
}

/* AF_XDP's ring cannot use more than the 2048 buffers that its driver hands to the kernel. */
static uint16_t wanted_descriptors(const struct port *port, const struct port_settings *settings)
{
	if (settings->descriptors != 0)
		return settings->descriptors;
	return strcmp(port->driver, "net_af_xdp") == 0 ? 2048 : DESCRIPTORS;
}

static int enable_promiscuous(struct port *port)
{
	int result = rte_eth_promiscuous_enable(port->id);

	port->promiscuous = result == 0 || rte_eth_promiscuous_get(port->id) == 1;
	port->promiscuous_undo = result == 0;
	return result;
}

/*
 * A kernel interface is promiscuous as long as somebody's socket wants it to be, so it is not left
 * so by a weir that is killed, and ending it needs no privilege. The drivers set a flag instead.
 */
static void set_promiscuous(struct port *port)
{
	int result;

	if (port->interface[0] != '\0' && driver_traits(port->driver)->asks_kernel) {
		promiscuous_left_alone(port->id);
		port->promiscuous_socket = kernel_link_promiscuous(if_nametoindex(port->interface));
		result = RTE_MIN(port->promiscuous_socket, 0);
		port->promiscuous = result == 0;
	} else {
		result = enable_promiscuous(port);
	}
	if (result != 0 && result != -ENOTSUP)
		finding_warn(FINDING_PROMISCUOUS,
			     "%s: cannot be made promiscuous (%s): frames for other stations may "
			     "not be seen; look at its driver %s",
			     port->name, strerror(-result), port->driver);
}

/* net_pcap gives microseconds; weir's `time` is in ns. Below this value it cannot be ns. */
#define LATEST_US (UINT64_C(100000000) * 1000000000)

static uint16_t time_to_ns(uint16_t id, uint16_t queue, struct rte_mbuf *mbufs[], uint16_t count,
			   uint16_t max, void *context)
{
	const struct port_fields *fields = context;

	(void)id, (void)queue, (void)max;
	for (uint16_t i = 0; i < count; i++) {
		uint64_t *time = RTE_MBUF_DYNFIELD(mbufs[i], fields->time, uint64_t *);

		if ((mbufs[i]->ol_flags & fields->time_flag) != 0 && *time < LATEST_US)
			*time *= 1000;
	}
	return count;
}

static int correct_time(struct port *port, struct error *error)
{
	static struct port_fields fields; /* the same for all ports of the process */
	int result = port_fields_register(&fields, error);

	if (result != 0)
		return result;
	for (uint16_t q = 0; q < port->queues; q++)
		if (rte_eth_add_rx_callback(port->id, q, time_to_ns, &fields) == NULL)
			return error_set(error, ENOMEM, "%s: no memory for queue %u", port->name,
					 q);
	port->timestamp = true;
	return 0;
}

static int open_queues(struct port *port, const struct rte_eth_dev_info *info,
		       const struct driver_traits *traits, struct error *error)
{
	const struct port_settings *settings = &port->settings;
	struct kernel_sockets before;
	struct rte_eth_rxmode rxmode;
	struct pool_plan plan;
	int result;

	pool_plan_make(info, traits, &plan);
	/* The times of a capture that a driver plays are its frames' own: nothing to choose. */
	result = port_configure(port, info, traits, &plan,
				settings->nic_timestamps || traits->time_in_us, &rxmode, error);
	if (result == 0 && port->pool == NULL)
		result = make_pool(port, &plan, wanted_descriptors(port, settings), error);
	if (result != 0)
		return result;
	kernel_loss_before(&before);
	result = setup_queues(port, info, &rxmode);
	if (result != 0)
		return error_set(error, -result,
				 "%s: the driver %s cannot set up its %u queues: %s", port->name,
				 port->driver, port->queues, strerror(-result));
	kernel_loss_attach(port, info->if_index, &before);
	if (port->kernel_family != 0)
		result = kernel_hold_take(port->interface, port->interface_index, &port->hold,
					  error);
	if (result != 0)
		return result;
	if (traits->time_in_us && plan.more == 0) /* frames played in a loop have no time */
		return correct_time(port, error);
	return 0;
}

int port_open_ethdev(struct port *port, struct error *error)
{
	const struct driver_traits *traits = driver_traits(port->driver);
	struct rte_eth_dev_info info;
	int result = rte_eth_dev_info_get(port->id, &info);

	if (result != 0)
		return error_set(error, -result, "port %u: the driver does not answer: %s",
				 port->id, strerror(-result));
	result = open_queues(port, &info, traits, error);
	if (result == 0 && port->settings.promiscuous)
		set_promiscuous(port);
	return result;
}

int port_open(uint16_t id, const struct port_settings *settings, struct port *port,
	      struct error *error)
{
	struct rte_eth_dev_info info;
	int result;

	memset(port, 0, sizeof(*port));
	port->promiscuous_socket = -1;
	port->hold = -1;
	if (!rte_eth_dev_is_valid_port(id))
		return error_set(error, ENODEV, "port %u: no such port; %u are available", id,
				 rte_eth_dev_count_avail());
	result = rte_eth_dev_info_get(id, &info);
	if (result != 0)
		return error_set(error, -result, "port %u: the driver does not answer: %s", id,
				 strerror(-result));
	port->id = id;
	port->settings = *settings;
	identify(port, &info);
	if (settings->queues == 0 || settings->queues > port_queues_possible(id, UINT16_MAX))
		return error_set(error, EINVAL, "%s: %u RX queues wanted, the driver has 1 to %u",
				 port->name, settings->queues,
				 port_queues_possible(id, UINT16_MAX));
	port->queues = settings->queues;
	port->link_known = !driver_traits(port->driver)->link_fixed;
	port_identify_device(port, &info);
	result = port_open_ethdev(port, error);
	if (result != 0) {
		port_close(port);
		return result;
	}
	if (port->queues > 1 && driver_traits(port->driver)->peer_queues)
		log_warning("%s: its peer has to have %u queues, too: of one that has fewer the "
			    "driver %s hands over frames twice",
			    port->name, port->queues, port->driver);
	if (settings->nic_timestamps && !port->timestamp)
		finding_warn(
			FINDING_TIMESTAMPS,
			"%s: the driver %s has no time stamps, so weir's clock dates its frames; "
			"leave out --nic-timestamps",
			port->name, port->driver);
	return 0;
}

int port_start_ethdev(struct port *port, struct error *error)
{
	int result = rte_eth_dev_start(port->id);

	if (result != 0)
		return error_set(error, -result, "%s: the driver %s cannot start: %s", port->name,
				 port->driver, strerror(-result));
	port->started = true;
	port_verify_symmetry(port);
	return 0;
}

int port_start(struct port *port, struct error *error)
{
	(void)rte_eth_stats_reset(port->id);
	memset(port->counts, 0, sizeof(port->counts));
	kernel_loss_start(port);
	return port_start_ethdev(port, error);
}

void port_discard(struct port *port)
{
	struct rte_mbuf *mbufs[64];
	uint16_t count;

	for (uint16_t q = 0; q < port->queues; q++)
		while ((count = rte_eth_rx_burst(port->id, q, mbufs, RTE_DIM(mbufs))) > 0)
			rte_pktmbuf_free_bulk(mbufs, count);
	(void)rte_eth_stats_reset(port->id);
	memset(port->counts, 0, sizeof(port->counts));
	kernel_loss_start(port);
}

void port_stop(struct port *port)
{
	struct port_counters last;
	int result;

	if (!port->started)
		return;
	port_read_counters(port, &last); /* what the driver forgets is kept in port->counts */
	port->started = false;
	kernel_loss_stop(port);
	if (!rte_eth_dev_is_valid_port(port->id)) /* somebody has detached it */
		return;
	result = rte_eth_dev_stop(port->id);
	if (result != 0 && !port->unasked)
		log_warning("%s: did not stop: %s", port->name, strerror(-result));
}

void port_let_go_ethdev(struct port *port)
{
	if (port->promiscuous_undo && !port->unasked)
		(void)rte_eth_promiscuous_disable(port->id);
	port->promiscuous_undo = false;
	if (port->promiscuous_socket >= 0)
		close(port->promiscuous_socket);
	port->promiscuous_socket = -1;
	if (port->hold >= 0)
		close(port->hold);
	port->hold = -1;
}

void port_close(struct port *port)
{
	bool there = rte_eth_dev_is_valid_port(port->id);

	port_stop(port);
	if (!there)
		port->promiscuous_undo = false;
	port_let_go_ethdev(port);
	if (there)
		(void)rte_eth_dev_close(port->id);
	rte_mempool_free(port->pool);
	port->pool = NULL;
}
