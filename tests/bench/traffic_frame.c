/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "traffic.h"

enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };
enum { TCP_SYN = 0x02, TCP_PSH_ACK = 0x18 };

static uint8_t *put8(uint8_t *at, unsigned int value)
{
	*at = (uint8_t)value;
	return at + 1;
}

static uint8_t *put16(uint8_t *at, unsigned int value)
{
	return put8(put8(at, value >> 8 & 0xff), value & 0xff);
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, value >> 16), value & 0xffff);
}

/* Sum of 16-bit words for the Internet checksum (RFC 1071); `length` is even. */
static uint32_t sum16(uint32_t sum, const uint8_t *bytes, uint32_t length)
{
	for (uint32_t i = 0; i < length; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	return sum;
}

static uint16_t checksum(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* One side of a conversation. */
struct endpoint {
	uint32_t host; /* IPv4 address, or the last four bytes of an IPv6 address */
	uint16_t port;
	uint8_t mac; /* last byte */
};

/*
 * A permutation of 32-bit numbers that hides that flows are numbered one after the other.
 * Multiplying by an odd number and folding the high half into the low one can both be
 * undone, so no two flows meet.
 */
static uint32_t scatter(uint32_t flow, uint64_t seed)
{
	flow ^= (uint32_t)seed;
	for (int round = 0; round < 3; round++) {
		flow *= 0x9e3779b1;
		flow ^= flow >> 16;
	}
	return flow;
}

/* All 32 bits of the scattered number are in the address (24) and the port (8): distinct. */
static struct endpoint client_of(uint32_t scattered)
{
	return (struct endpoint){.host = 10u << 24 | (scattered & 0xffffff),
				 .port = (uint16_t)(1024 + (scattered >> 24) * 250),
				 .mac = 1};
}

/*
 * 4096 servers in the network for benchmarks (RFC 2544). No port on which a peer would do more than
 * weir does: nfpcapd, for one, makes a flow of every DNS packet.
 */
static struct endpoint server_of(uint64_t bits)
{
	static const uint16_t ports[] = {443, 443, 443, 443, 80, 80, 8080, 8443};

	return (struct endpoint){.host = 198u << 24 | 18u << 16 | (bits & 0xfff),
				 .port = ports[bits >> 12 & 7],
				 .mac = 2};
}

static uint8_t *put_ethernet(uint8_t *at, const struct endpoint *from, const struct endpoint *to,
			     int vlan, bool ipv6)
{
	static const uint8_t local[5] = {2, 0, 0, 0, 0};

	memcpy(at, local, 5);
	at = put8(at + 5, to->mac);
	memcpy(at, local, 5);
	at = put8(at + 5, from->mac);
	if (vlan > 0)
		at = put16(put16(at, 0x8100), (unsigned int)vlan);
	return put16(at, ipv6 ? 0x86dd : 0x0800);
}

static uint8_t *put_ipv4(uint8_t *at, const struct endpoint *from, const struct endpoint *to,
			 uint8_t protocol, uint32_t octets)
{
	uint8_t *header = at;

	at = put16(put16(at, 0x4500), octets);
	at = put32(at, 0x00004000); /* identification 0, don't fragment */
	at = put16(put8(put8(at, 64), protocol), 0);
	at = put32(put32(at, from->host), to->host);
	put16(header + 10, checksum(sum16(0, header, 20)));
	return at;
}

static uint8_t *put_ipv6(uint8_t *at, const struct endpoint *from, const struct endpoint *to,
			 uint8_t protocol, uint32_t octets)
{
	/* 2001:db8::/32 is for documentation */
	static const uint8_t prefix[12] = {0x20, 0x01, 0x0d, 0xb8};

	at = put16(put32(at, 0x60000000), octets - 40);
	at = put8(put8(at, protocol), 64);
	memcpy(at, prefix, 12);
	at = put32(at + 12, from->host);
	memcpy(at, prefix, 12);
	return put32(at + 12, to->host);
}

/* `sum` is that of the pseudo header. The payload is 0 and adds nothing. */
static void put_tcp(uint8_t *at, const struct endpoint *from, const struct endpoint *to,
		    uint8_t flags, uint32_t sum)
{
	uint8_t *header = at;

	at = put16(put16(at, from->port), to->port);
	at = put32(put32(at, 1), flags == TCP_SYN ? 0 : 1);
	at = put16(put8(put8(at, 0x50), flags), 0xffff);
	put32(at, 0);
	put16(header + 16, checksum(sum16(sum, header, 20)));
}

static void put_udp(uint8_t *at, const struct endpoint *from, const struct endpoint *to,
		    uint32_t octets, uint32_t sum)
{
	uint8_t *header = at;
	uint16_t check;

	at = put16(put16(at, from->port), to->port);
	put32(at, octets << 16);
	check = checksum(sum16(sum, header, 8));
	put16(header + 6, check == 0 ? 0xffff : check); /* 0 would say: no checksum */
}

/* Does flow property number `which` hold, when it is to hold for `share` of the flows? */
static bool drawn(uint64_t bits, unsigned int which, double share)
{
	return (double)(mix64(bits + which) >> 32) < share * 0x1p32;
}

void frame_build(const struct frame_mix *mix, uint64_t flow, bool reverse, uint32_t length,
		 struct frame *frame)
{
	uint64_t bits = mix64(flow ^ mix->seed << 32);
	struct endpoint client = client_of(scatter((uint32_t)flow, mix->seed));
	struct endpoint server = server_of(bits);
	const struct endpoint *from = reverse ? &server : &client;
	const struct endpoint *to = reverse ? &client : &server;
	uint32_t link, network, transport;
	uint8_t *at = frame->bytes;
	uint8_t protocol, flags = mix->syn ? TCP_SYN : TCP_PSH_ACK;
	int vlan;

	frame->ipv6 = drawn(bits, 1, mix->ipv6);
	frame->vlan = drawn(bits, 2, mix->vlan);
	frame->tcp = mix->syn || drawn(bits, 3, mix->tcp);
	protocol = frame->tcp ? PROTOCOL_TCP : PROTOCOL_UDP;
	vlan = frame->vlan ? 1 + (int)(bits >> 16 & 0x3ff) : 0;
	link = frame->vlan ? 18 : 14;
	network = frame->ipv6 ? 40 : 20;
	transport = frame->tcp ? 20 : 8;
	frame->length = length < link + network + transport ? link + network + transport : length;
	frame->ip_octets = frame->length - link;

	memset(at, 0, FRAME_HEADERS_MAX);
	at = put_ethernet(at, from, to, vlan, frame->ipv6);
	at = (frame->ipv6 ? put_ipv6 : put_ipv4)(at, from, to, protocol, frame->ip_octets);
	/* Pseudo header: both addresses lie just before `at`, then protocol and length. */
	uint32_t addresses = frame->ipv6 ? 32 : 8;
	uint32_t payload = frame->ip_octets - network;
	uint32_t sum = sum16(protocol + payload, at - addresses, addresses);

	if (frame->tcp)
		put_tcp(at, from, to, flags, sum);
	else
		put_udp(at, from, to, payload, sum);
}
