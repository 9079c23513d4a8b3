/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PACKET_TRANSPORT_H
#define WEIR_PACKET_TRANSPORT_H

#include "layers.h"

/*
 * A payload without room for the shortest header of its protocol. That of a first fragment may be
 * so short (RFC 1858; `nmap -f`) and has the ports all the same. With less than these it
 * contradicts itself: only the last fragment need not be a multiple of 8 bytes long.
 */
static __attribute__((noinline)) enum packet_reason
transport_tiny(struct cursor at, uint8_t protocol, enum packet_reason so_far, uint32_t *ports,
	       struct packet *packet)
{
	if (packet->fragment != PACKET_FRAGMENT_FIRST || !holds(at, PROTOCOL_PORTS))
		return packet_too_short(protocol);
	if (!captured(at, PROTOCOL_PORTS))
		return PACKET_TRUNCATED_PORTS;
	packet->fragment = PACKET_FRAGMENT_TINY;
	/* What is captured behind the end of the packet is padding, and no flags. */
	if (protocol == PROTOCOL_TCP && holds(at, TCP_FLAGS_AT + 1) &&
	    captured(at, TCP_FLAGS_AT + 1))
		packet->tcp_flags = header(at)[TCP_FLAGS_AT];
	*ports = packet_raw32(header(at));
	return so_far;
}

/*
 * The IP payload at `at`, `packet->fragment` being known: ports (source, then destination, as
 * in memory), TCP flags, ICMP type and code; 0 for what it does not have. A later fragment
 * has none of them: it begins in the middle of something. `so_far`, the IP layer's
 * verdict, is returned if nothing is wrong here.
 */
static inline enum packet_reason transport_parse(struct cursor at, uint8_t protocol,
						 enum packet_reason so_far, uint32_t *ports,
						 struct packet *packet)
{
	const uint8_t icmp = so_far == PACKET_FLOW_IPV4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6;
	const uint32_t shortest = packet_transports[protocol].shortest;
	const uint8_t *l4 = header(at);

	packet->icmp = 0;
	packet->tcp_flags = 0;
	*ports = 0;
	if (unlikely(packet->fragment == PACKET_FRAGMENT_LATER))
		return so_far;
	if (unlikely(shortest == 0)) {
		if (protocol == icmp && holds(at, 2) && captured(at, 2))
			packet->icmp = load_be16(l4);
		return so_far;
	}
	if (unlikely(!holds(at, shortest)))
		return transport_tiny(at, protocol, so_far, ports, packet);
	if (likely(captured(at, TCP_FLAGS_AT + 1))) {
		/* Read for all: a branch between TCP and UDP would often be mispredicted. */
		const uint8_t flags = l4[TCP_FLAGS_AT];

		packet->tcp_flags = protocol == PROTOCOL_TCP ? flags : 0;
	} else if (!captured(at, PROTOCOL_PORTS)) {
		return PACKET_TRUNCATED_PORTS;
	}
	*ports = packet_raw32(l4);
	return so_far;
}

#endif
