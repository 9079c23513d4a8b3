/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PORT_DRIVER_H
#define WEIR_PORT_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

/*
 * What a driver does that struct rte_eth_dev_info does not say. All of it is known of the
 * software drivers of DPDK 22.11; a driver that is not in the table is believed as it is.
 */
struct driver_traits {
	const char *name;
	bool spreads;         /* several queues are filled symmetrically without RSS */
	bool hashes_nothing;  /* takes an RSS configuration and ignores it */
	bool link_fixed;      /* says "link up" whatever happens */
	bool asks_kernel;     /* link state is the kernel interface's */
	bool pairs_queues;    /* wants as many TX queues as RX queues */
	bool copies;          /* an empty descriptor holds no mbuf */
	bool time_in_us;      /* RX time in us instead of ns, without being asked */
	bool tells_of_peer;   /* counts are 0 without a peer, and go on with the next one */
	bool peer_queues;     /* reads queues that its peer has not, as if they were the first */
	bool retries_no_mbuf; /* a frame that found no mbuf waits in the kernel: not lost */
	uint32_t max_frame;   /* longest frame received whole, whatever the MTU; 0: the MTU says */
};

const struct driver_traits *driver_traits(const char *name);

/*
 * The value of `key` among the device arguments of the port ("iface=eth0,qpairs=4"), copied to
 * `value`. False when it was not given.
 */
bool driver_argument(const struct rte_eth_dev_info *info, const char *key, char *value,
		     size_t size);

#endif
