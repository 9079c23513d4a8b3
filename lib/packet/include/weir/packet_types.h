/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PACKET_TYPES_H
#define WEIR_PACKET_TYPES_H

#include <weir/packet.h>

/*
 * What numbers alone decide, for both parsers: lib/packet, and bpf/parse.h in the kernel, which is
 * not given libc. Inline in both; any thread.
 */

static inline __attribute__((always_inline)) bool packet_is_tag(uint16_t ethertype)
{
#define IS(type) || ethertype == (type)
	return false VLAN_TAG_LIST(IS);
#undef IS
}

/* Of a frame whose type leads neither to IP nor to anything in front of it. */
static inline __attribute__((always_inline)) enum packet_reason packet_non_ip(uint16_t ethertype)
{
	if (ethertype <= ETHERTYPE_LENGTH_MAX)
		return PACKET_NON_IP_LLC;
	switch (ethertype) {
#define CASE(type, reason)                                                                         \
	case type:                                                                                 \
		return PACKET_##reason;
		PACKET_NON_IP_LIST(CASE)
#undef CASE
	default:
		return PACKET_NON_IP_OTHER;
	}
}

/* Of a payload that is shorter than the shortest header of its protocol, one that has ports. */
static inline __attribute__((always_inline)) enum packet_reason packet_too_short(uint8_t protocol)
{
	switch (protocol) {
#define CASE(protocol, shortest)                                                                   \
	case PROTOCOL_##protocol:                                                                  \
		return PACKET_MALFORMED_##protocol;
		PROTOCOL_PORTS_LIST(CASE)
#undef CASE
	default: /* none other has ports */
		return PACKET_MALFORMED_UDPLITE;
	}
}

/* Initializer of a table by protocol: its shortest header; 0: it has no ports. */
#define PACKET_SHORTEST(protocol, shortest) [PROTOCOL_##protocol] = (shortest),
#define PACKET_SHORTEST_HEADERS                                                                    \
	{                                                                                          \
		PROTOCOL_PORTS_LIST(PACKET_SHORTEST)                                               \
	}

#endif
