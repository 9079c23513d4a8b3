/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <kit/frame.h>

#include "traffic.h"

enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMPV6 = 58 };
enum { ICMP_REPLY = 0, ICMP_ECHO = 8, ICMPV6_ECHO = 128, ICMPV6_REPLY = 129 };
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

/* Flows of ICMP have no ports: then the server's address has what the port would have. */
static uint32_t icmp_server(uint32_t scattered)
{
	return 198u << 24 | 19u << 16 | scattered >> 24;
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
			 unsigned int vlan, unsigned int tags, bool ipv6)
{
	const uint16_t type = ipv6 ? 0x86dd : 0x0800;

	at = put_ethernet(at, from->mac, to->mac, tags == 0 ? type : tags == 1 ? 0x8100 : 0x88a8);
	for (unsigned int tag = tags; tag > 0; tag--)
		at = put16(put16(at, vlan), tag > 1 ? 0x8100 : type);
	return at;
}

/* A word of options behind the header, and room for it: three that do nothing, and their end. */
static uint8_t *put_options(uint8_t *header, uint8_t *at)
{
	put8(header, 0x46);
	at = put32(at, 0x01010100);
	put16(header + 10, 0);
	put16(header + 10, frame_checksum(frame_sum(0, header, 24)));
	return at;
}

static uint8_t *put_network(uint8_t *at, const struct endpoint *from, const struct endpoint *to,
			    uint8_t protocol, bool options, const struct frame *frame)
{
	uint8_t *header = at;

	if (frame->ipv6)
		return put_ipv6(at, from->host, to->host, protocol, frame->ip_octets - 40);
	at = put_ipv4(at, &(struct frame_ipv4){.from = from->host,
					       .to = to->host,
					       .octets = (uint16_t)frame->ip_octets,
					       .fragment = 0x4000, /* don't */
					       .protocol = protocol});
	return options ? put_options(header, at) : at;
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

/* Echo request and reply; of IPv4 without a pseudo header. */
static void put_checked_icmp(uint8_t *at, bool ipv6, bool reverse, uint32_t sum)
{
	const uint8_t type =
		ipv6 ? (reverse ? ICMPV6_REPLY : ICMPV6_ECHO) : (reverse ? ICMP_REPLY : ICMP_ECHO);

	put32(put16(put8(put8(at, type), 0), 0), 0x00010001);
	put16(at + 2, frame_checksum(frame_sum(ipv6 ? sum : 0, at, 8)));
}

/* Does flow property number `which` hold, when it is to hold for `share` of the flows? */
static bool drawn(uint64_t bits, unsigned int which, double share)
{
	return (double)(prng_mix(bits + which) >> 32) < share * 0x1p32;
}

/* Of all packets of the flow. */
static uint8_t draw_kind(const struct frame_mix *mix, uint64_t bits, struct frame *frame)
{
	frame->ipv6 = drawn(bits, 1, mix->ipv6);
	frame->vlan = drawn(bits, 2, mix->vlan);
	frame->icmp = !mix->syn && drawn(bits, 4, mix->icmp);
	frame->tcp = !frame->icmp && (mix->syn || drawn(bits, 3, mix->tcp));
	if (frame->icmp)
		return frame->ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP;
	return frame->tcp ? PROTOCOL_TCP : PROTOCOL_UDP;
}

void frame_build(const struct frame_mix *mix, uint64_t flow, bool reverse, uint32_t length,
		 struct frame *frame)
{
	uint64_t bits = prng_mix(flow ^ mix->seed << 32);
	uint32_t scattered = scatter((uint32_t)flow, mix->seed);
	struct endpoint client = client_of(scattered);
	struct endpoint server = server_of(bits);
	const struct endpoint *from = reverse ? &server : &client;
	const struct endpoint *to = reverse ? &client : &server;
	uint8_t *at = frame->bytes, flags = mix->syn ? TCP_SYN : TCP_PSH_ACK;
	const uint8_t protocol = draw_kind(mix, bits, frame);
	const unsigned int vlan = 1 + (unsigned int)(bits >> 16 & 0x3ff);
	const unsigned int tags = frame->vlan ? mix->tags : 0;
	const uint32_t link = 14 + 4 * tags, network = frame->ipv6 ? 40 : mix->options ? 24 : 20;
	const uint32_t transport = frame->tcp ? 20 : 8;

	if (frame->icmp)
		server.host = icmp_server(scattered);
	frame->length = length < link + network + transport ? link + network + transport : length;
	frame->ip_octets = frame->length - link;

	memset(at, 0, FRAME_HEADERS_MAX);
	at = put_link(at, from, to, vlan, tags, frame->ipv6);
	uint8_t *ends = at + (frame->ipv6 ? 8 : 12); /* both addresses */
	at = put_network(at, from, to, protocol, mix->options, frame);
	/* Pseudo header: addresses, protocol and length. */
	uint32_t payload = frame->ip_octets - network;
	uint32_t sum = frame_sum(protocol + payload, ends, frame->ipv6 ? 32 : 8);

	if (frame->tcp)
		put_checked_tcp(at, from, to, flags, sum);
	else if (frame->icmp)
		put_checked_icmp(at, frame->ipv6, reverse, sum);
	else
		put_checked_udp(at, from, to, payload, sum);
}
