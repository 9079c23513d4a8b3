/* SPDX-License-Identifier: BSD-3-Clause */
#include "privileges.h"

#include <linux/capability.h>
#include <string.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>

#define BIT(capability) (UINT64_C(1) << (capability))

/* Found out by leaving them out, tests/smoke/privileges.py. */

static struct privileges of_port(const struct port *port, bool own_program)
{
	struct rte_eth_dev_info info;

	/* To take its XDP program off; weir's own comes off with its link. */
	if ((strcmp(port->driver, "net_af_xdp") == 0 && !own_program) ||
	    strcmp(port->driver, "net_tap") == 0)
		return (struct privileges){.closing = BIT(CAP_NET_ADMIN)};
	if (rte_eth_dev_info_get(port->id, &info) != 0 || info.device == NULL ||
	    strcmp(rte_bus_name(rte_dev_bus(info.device)), "vdev") == 0)
		return (struct privileges){0};
	/* A NIC's driver: registers, DMA, and the kernel's part of it where there is one. */
	return (struct privileges){.running = BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW) |
					      BIT(CAP_IPC_LOCK) | BIT(CAP_SYS_RAWIO)};
}

struct privileges privileges_of(const struct source *source)
{
	struct privileges sum = {0};

	for (uint32_t p = 0; p < source->port_count; p++) {
		struct privileges one = of_port(&source->ports[p], source->front.prefilter != NULL);

		sum.running |= one.running;
		sum.closing |= one.closing;
	}
	/*
	 * Rules are changed through bpf(), by telemetry's threads. Counters need nothing, nor do
	 * start and end of counting and this host's addresses: they are mapped.
	 */
	if (front_offer(&source->front) != NULL)
		sum.running |= BIT(CAP_BPF);
	/* Physical addresses of memory that is asked for later, as by dpdk-dumpcap. */
	if (rte_eal_has_hugepages() && rte_eal_iova_mode() == RTE_IOVA_PA)
		sum.running |= BIT(CAP_SYS_ADMIN);
	return sum;
}
