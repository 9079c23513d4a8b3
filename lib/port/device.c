/* SPDX-License-Identifier: BSD-3-Clause */
#include "device.h"

#include <errno.h>
#include <string.h>

#include <rte_dev.h>

/* Is there a port of it that somebody polls? Those that weir left out are not configured. */
static bool is_used(const struct rte_device *device)
{
	struct rte_eth_dev_info info;
	uint16_t id;

	RTE_ETH_FOREACH_DEV(id) {
		if (rte_eth_dev_info_get(id, &info) == 0 && info.device == device &&
		    info.nb_rx_queues > 0)
			return true;
	}
	return false;
}

void port_leave(struct port *port)
{
	struct rte_eth_dev_info info;
	struct rte_device *device = NULL;

	port_stop(port);
	if (rte_eth_dev_is_valid_port(port->id)) {
		if (rte_eth_dev_info_get(port->id, &info) == 0)
			device = info.device;
		port_let_go_ethdev(port);
		(void)rte_eth_dev_close(port->id);
	}
	if (device != NULL && !is_used(device))
		(void)rte_dev_remove(device);
	port->id = UINT16_MAX; /* it is free for others */
	port->unasked = true;
	port_counts_go_on(port);
}

/* Open and start what is there as `id` now. */
static int open_again(struct port *port, struct error *error)
{
	int result;

	port->unasked = false;
	result = port_open_ethdev(port, error);
	if (result == 0) {
		(void)rte_eth_stats_reset(port->id);
		result = port_start_ethdev(port, error);
	}
	if (result != 0)
		port_leave(port);
	return result;
}

int port_return(struct port *port, struct error *error)
{
	int result = rte_eal_hotplug_add(port->bus, port->device, port->arguments);

	if (result == 0)
		result = rte_eth_dev_get_port_by_name(port->name, &port->id);
	if (result != 0)
		return error_set(error, -result,
				 "%s: DPDK cannot take the device again: %s; start weir again",
				 port->name, strerror(-result));
	return open_again(port, error);
}

int port_reset(struct port *port, struct error *error)
{
	int result;

	port_stop(port);
	port_let_go_ethdev(port);
	port_counts_go_on(port);
	result = rte_eth_dev_reset(port->id);
	if (result == 0)
		return open_again(port, error);
	port_leave(port);
	return error_set(error, -result, "%s: the driver %s cannot reset the device: %s",
			 port->name, port->driver, strerror(-result));
}
