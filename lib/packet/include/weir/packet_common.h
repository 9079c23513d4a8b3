/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PACKET_COMMON_H
#define WEIR_PACKET_COMMON_H

#include <string.h>

#ifdef __SSSE3__
#include <tmmintrin.h>
#endif

#include <weir/packet.h>

/*
 * packet_parse() for nearly every frame there is, inline in the packet path: Ethernet without
 * tags, IPv4 without options, no fragment, a protocol with ports, captured as far as TCP's flags.
 * All offsets are constants then, and one test after the other only leads out of here: 45
 * instructions, where the general way takes 112 and its call some 30 more. It is tested and fuzzed
 * to say the same.
 */

#define COMMON_CAPTURED 48 /* the flags of a TCP header at 34 */

/* The least octets of an IPv4 packet of each protocol with ports; 0: it has none. */
extern const uint8_t packet_common_octets[256];

/*
 * The key from the 16 bytes that begin at the TTL: TTL, protocol, checksum, source, destination,
 * ports. Endpoint 0 is the lower in the order of packet_parse().
 */
static inline void packet_common_key(const uint8_t *from_ttl, bool turn, struct packet_key *key)
{
#ifdef __SSSE3__
	static const uint8_t order[2][16] __attribute__((aligned(16))) = {
		{4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x80, 0x80, 1, 0x80},
		{8, 9, 10, 11, 4, 5, 6, 7, 14, 15, 12, 13, 0x80, 0x80, 1, 0x80},
	};
	const __m128i header = _mm_loadu_si128((const __m128i *)(const void *)from_ttl);
	const __m128i bytes = _mm_load_si128((const __m128i *)(const void *)order[turn]);

	_mm_storeu_si128((__m128i *)(void *)key, _mm_shuffle_epi8(header, bytes));
#else
	memcpy(&key->address[turn], from_ttl + 4, 4);
	memcpy(&key->address[!turn], from_ttl + 8, 4);
	memcpy(&key->port[turn], from_ttl + 12, 2);
	memcpy(&key->port[!turn], from_ttl + 14, 2);
	key->vlan = 0;
	key->protocol = from_ttl[1];
	key->zero = 0;
#endif
}

/*
 * Parse the frame of `captured` bytes at `data` and `wire` on the wire, whose tag, if it had one,
 * is still in it. True: as packet_parse() with PACKET_FLOW_IPV4. False: this is not for here, and
 * nothing is said of it; `packet` may have been written to. Any thread.
 */
static inline bool packet_parse_common(const uint8_t *data, uint32_t captured, uint32_t wire,
				       struct packet *packet)
{
	uint32_t type, source, destination;
	uint16_t octets, fragment_id, fragment, source_port, destination_port;

	if (__builtin_expect(captured < COMMON_CAPTURED, 0))
		return false;
	memcpy(&type, data + 12, sizeof(type));
	memcpy(&octets, data + 16, sizeof(octets));
	memcpy(&fragment, data + 20, sizeof(fragment));
	octets = __builtin_bswap16(octets);

	const uint8_t protocol = data[23];
	const uint8_t least = packet_common_octets[protocol];

	/* 0x0800, and version 4 with 5 words; neither "more fragments" nor an offset. */
	if (__builtin_expect((type & 0xffffff) != 0x450008 || (fragment & 0xff3f) != 0, 0))
		return false;
	if (__builtin_expect(least == 0 || octets < least || 14u + octets > wire, 0))
		return false;
	memcpy(&source, data + 26, sizeof(source));
	memcpy(&destination, data + 30, sizeof(destination));
	memcpy(&source_port, data + 34, sizeof(source_port));
	memcpy(&destination_port, data + 36, sizeof(destination_port));
	memcpy(&fragment_id, data + 18, sizeof(fragment_id));

	bool turn = source < destination;

	if (__builtin_expect(source == destination, 0))
		turn = source_port < destination_port;

	packet_common_key(data + 22, turn, &packet->key);
	memcpy(packet->mac, data, sizeof(packet->mac));
	packet->frame_length = wire;
	packet->octets = octets;
	packet->fragment_id = fragment_id;
	packet->icmp = 0;
	packet->l4_offset = 34;
	packet->fragment = PACKET_WHOLE;
	packet->reason = PACKET_FLOW_IPV4;
	packet->direction = turn;
	/* No branch: TCP and UDP come mixed. */
	packet->tcp_flags = data[47] & (uint8_t) - (protocol == 6);
	packet->ttl = data[22];
	packet->tos = data[15];
	return true;
}

#endif
