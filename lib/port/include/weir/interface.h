/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_INTERFACE_H
#define WEIR_INTERFACE_H

#include <stdint.h>

#include <weir/error.h>
#include <weir/port.h>

/*
 * A kernel interface as ethdev ports: AF_XDP, one vdev per RX queue (a vdev over several
 * queues fails where the driver reports no combined channels), or AF_PACKET, one vdev
 * with a fanout by flow. Main thread, after rte_eal_init().
 */

enum interface_driver {
	INTERFACE_ANY,	     /* AF_XDP where it works, else AF_PACKET */
	INTERFACE_AF_XDP,
	INTERFACE_AF_PACKET
};

struct interface {
	char name[32];
	enum interface_driver driver; /* what it became */
	char why[160];		      /* in words: why this driver */
	uint16_t port_ids[PORT_QUEUES_MAX];
	uint16_t port_count;
	uint16_t queues_each;	      /* RX queues to ask of each port */
};

/*
 * Make the ports for interface `name`, for `workers` queues (0: as many as the interface has
 * RX queues, at most `workers_max`). AF_XDP always takes all RX queues of the interface, because what arrives on
 * another queue would go unseen. INTERFACE_ANY keeps off AF_XDP on an interface with
 * an IP address, because that would cut this host off from its network. -ENODEV: no such
 * interface; -EPERM: the line names the capability that is missing.
 */
int interface_attach(const char *name, enum interface_driver driver, uint16_t workers,
		     uint16_t workers_max, struct interface *interface, struct error *error);

/* Remove the vdevs again; their ports must be closed. */
void interface_detach(struct interface *interface);

#endif
