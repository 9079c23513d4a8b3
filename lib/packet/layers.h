/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PACKET_LAYERS_H
#define WEIR_PACKET_LAYERS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <weir/packet.h>
#include <weir/packet_common.h>
#include <weir/packet_types.h>

/*
 * Inside of lib/packet: each layer looks at the header that the cursor is at, gives its
 * verdict, and moves the cursor to what follows. PACKET_FLOW_IPV4 and PACKET_FLOW_IPV6 are
 * the verdicts so far of a frame that no layer has objected to.
 */

#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/*
 * All offsets count from the frame's start, so that in the common frame, whose IP header
 * is always at 14, the compiler can work most of them out. None comes near 2^32: the deepest
 * header is at PACKET_HEADERS_MAX, and no field that is added to it has more than 16 bits.
 */
struct cursor {
	const uint8_t *frame;
	uint32_t offset;   /* of the header at hand, <= captured */
	uint32_t captured; /* behind the last byte that may be read */
	uint32_t end;      /* behind the last byte on the wire: of the frame, later of the packet */
};

static inline const uint8_t *header(struct cursor at)
{
	return at.frame + at.offset;
}

/* Whether the next `bytes` may be read. */
static inline bool captured(struct cursor at, uint32_t bytes)
{
	return at.offset + bytes <= at.captured;
}

/* Whether there were that many on the wire. What is captured behind the end is padding. */
static inline bool holds(struct cursor at, uint32_t bytes)
{
	return at.offset + bytes <= at.end;
}

/*
 * Bytes of a header as a number (be) or as they lie in memory (raw), at any alignment; of 16 and 32
 * bits: packet_raw16() and packet_raw32().
 */
static inline uint16_t load_be16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint64_t load_raw64(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/*
 * The layers between `ethertype` and the IP header (link.c): tags, MPLS, PPPoE. `vlan` is
 * set to the id of the first tag, unless `stripped` says that the NIC took out one before
 * it. The verdict so far tells the IP version.
 */
enum packet_reason packet_link(struct cursor *at, uint16_t ethertype, bool stripped,
			       uint16_t *vlan);

/*
 * IPv6 and all above it (ipv6.c): fills in everything of `packet` that lies in the IP packet
 * at `at`, and moves `at` as far as it got. `vlan` is as the key has it.
 */
enum packet_reason packet_ipv6(struct cursor *at, uint16_t vlan, struct packet *packet);

#endif
