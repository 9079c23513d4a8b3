/* SPDX-License-Identifier: BSD-3-Clause */
#include "interface_vdev.h"

#include <stdio.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>

static void name_vdev(const struct interface *interface, uint16_t queue, char *name, size_t size)
{
	if (interface->driver == INTERFACE_AF_XDP)
		snprintf(name, size, "net_af_xdp_%s_q%u", interface->name, queue);
	else
		snprintf(name, size, "net_af_packet_%s", interface->name);
}

int interface_vdev_add(struct interface *interface, uint16_t queue, const char *arguments)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	int result;

	name_vdev(interface, queue, name, sizeof(name));
	result = rte_vdev_init(name, arguments);
	if (result == 0)
		result = rte_eth_dev_get_port_by_name(name, &interface->port_ids[queue]);
	if (result == 0)
		interface->port_count = queue + 1;
	return result;
}

void interface_detach(struct interface *interface)
{
	char name[RTE_ETH_NAME_MAX_LEN];

	for (uint16_t q = 0; q < interface->port_count; q++) {
		name_vdev(interface, q, name, sizeof(name));
		(void)rte_vdev_uninit(name);
	}
	interface->port_count = 0;
}
