/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PORT_PROMISCUOUS_H
#define WEIR_PORT_PROMISCUOUS_H

#include <stdint.h>

/*
 * DPDK is not to touch the promiscuous mode of `port` when it starts it, as it would otherwise
 * through the driver: for a kernel interface, whose flag the drivers set or clear, that takes
 * CAP_NET_ADMIN, and would clear what an administrator has set. Main thread, before the start.
 */
void promiscuous_left_alone(uint16_t port);

#endif
