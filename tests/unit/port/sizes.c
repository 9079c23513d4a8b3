/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel and the drivers ask of buffers, on machines of every page and cache line size. */
#include <criterion/criterion.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>

#include <weir/sizes.h>

static const uint32_t pages[] = {4096, 16384, 65536};
#define PAGES (sizeof(pages) / sizeof(pages[0]))

static void check_xdp(uint32_t page, uint32_t line)
{
	const uint32_t room = sizes_xdp_room(page, line), frame = sizes_xdp_frame(page, line);
	const uint32_t object = line + SIZES_MBUF + room;

	/* XDP_UMEM_REG takes 2048 to a page; DPDK pads an object of an even number of lines. */
	cr_expect_leq(object, page, "page %u, line %u: %u", page, line, object);
	cr_expect_geq(object, 2048);
	cr_expect_eq(object % line, 0);
	cr_expect_eq(object / line % 2, 1);
	cr_expect_leq(SIZES_HEADROOM + XDP_PACKET_HEADROOM + frame, room);
	cr_expect_geq(frame, 3000 + 14 + 8, "an MTU of 3000, with two tags");
}

Test(sizes, xdp_buffers)
{
	for (size_t p = 0; p < PAGES; p++) {
		check_xdp(pages[p], 64);
		check_xdp(pages[p], 128);
	}
	cr_expect_eq(sizes_xdp_frame(4096, 64), 63 * 64 - 64 - 128 - 128 - 256);
	cr_expect_eq(sizes_xdp_frame(4096, 128), 31 * 128 - 128 - 128 - 128 - 256);
}

static void check_slots(uint32_t page, uint32_t mtu, bool merges)
{
	/* What the kernel puts before the frame, and the driver before the data. */
	const uint32_t before_frame = TPACKET_ALIGN(TPACKET2_HDRLEN + 16) - 14;
	const uint32_t before_data = TPACKET2_HDRLEN - sizeof(struct sockaddr_ll);
	const struct packet_ring ring = sizes_packet_ring(page, mtu, merges);
	const uint32_t longest = merges || mtu > 16000 ? 65000 - before_frame : mtu + 14 + 8;

	cr_expect_eq(ring.block % page, 0, "page %u, MTU %u: block %u", page, mtu, ring.block);
	cr_expect_eq(ring.block % ring.bytes, 0, "page %u, MTU %u: slot %u", page, mtu, ring.bytes);
	cr_expect_eq(ring.bytes % TPACKET_ALIGNMENT, 0);
	cr_expect_leq(SIZES_HEADROOM + ring.bytes - before_data, UINT16_MAX, "an mbuf's length");
	cr_expect_geq(ring.bytes, before_frame + longest, "page %u, MTU %u", page, mtu);
	cr_expect_leq(ring.block, 16u << 20, "page %u, MTU %u: block %u", page, mtu, ring.block);
}

Test(sizes, packet_slots)
{
	static const uint32_t mtus[] = {68,   1280, 1500,  1900,  1901,  8000,
					8001, 9000, 16000, 16001, 65535, 65536};

	for (size_t p = 0; p < PAGES; p++)
		for (size_t m = 0; m < sizeof(mtus) / sizeof(mtus[0]); m++) {
			check_slots(pages[p], mtus[m], false);
			check_slots(pages[p], mtus[m], true);
		}
}
