/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parser says of a packet beside its key: lengths, fragments, TCP, ICMP. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

#include "frame.h"

#define IP4 ETHERNET("0800")
#define IP6 ETHERNET("86dd")

Test(members, header_fields)
{
	const uint8_t macs[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
	struct packet packet = parse_hex(IP4 IPV4("0028", "06") TCP);

	cr_expect_arr_eq(packet.mac, macs, sizeof(macs));
	cr_expect_eq(packet.ttl, 0x40);
	cr_expect_eq(packet.tos, 0xb8);
	cr_expect_eq(packet.fragment, PACKET_WHOLE);
	cr_expect_eq(packet.fragment_id, htons(0x1234));

	packet = parse_hex(IP6 IPV6("0014", "06") TCP);
	cr_expect_arr_eq(packet.mac, macs, sizeof(macs));
	cr_expect_eq(packet.ttl, 0x3f);
	cr_expect_eq(packet.tos, 0xb8);
	cr_expect_eq(packet.fragment, PACKET_WHOLE);
}

Test(members, where_the_payload_begins)
{
	static const struct {
		const char *hex;
		uint16_t l4_offset;
	} cases[] = {
		{IP4 IPV4("0028", "06") TCP, 14 + 20},
		{IP4 "4f00003c 00000000 402f0000 c0000201 c6336402" TWICE(FOUR("01010101"))
			 TWICE("01010101"),
		 14 + 60},
		{ETHERNET("8100") TAG("0001", "0800") IPV4("0028", "06") TCP, 18 + 20},
		{ETHERNET("8847") LABEL LABEL_BOTTOM IPV4("0028", "06") TCP, 22 + 20},
		{ETHERNET("8864") PPPOE("0057") IPV6("0014", "06") TCP, 22 + 40},
		{IP6 IPV6("0020", "00") OPTIONS("2c")
			 FRAGMENT("32", "0001") "00000001 00000001 00000000 00000000",
		 14 + 40 + 16},
		/* an authentication header need not be a multiple of 8 bytes long */
		{IP6 IPV6("0014", "33") "1101 0000 00000001 00000001" UDP, 14 + 40 + 12},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct packet packet = parse_hex(cases[i].hex);

		cr_expect_eq(packet_reason_bucket(packet.reason), PACKET_BUCKET_FLOW, "%zu", i);
		cr_expect_eq(packet.l4_offset, cases[i].l4_offset, "%zu: %u", i, packet.l4_offset);
	}
}

/* Four tags, sixteen labels and eight extension headers of the greatest length. */
Test(members, deepest_payload)
{
	struct frame frame =
		frame_of(ETHERNET("88a8") TAG("0001", "8100") TAG("0001", "8100")
				 TAG("0001", "8100") TAG("0001", "8847") EIGHT(LABEL) FOUR(LABEL)
					 TWICE(LABEL) LABEL LABEL_BOTTOM IPV6("0000", "3c"));
	uint32_t offset = frame.captured;

	for (unsigned int extension = 0; extension < 8; extension++) {
		frame.bytes[offset] = extension < 7 ? 60 : 17;
		frame.bytes[offset + 1] = 255;
		offset += 2048;
	}
	cr_assert(offset + 20 <= PACKET_HEADERS_MAX);
	frame.captured = frame.wire = offset + 8;

	struct packet packet = parse(&frame);

	cr_expect_eq(packet.reason, PACKET_FLOW_IPV6);
	cr_expect_eq(packet.l4_offset, 14 + 16 + 64 + 40 + 8 * 2048);
	cr_expect_eq(packet.octets, 40 + 8 * 2048 + 8);
}

/* Octets are the IP packet's own, whatever the frame adds. */
Test(members, octets)
{
	static const struct {
		const char *hex;
		uint32_t unseen; /* bytes of the frame that were not captured */
		uint32_t octets;
	} cases[] = {
		{IP4 IPV4("0028", "06") TCP, 0, 40},
		{IP4 IPV4("001d", "11") UDP "61", 0, 29},
		{IP4 IPV4("0028", "06") TCP "000000000000", 0, 40},    /* padded to 60 */
		{IP4 IPV4("0028", "06") TCP "000000000000", 1440, 40}, /* as odd as it is */
		{IP4 IPV4("05dc", "06") TCP, 1460, 1500},              /* a snap length of 54 */
		{IP4 IPV4("2328", "06") TCP, 8960, 9000},              /* jumbo frame */
		{IP4 IPV4("ffff", "06") TCP, 65495, 65535},
		{IP4 IPV4("0000", "06") TCP, 0, 40}, /* segmentation offload */
		{IP4 IPV4("0000", "06") TCP, 100000, 100040},
		{ETHERNET("8100") TAG("0001", "0800") IPV4("0028", "06") TCP, 0, 40},
		{ETHERNET("8864") PPPOE("0021") IPV4("0028", "06") TCP, 0, 40},
		{IP6 IPV6("0014", "06") TCP, 0, 60},
		{IP6 IPV6("0014", "06") TCP "0000", 0, 60},
		{IP6 IPV6("0018", "3c") OPTIONS("2c") FRAGMENT("11", "0000") UDP, 0, 64},
		{IP6 IPV6("05b4", "06") TCP, 1440, 1500},
		{IP6 IPV6("ffff", "06") TCP, 65515, 65575},
		{IP6 IPV6("0000", "06") TCP, 0, 60}, /* jumbogram, segmentation offload */
		{IP6 IPV6("0000", "06") TCP, 100000, 100060},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame frame = frame_of(cases[i].hex);

		frame.wire += cases[i].unseen;

		const struct packet packet = parse(&frame);

		cr_expect_eq(packet_reason_bucket(packet.reason), PACKET_BUCKET_FLOW, "%zu", i);
		cr_expect_eq(packet.octets, cases[i].octets, "%zu: %u", i, packet.octets);
		cr_expect_eq(packet.frame_length, frame.wire);
	}
}

static void expect_no_ports(const struct packet *packet)
{
	cr_expect_eq(packet->key.port[0], 0);
	cr_expect_eq(packet->key.port[1], 0);
	cr_expect_eq(packet->tcp_flags, 0);
	cr_expect_eq(packet->icmp, 0);
}

Test(members, ipv4_fragments)
{
	struct packet packet = parse_hex(IP4 IPV4_FRAGMENT("0028", "06", "2000") TCP);
	struct packet key = parse_hex(IP4 IPV4("0028", "06") TCP);

	cr_expect_eq(packet.fragment, PACKET_FRAGMENT_FIRST);
	cr_expect_eq(packet.fragment_id, htons(0x1234));
	cr_expect_arr_eq(&packet.key, &key.key, sizeof(key.key), "as if it were whole");

	packet = parse_hex(IP4 IPV4_FRAGMENT("0028", "06", "4000") TCP);
	cr_expect_eq(packet.fragment, PACKET_WHOLE, "don't fragment");
	packet = parse_hex(IP4 IPV4_FRAGMENT("0028", "06", "8000") TCP);
	cr_expect_eq(packet.fragment, PACKET_WHOLE, "reserved bit");

	static const char *const later[] = {
		IP4 IPV4_FRAGMENT("0028", "06", "0001") TCP, /* the last one */
		IP4 IPV4_FRAGMENT("0028", "06", "2001") TCP, /* one in the middle */
		IP4 IPV4_FRAGMENT("0028", "06", "1000") TCP,
		IP4 IPV4_FRAGMENT("0028", "06", "1fff") TCP,
		IP4 IPV4_FRAGMENT("0015", "06", "0001") "61", /* shorter than any header */
		IP4 IPV4_FRAGMENT("0014", "06", "0001"),
		IP4 IPV4_FRAGMENT("001c", "01", "0001") "0800000000000000",
	};

	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		packet = parse_hex(later[i]);
		cr_expect_eq(packet.reason, PACKET_FLOW_IPV4, "%zu", i);
		cr_expect_eq(packet.fragment, PACKET_FRAGMENT_LATER, "%zu", i);
		cr_expect_eq(packet.fragment_id, htons(0x1234));
		expect_no_ports(&packet);
	}
}

/* The first fragment of `nmap -f` and the like: ports, and less than a header. */
static void expect_tiny(const char *hex, const char *whole, uint8_t tcp_flags)
{
	struct packet packet = parse_hex(hex), key = parse_hex(whole);

	cr_expect_eq(packet_reason_bucket(packet.reason), PACKET_BUCKET_FLOW, "%s", hex);
	cr_expect_eq(packet.fragment, PACKET_FRAGMENT_TINY, "%s", hex);
	cr_expect_eq(packet.tcp_flags, tcp_flags, "%s", hex);
	cr_expect_arr_eq(&packet.key, &key.key, sizeof(key.key), "%s", hex);
}

Test(members, tiny_fragments)
{
	const char *tcp4 = IP4 IPV4("0028", "06") TCP, *tcp6 = IP6 IPV6("0014", "06") TCP;

	/* What lies behind the end of the packet are no flags. */
	expect_tiny(IP4 IPV4_FRAGMENT("001c", "06", "2000") TCP, tcp4, 0);
	expect_tiny(IP4 IPV4_FRAGMENT("001c", "06", "2000") "c350005000000001", tcp4, 0);
	expect_tiny(IP4 IPV4_FRAGMENT("0018", "06", "2000") "c3500050", tcp4, 0);
	expect_tiny(IP4 IPV4_FRAGMENT("0021", "06", "2000") TCP, tcp4, 0);
	expect_tiny(IP4 IPV4_FRAGMENT("0022", "06", "2000") TCP, tcp4, 0x12);
	expect_tiny(IP4 IPV4_FRAGMENT("0024", "06", "2000") TCP, tcp4, 0x12);
	expect_tiny(IP4 IPV4_FRAGMENT("0027", "06", "2000") TCP, tcp4, 0x12);
	expect_tiny(IP4 IPV4_FRAGMENT("001c", "84", "2000") SCTP, IP4 IPV4("0020", "84") SCTP, 0);
	expect_tiny(IP6 IPV6("0010", "2c") FRAGMENT("06", "0001") TCP, tcp6, 0);
	expect_tiny(IP6 IPV6("0018", "2c") FRAGMENT("06", "0001") TCP, tcp6, 0x12);
	expect_tiny(IP6 IPV6("0018", "2c") FRAGMENT("2c", "0001") FRAGMENT("06", "0000") TCP, tcp6,
		    0);

	/* A header is whole, or the protocol has none. */
	cr_expect_eq(parse_hex(IP4 IPV4_FRAGMENT("001c", "11", "2000") UDP).fragment,
		     PACKET_FRAGMENT_FIRST);
	cr_expect_eq(parse_hex(IP4 IPV4_FRAGMENT("0018", "01", "2000") "08000000").fragment,
		     PACKET_FRAGMENT_FIRST);
}

Test(members, ipv6_fragments)
{
	struct packet key = parse_hex(IP6 IPV6("0014", "06") TCP);
	struct packet packet = parse_hex(IP6 IPV6("001c", "2c") FRAGMENT("06", "0001") TCP);

	cr_expect_eq(packet.fragment, PACKET_FRAGMENT_FIRST);
	cr_expect_eq(packet.fragment_id, htonl(0xdeadbeef));
	cr_expect_arr_eq(&packet.key, &key.key, sizeof(key.key), "as if it were whole");

	packet = parse_hex(IP6 IPV6("001c", "2c") FRAGMENT("06", "0000") TCP);
	cr_expect_eq(packet.fragment, PACKET_WHOLE, "atomic fragment");
	cr_expect_arr_eq(&packet.key, &key.key, sizeof(key.key));
	packet = parse_hex(IP6 IPV6("001c", "2c") FRAGMENT("06", "0006") TCP);
	cr_expect_eq(packet.fragment, PACKET_WHOLE, "reserved bits");

	packet =
		parse_hex(IP6 IPV6("0024", "2c") FRAGMENT("2c", "0001") FRAGMENT("06", "0000") TCP);
	cr_expect_eq(packet.fragment, PACKET_FRAGMENT_FIRST, "the atomic one does not undo it");

	static const struct {
		const char *hex;
		uint8_t protocol;
	} later[] = {
		{IP6 IPV6("001c", "2c") FRAGMENT("06", "0008") TCP, 6},
		{IP6 IPV6("001c", "2c") FRAGMENT("06", "fff9") TCP, 6},
		{IP6 IPV6("0009", "2c") FRAGMENT("11", "0008") "61", 17},
		{IP6 IPV6("0008", "2c") FRAGMENT("11", "0008"), 17},
		{IP6 IPV6("0010", "2c") FRAGMENT("3a", "0008") "8000000000000000", 58},
		/* what follows only looks like an extension header that is too long */
		{IP6 IPV6("0010", "2c") FRAGMENT("3c", "0008") "11ff000000000000", 60},
	};

	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		packet = parse_hex(later[i].hex);
		cr_expect_eq(packet.reason, PACKET_FLOW_IPV6, "%zu", i);
		cr_expect_eq(packet.fragment, PACKET_FRAGMENT_LATER, "%zu", i);
		cr_expect_eq(packet.fragment_id, htonl(0xdeadbeef));
		cr_expect_eq(packet.key.protocol, later[i].protocol);
		expect_no_ports(&packet);
	}
}

Test(members, protocols_without_ports)
{
	static const struct {
		const char *hex;
		uint8_t protocol;
	} cases[] = {
		{IP4 IPV4("0028", "2f") TCP, 47},
		{IP4 IPV4("0028", "32") TCP, 50},
		{IP4 IPV4("0030", "33") AUTHENTICATION("06") TCP, 51},
		{IP4 IPV4("0028", "3c") TCP, 60},
		{IP4 IPV4("0028", "00") TCP, 0},
		{IP6 IPV6("0014", "2f") TCP, 47},
		{IP6 IPV6("0014", "32") TCP, 50},
		{IP6 IPV6("0014", "3b") TCP, 59},
		{IP6 IPV6("001c", "00") OPTIONS("3b") TCP, 59},
		{IP6 IPV6("0028", "29") IPV6("0000", "3b"), 41},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct packet packet = parse_hex(cases[i].hex);

		cr_expect_eq(packet_reason_bucket(packet.reason), PACKET_BUCKET_FLOW, "%zu", i);
		cr_expect_eq(packet.key.protocol, cases[i].protocol, "%zu", i);
		expect_no_ports(&packet);
	}
}

#define TCP_FLAGS(word) "c350 0050 00000001 00000002" word "ffff 0000 0000"

Test(members, tcp_flags)
{
	cr_expect_eq(parse_hex(IP4 IPV4("0028", "06") TCP_FLAGS("5002")).tcp_flags, 0x02);
	cr_expect_eq(parse_hex(IP4 IPV4("0028", "06") TCP_FLAGS("5fff")).tcp_flags, 0xff);
	cr_expect_eq(parse_hex(IP4 IPV4("0028", "06") TCP_FLAGS("5f00")).tcp_flags, 0x00);
	cr_expect_eq(parse_hex(IP6 IPV6("0014", "06") TCP_FLAGS("5011")).tcp_flags, 0x11);
	cr_expect_eq(parse_hex(IP4 IPV4("0028", "11") TCP_FLAGS("5fff")).tcp_flags, 0, "UDP");
	cr_expect_eq(parse_hex(IP4 IPV4("0028", "84") TCP_FLAGS("5fff")).tcp_flags, 0, "SCTP");
}

Test(members, tcp_flags_only_where_captured)
{
	struct frame frame = frame_of(IP4 IPV4("0028", "06") TCP_FLAGS("5fff"));

	for (frame.captured = 38; frame.captured <= frame.wire; frame.captured++)
		cr_expect_eq(parse(&frame).tcp_flags, frame.captured >= 48 ? 0xff : 0x00, "%u",
			     frame.captured);
}

Test(members, icmp)
{
	cr_expect_eq(parse_hex(IP4 IPV4("001c", "01") "030a000000000000").icmp, 0x030a);
	cr_expect_eq(parse_hex(IP6 IPV6("0008", "3a") "8001000000000000").icmp, 0x8001);
	cr_expect_eq(parse_hex(IP6 IPV6("0010", "00") OPTIONS("3a") "8001000000000000").icmp,
		     0x8001);
	cr_expect_eq(parse_hex(IP4 IPV4("0016", "01") "0801").icmp, 0x0801, "two bytes do");
	cr_expect_eq(parse_hex(IP4 IPV4("0015", "01") "0801").icmp, 0, "one and padding");
	cr_expect_eq(parse_hex(IP4 IPV4("0014", "01") "0801").icmp, 0, "padding");
	cr_expect_eq(parse_hex(IP4 IPV4_FRAGMENT("001c", "01", "2000") "0801000000000000").icmp,
		     0x0801, "first fragment");
	/* each version has its own */
	cr_expect_eq(parse_hex(IP4 IPV4("001c", "3a") "8001000000000000").icmp, 0);
	cr_expect_eq(parse_hex(IP6 IPV6("0008", "01") "0801000000000000").icmp, 0);
	cr_expect_eq(parse_hex(IP4 IPV4("001c", "11") "0801000000000000").icmp, 0, "UDP");
}

Test(members, icmp_only_where_captured)
{
	struct frame frame = frame_of(IP4 IPV4("001c", "01") "030a000000000000");

	frame.captured = 35;
	cr_expect_eq(parse(&frame).reason, PACKET_FLOW_IPV4);
	cr_expect_eq(parse(&frame).icmp, 0);
	frame.captured = 36;
	cr_expect_eq(parse(&frame).icmp, 0x030a);
}
