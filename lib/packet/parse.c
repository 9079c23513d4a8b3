/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/packet.h>
#include "layers.h"
#include "transport.h"

/* The VLAN id of the tag that the NIC took out; 0 if there was none. */
static inline uint16_t stripped_vlan(const struct packet_frame *frame)
{
	return frame->vlan_was_stripped ? frame->stripped_vlan & VLAN_ID : 0;
}

/*
 * The key of an IPv4 flow: source and destination lie side by side, and the key is the lower
 * of the two ways to write them, so it is the same both ways. Compared and chosen without a
 * branch, which would be mispredicted half of the time.
 */
static inline void ipv4_key(uint64_t addresses, uint32_t ports, uint16_t vlan, uint8_t protocol,
			    struct packet *packet)
{
	const uint64_t turned_addresses = addresses << 32 | addresses >> 32;
	const uint32_t turned_ports = ports << 16 | ports >> 16;
	const bool turn = ((unsigned __int128)turned_addresses << 64 | turned_ports) <
			  ((unsigned __int128)addresses << 64 | ports);

	addresses = turn ? turned_addresses : addresses;
	ports = turn ? turned_ports : ports;
	memcpy(packet->key.address, &addresses, sizeof(addresses));
	memcpy(packet->key.port, &ports, sizeof(ports));
	packet->key.vlan = vlan;
	packet->key.protocol = protocol;
	packet->key.zero = 0;
	packet->direction = turn;
}

static inline uint8_t ipv4_fragment(uint16_t field)
{
	if (unlikely(field & (IPV4_FRAGMENT_OFFSET | IPV4_FRAGMENT_MORE)))
		return field & IPV4_FRAGMENT_OFFSET ? PACKET_FRAGMENT_LATER : PACKET_FRAGMENT_FIRST;
	return PACKET_WHOLE;
}

/* What follows the checks of the header, whose `length` is in bounds. */
static inline __attribute__((always_inline)) enum packet_reason
ipv4_packet(struct cursor at, uint32_t length, uint16_t vlan, struct packet *packet)
{
	const uint8_t *ip = header(at);

	if (unlikely(!captured(at, length)))
		return PACKET_TRUNCATED_IPV4;

	uint32_t octets = load_be16(ip + 2);

	if (unlikely(octets == 0)) /* segmentation offload: more than the field can say */
		octets = at.end - at.offset;
	if (unlikely(octets < length || !holds(at, octets)))
		return PACKET_MALFORMED_IPV4_LENGTH;

	const uint8_t protocol = ip[9];
	uint32_t ports;

	at.end = at.offset + octets;
	at.offset += length;
	packet->fragment = ipv4_fragment(load_be16(ip + 6));
	packet->octets = octets;
	packet->fragment_id = packet_raw16(ip + 4);
	packet->l4_offset = (uint16_t)at.offset;
	packet->ttl = ip[8];
	packet->tos = ip[1];

	enum packet_reason reason = transport_parse(at, protocol, PACKET_FLOW_IPV4, &ports, packet);

	ipv4_key(load_raw64(ip + 12), ports, vlan, protocol, packet);
	return reason;
}

/* With options, or no IPv4 header at all: words 5 to 15 are headers of version 4. */
static __attribute__((noinline)) enum packet_reason
ipv4_options(const struct cursor *at, uint16_t vlan, struct packet *packet)
{
	const uint8_t first = *header(*at);

	if (first >= 0x45 && first <= 0x4f)
		return ipv4_packet(*at, (first & 0x0fu) * 4, vlan, packet);
	return first >> 4 != 4 ? PACKET_MALFORMED_IPV4_VERSION : PACKET_MALFORMED_IPV4_HEADER;
}

/*
 * As packet_ipv6(), but always inline: of the common frame the cursor then stays in registers
 * and all offsets are constants, which is worth half of the time.
 */
static inline __attribute__((always_inline)) enum packet_reason
ipv4_parse(struct cursor at, uint16_t vlan, struct packet *packet)
{
	if (unlikely(!captured(at, IPV4_HEADER)))
		return PACKET_TRUNCATED_IPV4;
	if (likely(*header(at) == 0x45))
		return ipv4_packet(at, IPV4_HEADER, vlan, packet);

	struct cursor other = at;

	return ipv4_options(&other, vlan, packet);
}

/* A frame with neither IPv4 nor IPv6 right behind its Ethernet header. */
static __attribute__((noinline)) enum packet_reason parse_other(const struct packet_frame *frame,
								uint16_t ethertype, bool vlan_key,
								struct packet *packet)
{
	struct cursor at = {frame->data, ETHERNET_HEADER, frame->captured, frame->wire};
	uint16_t vlan = stripped_vlan(frame);
	enum packet_reason reason = packet_link(&at, ethertype, frame->vlan_was_stripped, &vlan);

	if (!vlan_key)
		vlan = 0;
	if (reason == PACKET_FLOW_IPV4)
		return ipv4_parse(at, vlan, packet);
	if (reason == PACKET_FLOW_IPV6)
		return packet_ipv6(&at, vlan, packet);
	return reason;
}

static inline enum packet_reason parse_frame(const struct packet_frame *frame, bool vlan_key,
					     struct packet *packet)
{
	struct cursor at = {frame->data, ETHERNET_HEADER, frame->captured, frame->wire};

	if (unlikely(frame->captured < ETHERNET_HEADER))
		return PACKET_TRUNCATED_ETHERNET;
	memcpy(packet->mac, at.frame, sizeof(packet->mac));

	const uint16_t ethertype = load_be16(at.frame + sizeof(packet->mac));
	const uint16_t vlan = vlan_key ? stripped_vlan(frame) : 0;

	if (likely(ethertype == ETHERTYPE_IPV4))
		return ipv4_parse(at, vlan, packet);
	if (ethertype == ETHERTYPE_IPV6) {
		/*
		 * A copy: with its address known the cursor of the path above would live in memory.
		 */
		struct cursor ipv6 = at;

		return packet_ipv6(&ipv6, vlan, packet);
	}
	return parse_other(frame, ethertype, vlan_key, packet);
}

enum packet_reason packet_parse(const struct packet_frame *frame, bool vlan_key,
				struct packet *packet)
{
	const enum packet_reason reason = parse_frame(frame, vlan_key, packet);

	packet->frame_length = frame->wire + (frame->vlan_was_stripped ? VLAN_TAG : 0);
	packet->reason = (uint8_t)reason;
	return reason;
}
