/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PACKET_COMMON_H
#define WEIR_PACKET_COMMON_H

#include <stddef.h>
#include <string.h>

#ifdef __SSE4_1__
#include <smmintrin.h>
#endif

#include <weir/packet.h>
#include <weir/packet_types.h>

/*
 * packet_parse() for nearly every frame there is, inline in the packet path: Ethernet, tags or
 * none, IPv4 with or without options or IPv6 without extension headers, no fragment, of which
 * enough was captured. One test after the other only leads out of here: some 45 instructions for
 * an untagged frame, and 12 for each tag, where the general way takes 112 and its call some 30
 * more. Tested and fuzzed to say the same.
 */

/* Captured from the IP header on: as far as TCP's flags. A shorter frame was cut or not padded. */
#define COMMON_CAPTURED (IPV4_HEADER + TCP_FLAGS_AT + 1)

/* Four bytes from the ethertype on, as a little-endian number, and which of their bits matter. */
#define COMMON_TYPE(type)   ((type) >> 8 | ((type)&0xff) << 8)
#define COMMON_IPV4         (COMMON_TYPE(ETHERTYPE_IPV4) | 0x400000)
#define COMMON_IPV6         (COMMON_TYPE(ETHERTYPE_IPV6) | 0x600000)
#define COMMON_VERSION_MASK 0xf0ffff
#define COMMON_IPV4_FIVE    (COMMON_IPV4 | 0x050000) /* a header of 5 words: no options */
#define COMMON_IPV4_MASK    0xffffff
/* The IPv4 fragment field likewise: "more fragments", and the offset. */
#define COMMON_FRAGMENT 0xff3f

/* What both parsers are to know of a protocol; all 0: it has no ports. */
struct packet_transport {
	uint32_t minus_least; /* minus `shortest`, and an IPv4 header of 5 words */
	uint8_t shortest;     /* octets of its shortest header */
	uint8_t tcp_flags;    /* which bits of an octet are TCP's flags: at TCP_FLAGS_AT, or at */
	uint8_t flags_at;     /* ... this one, which every header of it has */
};
extern const struct packet_transport packet_transports[256];
extern const uint8_t packet_no_ports[4];

/* Does a packet of so many octets, with such a header, have ports? One addition and its carry. */
static inline bool packet_has_ports(const struct packet_transport *transport, uint32_t octets)
{
	return octets + transport->minus_least < octets;
}

/* An IP header within a frame, at least COMMON_CAPTURED bytes from it on being captured. */
struct packet_place {
	const uint8_t *ip;
	uint32_t captured, wire; /* ... from the IP header on, too */
	uint16_t vlan;           /* as the key has it */
};

/* Bytes of a header as they lie in memory, at any alignment. */
static inline uint16_t packet_raw16(const uint8_t *bytes)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static inline uint32_t packet_raw32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/*
 * 16 bytes to a shorter member, in one instruction: those behind it are of the next one, which is
 * written afterwards.
 */
static inline void packet_copy16(struct packet *packet, size_t member, const uint8_t *bytes)
{
	memcpy((uint8_t *)packet + member, bytes, 16);
}

/* What does not depend on the version of IP. */
static inline void packet_common_rest(enum packet_reason reason, bool turn, uint16_t icmp,
				      uint8_t tcp_flags, struct packet *packet)
{
	packet->icmp = icmp;
	packet->fragment = PACKET_WHOLE;
	packet->reason = (uint8_t)reason;
	packet->direction = turn;
	packet->tcp_flags = tcp_flags;
}

/*
 * The key of IPv4: 12 bytes that begin at the TTL (TTL, protocol, checksum, source, destination),
 * and the ports, which most often lie behind them. `turn`: the source is endpoint 1.
 */
static inline void packet_common_key(const uint8_t *from_ttl, const uint8_t *ports, bool turn,
				     struct packet_key *key)
{
#ifdef __SSE4_1__
	static const uint8_t order[2][16] __attribute__((aligned(16))) = {
		{4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x80, 0x80, 1, 0x80},
		{8, 9, 10, 11, 4, 5, 6, 7, 14, 15, 12, 13, 0x80, 0x80, 1, 0x80},
	};
	const __m128i bytes = _mm_load_si128((const __m128i *)(const void *)order[turn]);
	__m128i header = _mm_loadu_si128((const __m128i *)(const void *)from_ttl);

	if (ports != from_ttl + 12)
		header = _mm_insert_epi32(header, (int)packet_raw32(ports), 3);
	_mm_storeu_si128((__m128i *)(void *)key, _mm_shuffle_epi8(header, bytes));
#else
	memcpy(&key->address[turn], from_ttl + 4, 4);
	memcpy(&key->address[!turn], from_ttl + 8, 4);
	memcpy(&key->port[turn], ports, 2);
	memcpy(&key->port[!turn], ports + 2, 2);
	key->protocol = from_ttl[1];
	key->zero = 0;
#endif
}

/* IPv4 whose lengths are in order; `ports`: 4 bytes, 0 where it has none. */
static inline __attribute__((always_inline)) void
packet_common_ipv4(struct packet_place at, uint32_t octets, const uint8_t *ports, uint16_t icmp,
		   uint8_t tcp_flags, struct packet *packet)
{
	const uint8_t *ip = at.ip;
	const uint32_t source = packet_raw32(ip + 12), destination = packet_raw32(ip + 16);
	bool turn = source < destination;

	if (__builtin_expect(source == destination, 0))
		turn = packet_raw16(ports) < packet_raw16(ports + 2);
	packet_common_key(ip + 8, ports, turn, &packet->key);
	packet->key.vlan = at.vlan;
	packet_common_rest(PACKET_FLOW_IPV4, turn, icmp, tcp_flags, packet);
	packet->octets = octets;
	packet->fragment_id = packet_raw16(ip + 4);
	packet->ttl = ip[8];
	packet->tos = ip[1];
}

/* With options, or of a protocol without ports; no fragment, and within its frame. */
static __attribute__((noinline)) bool
packet_common_ipv4_other(struct packet_place at, uint32_t octets, struct packet *packet)
{
	const uint8_t *ip = at.ip;
	const uint32_t header = (ip[0] & 0x0fu) * 4;
	const uint8_t protocol = ip[9], *payload = ip + header;
	const struct packet_transport *transport = &packet_transports[protocol];
	uint16_t icmp = 0;

	if (header < IPV4_HEADER || octets < header || at.captured < header + TCP_FLAGS_AT + 1)
		return false;
	if (transport->shortest == 0) {
		if (protocol == PROTOCOL_ICMP && octets >= header + 2)
			icmp = __builtin_bswap16(packet_raw16(payload));
		packet_common_ipv4(at, octets, packet_no_ports, icmp, 0, packet);
		return true;
	}
	if (!packet_has_ports(transport, octets - (header - IPV4_HEADER)))
		return false;
	packet_common_ipv4(at, octets, payload, 0, payload[TCP_FLAGS_AT] & transport->tcp_flags,
			   packet);
	return true;
}

/* `plain`: known to have a header of 5 words. */
static inline __attribute__((always_inline)) bool
packet_parse_ipv4(struct packet_place at, bool plain, struct packet *packet)
{
	const uint8_t *ip = at.ip, *payload = ip + IPV4_HEADER;
	const uint32_t octets = __builtin_bswap16(packet_raw16(ip + 2));
	const struct packet_transport *transport = &packet_transports[ip[9]];

	if (__builtin_expect((packet_raw16(ip + 6) & COMMON_FRAGMENT) != 0, 0) ||
	    __builtin_expect(octets > at.wire, 0))
		return false;
	if (!plain || __builtin_expect(!packet_has_ports(transport, octets), 0))
		return packet_common_ipv4_other(at, octets, packet);
	packet_common_ipv4(at, octets, payload, 0, payload[TCP_FLAGS_AT] & transport->tcp_flags,
			   packet);
	return true;
}

/* Which endpoint the source is; that both addresses end alike is seldom. */
static inline bool packet_common_turn(const uint8_t *addresses, const uint8_t *ports)
{
	uint64_t source[2], destination[2];

	memcpy(source, addresses, sizeof(source));
	memcpy(destination, addresses + 16, sizeof(destination));
	if (__builtin_expect(source[1] != destination[1], 1))
		return source[1] > destination[1];
	if (source[0] != destination[0])
		return source[0] > destination[0];
	return packet_raw16(ports) > packet_raw16(ports + 2);
}

static inline void packet_common_key6(const uint8_t *addresses, const uint8_t *ports, bool turn,
				      struct packet *packet)
{
	const uint8_t *low = turn ? addresses + 16 : addresses;
	const uint8_t *high = turn ? addresses : addresses + 16;
	struct packet_key *key = &packet->key;
	uint32_t both = packet_raw32(ports);

	both = turn ? both << 16 | both >> 16 : both;
	memcpy(key->port, &both, sizeof(both));
	memcpy(&key->address[0], low + 12, 4);
	memcpy(&key->address[1], high + 12, 4);
	packet_copy16(packet, offsetof(struct packet, prefix[0]), low);
	packet_copy16(packet, offsetof(struct packet, prefix[1]), high);
}

static inline bool packet_parse_ipv6(struct packet_place at, struct packet *packet)
{
	const uint8_t *ip = at.ip, *ports = ip + IPV6_HEADER;
	const uint32_t octets = IPV6_HEADER + __builtin_bswap16(packet_raw16(ip + 4));
	const uint8_t protocol = ip[6];
	const struct packet_transport *transport = &packet_transports[protocol];

	uint16_t icmp = 0;

	if (__builtin_expect(octets > at.wire, 0))
		return false;
	if (__builtin_expect(!packet_has_ports(transport, octets - (IPV6_HEADER - IPV4_HEADER)),
			     0)) {
		if (protocol != PROTOCOL_ICMPV6 || octets < IPV6_HEADER + 2 ||
		    at.captured < IPV6_HEADER + 2)
			return false;
		icmp = __builtin_bswap16(packet_raw16(ports));
		ports = packet_no_ports;
	} else if (__builtin_expect(at.captured < (uint32_t)IPV6_HEADER + transport->shortest, 0)) {
		return false;
	}

	const bool turn = packet_common_turn(ip + 8, ports);

	packet_common_key6(ip + 8, ports, turn, packet);
	packet->key.vlan = at.vlan | PACKET_KEY_IPV6;
	packet->key.protocol = protocol;
	packet->key.zero = 0;
	packet_common_rest(PACKET_FLOW_IPV6, turn, icmp,
			   ports[transport->flags_at] & transport->tcp_flags, packet);
	packet->octets = octets;
	packet->fragment_id = 0;
	packet->ttl = ip[7];
	packet->tos = (uint8_t)(ip[0] << 4 | ip[1] >> 4);
	return true;
}

/*
 * As packet_parse(), but true only with a reason of the bucket FLOW, and without `l4_offset`.
 * False: the frame is not for here, and nothing is said of it; `packet` may have been written to.
 * Any thread.
 */
static inline __attribute__((always_inline)) bool
packet_parse_common(const struct packet_frame *frame, bool vlan_key, struct packet *packet)
{
	const uint32_t stripped = frame->vlan_was_stripped;
	struct packet_place at = {
		.ip = frame->data + ETHERNET_HEADER,
		.captured = frame->captured - ETHERNET_HEADER,
		.wire = frame->wire - ETHERNET_HEADER,
		.vlan = stripped && vlan_key ? frame->stripped_vlan & VLAN_ID : 0,
	};

	if (__builtin_expect(frame->captured < ETHERNET_HEADER + COMMON_CAPTURED, 0))
		return false;
	packet_copy16(packet, offsetof(struct packet, mac), frame->data);
	packet->frame_length = frame->wire + stripped * VLAN_TAG;
	for (uint32_t tags = stripped;; tags++) {
		const uint32_t type = packet_raw32(at.ip - 2);

		if (__builtin_expect((type & COMMON_IPV4_MASK) == COMMON_IPV4_FIVE, 1))
			return packet_parse_ipv4(at, true, packet);
		if ((type & COMMON_VERSION_MASK) == COMMON_IPV6)
			return packet_parse_ipv6(at, packet);
		if ((type & COMMON_VERSION_MASK) == COMMON_IPV4)
			return packet_parse_ipv4(at, false, packet);
		if (!packet_is_tag(__builtin_bswap16((uint16_t)type)) || tags == PACKET_TAGS_MAX ||
		    at.captured < VLAN_TAG + COMMON_CAPTURED)
			return false;
		if (tags == 0 && vlan_key)
			at.vlan = __builtin_bswap16(packet_raw16(at.ip)) & VLAN_ID;
		at.ip += VLAN_TAG;
		at.captured -= VLAN_TAG;
		at.wire -= VLAN_TAG;
	}
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers of packet_parse_common()");

#endif
