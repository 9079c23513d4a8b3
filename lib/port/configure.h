/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PORT_CONFIGURE_H
#define WEIR_PORT_CONFIGURE_H

#include <rte_ethdev.h>

#include <weir/port.h>

#include "driver.h"
#include "pool.h"

/* Of the RX offloads that a driver offers those that weir asks for. */
uint64_t port_choose_offloads(uint64_t offered, bool timestamps);

/*
 * rte_eth_dev_configure() with the most that the driver gives: RSS, offloads (time stamps only if
 * they are wanted), the longest frames. Fills what is thereby decided in `port`, whose `id` and
 * `queues` are set. `rxmode` are the settings in force.
 */
int port_configure(struct port *port, const struct rte_eth_dev_info *info,
		   const struct driver_traits *traits, const struct pool_plan *plan,
		   bool timestamps, struct rte_eth_rxmode *rxmode, struct error *error);

/* Ask the started driver which RSS is in force; set `symmetry`, warn if there is none. */
void port_verify_symmetry(struct port *port);

#endif
