/* SPDX-License-Identifier: BSD-3-Clause */
#include "layers.h"
#include "transport.h"

static bool is_extension(uint8_t next)
{
	switch (next) {
#define CASE(protocol) case PROTOCOL_##protocol:
		IPV6_EXTENSION_LIST(CASE)
#undef CASE
		return true;
	default:
		return false;
	}
}

static uint32_t extension_length(uint8_t type, uint8_t field)
{
	switch (type) {
	case PROTOCOL_FRAGMENT:
		return 8;
	case PROTOCOL_AH:
		return (field + 2u) * 4;
	default:
		return (field + 1u) * 8;
	}
}

static void read_fragment(const uint8_t *extension, struct packet *packet)
{
	const uint16_t field = load_be16(extension + 2);

	if ((field & (IPV6_FRAGMENT_OFFSET | IPV6_FRAGMENT_MORE)) == 0)
		return; /* atomic (RFC 6946): a whole packet all the same */
	packet->fragment =
		field & IPV6_FRAGMENT_OFFSET ? PACKET_FRAGMENT_LATER : PACKET_FRAGMENT_FIRST;
	packet->fragment_id = packet_raw32(extension + 4);
}

/*
 * Walk the extension headers to what they carry: `at` is at a header of type `*next`.
 * Behind a fragment header with an offset there are no headers, whatever its next header
 * field says: that names the first header of the whole packet.
 */
static enum packet_reason walk_extensions(struct cursor *at, uint8_t *next, struct packet *packet)
{
	packet->fragment = PACKET_WHOLE;
	packet->fragment_id = 0;
	for (unsigned int count = 0; is_extension(*next); count++) {
		if (packet->fragment == PACKET_FRAGMENT_LATER)
			break;
		if (count == PACKET_EXTENSIONS_MAX)
			return PACKET_MALFORMED_IPV6_EXTENSIONS;
		if (!holds(*at, IPV6_EXTENSION_SHORTEST))
			return PACKET_MALFORMED_IPV6_EXTENSION;
		if (!captured(*at, 2)) /* its length field */
			return PACKET_TRUNCATED_IPV6_EXTENSION;

		const uint8_t *extension = header(*at);
		const uint32_t length = extension_length(*next, extension[1]);

		if (!holds(*at, length))
			return PACKET_MALFORMED_IPV6_EXTENSION;
		if (!captured(*at, length))
			return PACKET_TRUNCATED_IPV6_EXTENSION;
		if (*next == PROTOCOL_FRAGMENT)
			read_fragment(extension, packet);
		*next = extension[0];
		at->offset += length;
	}
	return PACKET_FLOW_IPV6;
}

/*
 * Which endpoint the source is: 0 if it is not above the destination. By the address, then the
 * port, so that later fragments, which have none, are ordered as their first.
 */
static unsigned int source_endpoint(const uint8_t *addresses, const uint16_t port[2])
{
	unsigned __int128 source, destination;

	memcpy(&source, addresses, sizeof(source));
	memcpy(&destination, addresses + 16, sizeof(destination));
	return (source > destination) | ((source == destination) & (port[0] > port[1]));
}

static void ipv6_key(const uint8_t *addresses, uint32_t ports, uint16_t vlan, uint8_t protocol,
		     struct packet *packet)
{
	struct packet_key *key = &packet->key;
	uint16_t port[2];

	memcpy(port, &ports, sizeof(port));

	const unsigned int source = source_endpoint(addresses, port);
	const unsigned int destination = source ^ 1;

	memcpy(packet->prefix[source], addresses, 12);
	memcpy(packet->prefix[destination], addresses + 16, 12);
	key->address[source] = packet_raw32(addresses + 12);
	key->address[destination] = packet_raw32(addresses + 28);
	key->port[source] = port[0];
	key->port[destination] = port[1];
	key->vlan = vlan | PACKET_KEY_IPV6;
	key->protocol = protocol;
	key->zero = 0;
	packet->direction = (uint8_t)source;
}

enum packet_reason packet_ipv6(struct cursor *at, uint16_t vlan, struct packet *packet)
{
	const uint8_t *ip = header(*at);

	if (!captured(*at, IPV6_HEADER))
		return PACKET_TRUNCATED_IPV6;
	if (ip[0] >> 4 != 6)
		return PACKET_MALFORMED_IPV6_VERSION;

	const uint32_t payload = load_be16(ip + 4);
	/* 0: jumbogram or segmentation offload, more than the field can say. */
	const uint32_t octets = payload != 0 ? IPV6_HEADER + payload : at->end - at->offset;

	if (!holds(*at, octets))
		return PACKET_MALFORMED_IPV6_LENGTH;
	at->end = at->offset + octets;
	at->offset += IPV6_HEADER;

	uint8_t protocol = ip[6];
	enum packet_reason reason = walk_extensions(at, &protocol, packet);
	uint32_t ports;

	if (reason != PACKET_FLOW_IPV6)
		return reason;
	packet->octets = octets;
	packet->l4_offset = (uint16_t)at->offset;
	packet->ttl = ip[7];
	packet->tos = (uint8_t)(load_be16(ip) >> 4);
	reason = transport_parse(*at, protocol, PACKET_FLOW_IPV6, &ports, packet);
	ipv6_key(ip + 8, ports, vlan, protocol, packet);
	return reason;
}
