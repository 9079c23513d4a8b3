/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <kit/frame.h>

#include "traffic.h"

enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };
enum { TCP_SYN = 0x02, TCP_PSH_ACK = 0x18 };

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

static uint8_t *put_link(uint8_t *at, const struct endpoint *from, const struct endpoint *to,
			 unsigned int vlan, bool ipv6)
{
	at = put_ethernet(at, from->mac, to->mac, vlan > 0 ? 0x8100 : ipv6 ? 0x86dd : 0x0800);
	return vlan > 0 ? put16(put16(at, vlan), ipv6 ? 0x86dd : 0x0800) : at;
}

static uint8_t *put_network(uint8_t *at, const struct endpoint *from, const struct endpoint *to,
			    uint8_t protocol, const struct frame *frame)
{
	if (frame->ipv6)
		return put_ipv6(at, from->host, to->host, protocol, frame->ip_octets - 40);
	return put_ipv4(at, &(struct frame_ipv4){.from = from->host,
						 .to = to->host,
						 .octets = (uint16_t)frame->ip_octets,
						 .fragment = 0x4000, /* don't */
						 .protocol = protocol});
}

/* `sum` is that of the pseudo header. The payload is 0 and adds nothing. */
static void put_checked_tcp(uint8_t *at, const struct endpoint *from, const struct endpoint *to,
			    uint8_t flags, uint32_t sum)
{
	put_tcp(at, from->port, to->port, flags == TCP_SYN ? 0 : 1, flags);
	put16(at + 16, frame_checksum(frame_sum(sum, at, 20)));
}

static void put_checked_udp(uint8_t *at, const struct endpoint *from, const struct endpoint *to,
			    uint32_t octets, uint32_t sum)
{
	uint16_t check;

	put_udp(at, from->port, to->port, octets);
	check = frame_checksum(frame_sum(sum, at, 8));
	put16(at + 6, check == 0 ? 0xffff : check); /* 0 would say: no checksum */
}

/* Does flow property number `which` hold, when it is to hold for `share` of the flows? */
static bool drawn(uint64_t bits, unsigned int which, double share)
{
	return (double)(prng_mix(bits + which) >> 32) < share * 0x1p32;
}

void frame_build(const struct frame_mix *mix, uint64_t flow, bool reverse, uint32_t length,
		 struct frame *frame)
{
	uint64_t bits = prng_mix(flow ^ mix->seed << 32);
	struct endpoint client = client_of(scatter((uint32_t)flow, mix->seed));
	struct endpoint server = server_of(bits);
	const struct endpoint *from = reverse ? &server : &client;
	const struct endpoint *to = reverse ? &client : &server;
	uint32_t link, network, transport;
	uint8_t *at = frame->bytes;
	uint8_t protocol, flags = mix->syn ? TCP_SYN : TCP_PSH_ACK;
	unsigned int vlan;

	frame->ipv6 = drawn(bits, 1, mix->ipv6);
	frame->vlan = drawn(bits, 2, mix->vlan);
	frame->tcp = mix->syn || drawn(bits, 3, mix->tcp);
	protocol = frame->tcp ? PROTOCOL_TCP : PROTOCOL_UDP;
	vlan = frame->vlan ? 1 + (unsigned int)(bits >> 16 & 0x3ff) : 0;
	link = frame->vlan ? 18 : 14;
	network = frame->ipv6 ? 40 : 20;
	transport = frame->tcp ? 20 : 8;
	frame->length = length < link + network + transport ? link + network + transport : length;
	frame->ip_octets = frame->length - link;

	memset(at, 0, FRAME_HEADERS_MAX);
	at = put_link(at, from, to, vlan, frame->ipv6);
	at = put_network(at, from, to, protocol, frame);
	/* Pseudo header: both addresses lie just before `at`, then protocol and length. */
	uint32_t addresses = frame->ipv6 ? 32 : 8;
	uint32_t payload = frame->ip_octets - network;
	uint32_t sum = frame_sum(protocol + payload, at - addresses, addresses);

	if (frame->tcp)
		put_checked_tcp(at, from, to, flags, sum);
	else
		put_checked_udp(at, from, to, payload, sum);
}
