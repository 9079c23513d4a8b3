/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys: the same both ways, different for different flows, and the VLAN in them. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

#include "frame.h"

struct endpoint {
	const char *address;
	uint16_t port;
};

/* Neighbours in every byte that counts, the ends of the ranges, and equal ports or addresses. */
static const struct endpoint ipv4[] = {
	{"0.0.0.0", 0},         {"0.0.0.1", 65535},         {"1.0.0.0", 0},   {"10.0.0.1", 80},
	{"10.0.0.1", 81},       {"10.0.0.1", 0x5000},       {"10.0.0.2", 80}, {"10.0.1.1", 80},
	{"127.255.0.0", 443},   {"128.0.0.0", 443},         {"192.0.2.1", 1}, {"192.0.2.1", 256},
	{"255.255.255.255", 0}, {"255.255.255.255", 65535},
};
static const struct endpoint ipv6[] = {
	{"::", 0},
	{"100::", 0},
	{"::1", 80},
	{"::1", 81},
	{"::1", 0x5000},
	{"::1:0:0:0", 80},
	{"::1:0:0:1", 80},
	{"1::", 80},
	{"2001:db8::", 443},
	{"2001:db8::1", 443},
	{"2001:db8:0:1::", 443},
	{"2001:db9::", 443},
	{"7fff::", 0},
	{"8000::", 0},
	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0},
	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535},
};

#define ENDPOINTS(array) (sizeof(array) / sizeof((array)[0]))

struct layout {
	const char *hex;
	int family;
	unsigned int address, address_size, port; /* offsets of the source's */
};

static const struct layout tcp4 = {ETHERNET("0800") IPV4("0028", "06") TCP, AF_INET, 26, 4, 34};
static const struct layout udp6 = {ETHERNET("86dd") IPV6("0008", "11") UDP, AF_INET6, 22, 16, 54};

static struct packet packet_between(const struct layout *layout, const struct endpoint *source,
				    const struct endpoint *destination)
{
	struct frame frame = frame_of(layout->hex);
	uint8_t *address = frame.bytes + layout->address, *port = frame.bytes + layout->port;
	const uint16_t ports[2] = {htons(source->port), htons(destination->port)};

	cr_assert_eq(inet_pton(layout->family, source->address, address), 1);
	cr_assert_eq(
		inet_pton(layout->family, destination->address, address + layout->address_size), 1);
	memcpy(port, ports, sizeof(ports));
	return parse(&frame);
}

/* Endpoint `which` of the packet is this one. */
static void expect_endpoint(const struct packet *packet, unsigned int which,
			    const struct endpoint *endpoint)
{
	const bool is_ipv6 = packet->key.vlan & PACKET_KEY_IPV6;
	uint8_t expected[16], address[16];

	cr_assert_eq(inet_pton(is_ipv6 ? AF_INET6 : AF_INET, endpoint->address, expected), 1);
	if (is_ipv6)
		memcpy(address, packet->prefix[which], 12);
	memcpy(address + (is_ipv6 ? 12 : 0), &packet->key.address[which], 4);
	cr_expect_arr_eq(address, expected, is_ipv6 ? 16 : 4);
	cr_expect_eq(ntohs(packet->key.port[which]), endpoint->port);
}

static bool same_flow(const struct packet *a, const struct packet *b)
{
	return memcmp(&a->key, &b->key, sizeof(a->key)) == 0 &&
	       (!(a->key.vlan & PACKET_KEY_IPV6) ||
		memcmp(a->prefix, b->prefix, sizeof(a->prefix)) == 0);
}

static void expect_both_ways_alike(const struct layout *layout, const struct endpoint *endpoints,
				   unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		for (unsigned int j = 0; j < count; j++) {
			const struct packet there =
				packet_between(layout, &endpoints[i], &endpoints[j]);
			const struct packet back =
				packet_between(layout, &endpoints[j], &endpoints[i]);

			cr_expect(same_flow(&there, &back), "%u and %u", i, j);
			cr_expect_eq(there.direction, i == j ? 0 : !back.direction);
			expect_endpoint(&there, there.direction, &endpoints[i]);
			expect_endpoint(&there, !there.direction, &endpoints[j]);
		}
	}
}

Test(key, both_ways_alike_ipv4)
{
	expect_both_ways_alike(&tcp4, ipv4, ENDPOINTS(ipv4));
}

Test(key, both_ways_alike_ipv6)
{
	expect_both_ways_alike(&udp6, ipv6, ENDPOINTS(ipv6));
}

static void expect_pairs_differ(const struct layout *layout, const struct endpoint *endpoints,
				unsigned int count)
{
	struct packet packets[256];
	unsigned int pairs = 0;

	for (unsigned int i = 0; i < count; i++)
		for (unsigned int j = i; j < count; j++)
			packets[pairs++] = packet_between(layout, &endpoints[i], &endpoints[j]);
	for (unsigned int i = 0; i < pairs; i++)
		for (unsigned int j = 0; j < i; j++)
			cr_expect(!same_flow(&packets[i], &packets[j]), "%u and %u", i, j);
}

Test(key, pairs_differ)
{
	expect_pairs_differ(&tcp4, ipv4, ENDPOINTS(ipv4));
	expect_pairs_differ(&udp6, ipv6, ENDPOINTS(ipv6));
}

/* The fragments of a packet go the same way, though the later ones have no ports to compare. */
Test(key, later_fragments_have_the_direction_of_the_first)
{
	for (unsigned int i = 0; i < ENDPOINTS(ipv4); i++) {
		for (unsigned int j = 0; j < ENDPOINTS(ipv4); j++) {
			const struct layout later = {
				ETHERNET("0800") IPV4_FRAGMENT("0028", "06", "0001") TCP, AF_INET,
				26, 4, 34};
			struct packet a, b;

			if (strcmp(ipv4[i].address, ipv4[j].address) == 0)
				continue;
			a = packet_between(&tcp4, &ipv4[i], &ipv4[j]);
			b = packet_between(&later, &ipv4[i], &ipv4[j]);
			cr_expect_eq(b.fragment, PACKET_FRAGMENT_LATER);
			cr_expect_eq(a.direction, b.direction);
			cr_expect_arr_eq(a.key.address, b.key.address, sizeof(a.key.address));
		}
	}
}

Test(key, protocol_and_version_count)
{
	const struct packet tcp = parse_hex(tcp4.hex);
	const struct packet udp = parse_hex(ETHERNET("0800") IPV4("0028", "11") TCP);
	const struct packet four = parse_hex(ETHERNET("0800") IPV4("0014", "2f"));
	const struct packet six = parse_hex(ETHERNET("86dd") IPV6("0000", "2f"));

	cr_expect_eq(tcp.key.protocol, 6);
	cr_expect_eq(udp.key.protocol, 17);
	cr_expect(!same_flow(&tcp, &udp));
	cr_expect_eq(tcp.key.zero, 0);
	cr_expect_eq(four.key.vlan, 0);
	cr_expect_eq(six.key.vlan, PACKET_KEY_IPV6);
}

#define BEHIND  IPV4("0028", "06") TCP
#define BEHIND6 IPV6("0014", "06") TCP

Test(key, outermost_vlan)
{
	static const struct {
		const char *hex;
		uint16_t vlan;
	} cases[] = {
		{ETHERNET("0800") BEHIND, 0},
		{ETHERNET("8100") TAG("0064", "0800") BEHIND, 100},
		{ETHERNET("8100") TAG("0064", "86dd") BEHIND6, 100 | PACKET_KEY_IPV6},
		{ETHERNET("8100") TAG("ffff", "0800") BEHIND,
		 4095}, /* priority and DEI do not count */
		{ETHERNET("8100") TAG("e000", "0800") BEHIND, 0}, /* priority tag */
		{ETHERNET("88a8") TAG("0064", "8100") TAG("00c8", "0800") BEHIND, 100},
		{ETHERNET("9100") TAG("00c8", "8100") TAG("0064", "0800") BEHIND, 200},
		{ETHERNET("8100") TAG("0000", "8100") TAG("0064", "0800") BEHIND, 0},
		{ETHERNET("8100") TAG("0064", "8847") LABEL_BOTTOM BEHIND, 100},
		{ETHERNET("8100") TAG("0064", "8864") PPPOE("0057") BEHIND6, 100 | PACKET_KEY_IPV6},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame frame = frame_of(cases[i].hex);

		cr_expect_eq(parse(&frame).key.vlan, cases[i].vlan, "%zu", i);
		frame.no_vlan_key = true;
		cr_expect_eq(parse(&frame).key.vlan, cases[i].vlan & PACKET_KEY_IPV6, "%zu", i);
	}
}

Test(key, stripped_tag_is_the_outermost)
{
	struct frame plain = frame_of(ETHERNET("0800") BEHIND);
	struct frame inner = frame_of(ETHERNET("8100") TAG("00c8", "86dd") BEHIND6);
	struct packet packet;

	plain.vlan_was_stripped = inner.vlan_was_stripped = true;
	plain.stripped_vlan = inner.stripped_vlan = 0xe064;

	packet = parse(&plain);
	cr_expect_eq(packet.key.vlan, 100);
	cr_expect_eq(packet.frame_length, 58, "the tag was on the wire");
	cr_expect_eq(packet.octets, 40);
	cr_expect_eq(packet.l4_offset, 34, "but is not in memory");

	packet = parse(&inner);
	cr_expect_eq(packet.key.vlan, 100 | PACKET_KEY_IPV6);
	cr_expect_eq(packet.frame_length, 82);

	plain.no_vlan_key = inner.no_vlan_key = true;
	cr_expect_eq(parse(&plain).key.vlan, 0);
	cr_expect_eq(parse(&inner).key.vlan, PACKET_KEY_IPV6);
}

Test(key, stripped_tag_is_one_of_four)
{
	struct frame three =
		frame_of(ETHERNET("8100") TWICE(TAG("0001", "8100")) TAG("0001", "0800") BEHIND);
	struct frame four = frame_of(ETHERNET("8100") TWICE(TAG("0001", "8100")) TAG("0001", "8100")
					     TAG("0001", "0800") BEHIND);

	cr_expect_eq(parse(&four).reason, PACKET_FLOW_IPV4);
	three.vlan_was_stripped = four.vlan_was_stripped = true;
	cr_expect_eq(parse(&three).reason, PACKET_FLOW_IPV4);
	cr_expect_eq(parse(&four).reason, PACKET_MALFORMED_TAGS);
	cr_expect_eq(parse(&four).frame_length, four.wire + 4);
}

/* What is not taken out is not looked at: the member may hold anything. */
Test(key, vlan_member_without_a_stripped_tag)
{
	struct frame frame = frame_of(ETHERNET("0800") BEHIND);

	frame.stripped_vlan = 100;
	cr_expect_eq(parse(&frame).key.vlan, 0);
	cr_expect_eq(parse(&frame).frame_length, 54);
}
