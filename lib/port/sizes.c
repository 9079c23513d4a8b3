/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/sizes.h>

#include <linux/bpf.h>

#define XDP_OBJECT_MAX 4096u /* of larger pages there is no need to take more */
#define PACKET_BLOCK   65536u
/* The largest multiple of 128 that the driver can copy to an mbuf: 64 kB with its headroom. */
#define PACKET_SLOT_MAX (511u * 128)

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

uint16_t sizes_xdp_room(uint32_t page, uint32_t cache_line)
{
	/* One line less: to an even number DPDK adds one, for the sake of memory channels. */
	const uint32_t lines = least(page, XDP_OBJECT_MAX) / cache_line - 1;

	/* The object's header takes a line of its own. */
	return (uint16_t)((lines - 1) * cache_line - SIZES_MBUF);
}

uint32_t sizes_xdp_frame(uint32_t page, uint32_t cache_line)
{
	return sizes_xdp_room(page, cache_line) - SIZES_HEADROOM - XDP_PACKET_HEADROOM;
}

/* All slots of a queue must lie without a gap, so a block holds a whole number of them. */
struct packet_ring sizes_packet_ring(uint32_t page, uint32_t mtu, bool merges)
{
	struct packet_ring ring = {.block = most(PACKET_BLOCK, page)};

	if (!merges && mtu <= 16000) {
		ring.bytes = mtu <= 1900 ? 2048 : mtu <= 8000 ? 8192 : 16384;
		return ring;
	}

	/* 32 slots make a block of 2 MB; of large pages more, or rounding would cost too much. */
	const uint32_t count = most(32, page / 512);
	const uint32_t step = page / count;

	ring.bytes = PACKET_SLOT_MAX / step * step;
	ring.block = ring.bytes * count;
	return ring;
}
