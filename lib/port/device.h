/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PORT_DEVICE_H
#define WEIR_PORT_DEVICE_H

#include <rte_ethdev.h>

#include <weir/port.h>

/*
 * The device under a port, which may go and come back: bus.c finds it, port.c opens it, device.c
 * lets it go and takes it again.
 */

/* Remember what it takes to find the device again. */
void port_identify_device(struct port *port, const struct rte_eth_dev_info *info);

/*
 * Configure the ethdev of port->id as port->settings have it, with the port's pool or, the first
 * time, a new one; and start it. What fails is to be closed by the caller.
 */
int port_open_ethdev(struct port *port, struct error *error);
int port_start_ethdev(struct port *port, struct error *error);

/* What is to be given back before it is closed. */
void port_let_go_ethdev(struct port *port);

/* The driver counts from 0 again, and weir from where it was. */
void port_counts_go_on(struct port *port);

#endif
