/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SIZES_H
#define WEIR_SIZES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How large the buffers are that the kernel fills, in bytes. They depend on its page size (4, 16 or
 * 64 kB) and on DPDK's cache line (64 or 128): arithmetic alone, tested for machines that are not
 * at hand.
 */

#define SIZES_MBUF     128u /* struct rte_mbuf */
#define SIZES_HEADROOM 128u /* RTE_PKTMBUF_HEADROOM */

/*
 * The data room of an AF_XDP buffer, headroom included. The driver hands whole mempool objects to
 * the kernel, which takes none larger than a page.
 */
uint16_t sizes_xdp_room(uint32_t page, uint32_t cache_line);

/* The longest frame that fits such a buffer. */
uint32_t sizes_xdp_frame(uint32_t page, uint32_t cache_line);

/* Of an AF_PACKET ring. */
struct packet_ring {
	uint32_t bytes; /* of a slot: one frame with the kernel's header */
	uint32_t block; /* whole slots and whole pages */
};

/* `merges`: frames may be longer than `mtu` allows, up to 64 kB (GRO, LRO). */
struct packet_ring sizes_packet_ring(uint32_t page, uint32_t mtu, bool merges);

#endif
