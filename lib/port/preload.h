/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PORT_PRELOAD_H
#define WEIR_PORT_PRELOAD_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

/*
 * net_pcap with infinite_rx=1: how many frames its rx_pcap= files hold together and how long
 * the longest is, in bytes. False for any other port.
 */
bool preload_count(const struct rte_eth_dev_info *info, uint32_t *frames, uint32_t *longest);

#endif
