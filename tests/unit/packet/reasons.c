/* SPDX-License-Identifier: BSD-3-Clause */
/* Every reason that the parser gives, reached by frames made for it. */
#include <criterion/criterion.h>
#include <string.h>

#include "frame.h"

#define IP4  ETHERNET("0800")
#define IP6  ETHERNET("86dd")
#define MPLS ETHERNET("8847")

static const struct {
	enum packet_reason reason;
	const char *what;
	const char *hex;
} cases[] = {
	{PACKET_FLOW_IPV4, "TCP", IP4 IPV4("0028", "06") TCP},
	{PACKET_FLOW_IPV4, "UDP", IP4 IPV4("001c", "11") UDP},
	{PACKET_FLOW_IPV4, "SCTP", IP4 IPV4("0020", "84") SCTP},
	{PACKET_FLOW_IPV4, "DCCP", IP4 IPV4("0020", "21") DCCP},
	{PACKET_FLOW_IPV4, "UDP-Lite", IP4 IPV4("001c", "88") UDPLITE},
	{PACKET_FLOW_IPV4, "GRE, no payload", IP4 IPV4("0014", "2f")},
	{PACKET_FLOW_IPV4, "four tags",
	 ETHERNET("88a8") TAG("0001", "9100") TAG("0002", "8100") TAG("0003", "8100")
		 TAG("0004", "0800") IPV4("0014", "2f")},
	{PACKET_FLOW_IPV4, "sixteen labels",
	 MPLS EIGHT(LABEL) FOUR(LABEL) TWICE(LABEL) LABEL LABEL_BOTTOM IPV4("0014", "2f")},
	{PACKET_FLOW_IPV4, "upstream-assigned label",
	 ETHERNET("8848") LABEL_BOTTOM IPV4("0014", "2f")},
	{PACKET_FLOW_IPV4, "PPPoE", ETHERNET("8864") PPPOE("0021") IPV4("0014", "2f")},
	{PACKET_FLOW_IPV4, "tag, then label",
	 ETHERNET("8100") TAG("0001", "8847") LABEL_BOTTOM IPV4("0014", "2f")},
	{PACKET_FLOW_IPV4, "tag, then PPPoE",
	 ETHERNET("8100") TAG("0001", "8864") PPPOE("0021") IPV4("0014", "2f")},
	{PACKET_FLOW_IPV4, "authentication header is no extension header here",
	 IP4 IPV4("001c", "33") AUTHENTICATION("06")},
	{PACKET_FLOW_IPV6, "TCP", IP6 IPV6("0014", "06") TCP},
	{PACKET_FLOW_IPV6, "below labels", MPLS LABEL LABEL_BOTTOM IPV6("0008", "11") UDP},
	{PACKET_FLOW_IPV6, "below PPPoE", ETHERNET("8864") PPPOE("0057") IPV6("0008", "11") UDP},
	{PACKET_FLOW_IPV6, "eight extension headers",
	 IP6 IPV6("0048", "00") OPTIONS("3c") OPTIONS("2b") OPTIONS("2c") FRAGMENT("33", "0000")
		 AUTHENTICATION("87") OPTIONS("8b") OPTIONS("8c") OPTIONS("11") UDP},
	{PACKET_FLOW_IPV6, "no next header", IP6 IPV6("0008", "3c") OPTIONS("3b")},
	{PACKET_FLOW_IPV6, "ESP ends the walk", IP6 IPV6("0009", "3c") OPTIONS("32") "2b"},

	{PACKET_NON_IP_ARP, "ARP", ETHERNET("0806") "0001"},
	{PACKET_NON_IP_ARP, "ARP behind a tag", ETHERNET("8100") TAG("0001", "0806")},
	{PACKET_NON_IP_LLDP, "LLDP", ETHERNET("88cc") "0207"},
	{PACKET_NON_IP_LLC, "spanning tree", ETHERNET("0026") "424203"},
	{PACKET_NON_IP_LLC, "length 0", ETHERNET("0000")},
	{PACKET_NON_IP_LLC, "the longest length", ETHERNET("05dc")},
	{PACKET_NON_IP_LLC, "behind a tag", ETHERNET("8100") TAG("0001", "0026") "424203"},
	{PACKET_NON_IP_SLOW, "LACP", ETHERNET("8809") "01"},
	{PACKET_NON_IP_EAPOL, "802.1X", ETHERNET("888e") "01"},
	{PACKET_NON_IP_MACSEC, "MACsec", ETHERNET("88e5") "2c"},
	{PACKET_NON_IP_PTP, "PTP", ETHERNET("88f7") "00"},
	{PACKET_NON_IP_CFM, "CFM", ETHERNET("8902") "e0"},
	{PACKET_NON_IP_PPPOE, "discovery", ETHERNET("8863") "1109"},
	{PACKET_NON_IP_PPPOE, "LCP", ETHERNET("8864") PPPOE("c021")},
	{PACKET_NON_IP_MPLS, "pseudowire control word", MPLS LABEL_BOTTOM "00000000"},
	{PACKET_NON_IP_OTHER, "no length and no type", ETHERNET("05dd")},
	{PACKET_NON_IP_OTHER, "the last such", ETHERNET("05ff")},
	{PACKET_NON_IP_OTHER, "the first type", ETHERNET("0600")},
	{PACKET_NON_IP_OTHER, "loopback test", ETHERNET("9000") "0000"},
	{PACKET_NON_IP_OTHER, "a tag type that is not walked",
	 ETHERNET("9200") TAG("0001", "0800")},

	{PACKET_TRUNCATED_ETHERNET, "nothing", ""},
	{PACKET_TRUNCATED_ETHERNET, "half a type", MACS "08"},
	{PACKET_TRUNCATED_TAG, "tag", ETHERNET("8100") "000108"},
	{PACKET_TRUNCATED_MPLS, "label", MPLS LABEL "000201"},
	{PACKET_TRUNCATED_MPLS, "nothing below the stack", MPLS LABEL_BOTTOM},
	{PACKET_TRUNCATED_PPPOE, "protocol", ETHERNET("8864") "11000001004000"},
	{PACKET_TRUNCATED_IPV4, "19 bytes", IP4 "45000014 00000000 402f0000 c0000201 c63364"},
	{PACKET_TRUNCATED_IPV4, "options", IP4 "46000018 00000000 402f0000 c0000201 c6336402"},
	{PACKET_TRUNCATED_IPV6, "one byte", IP6 "60"},
	{PACKET_TRUNCATED_IPV6, "version 4, but that is looked at later", IP6 "4500"},

	{PACKET_MALFORMED_TAGS, "a fifth tag",
	 ETHERNET("8100") FOUR(TAG("0001", "8100")) TAG("0001", "0800") IPV4("0014", "2f")},
	{PACKET_MALFORMED_TAGS, "a fifth tag, cut off", ETHERNET("8100") FOUR(TAG("0001", "8100"))},
	{PACKET_MALFORMED_MPLS, "a seventeenth label",
	 MPLS EIGHT(LABEL) EIGHT(LABEL) LABEL_BOTTOM IPV4("0014", "2f")},
	{PACKET_MALFORMED_IPV4_VERSION, "6", IP4 IPV6("0008", "11") UDP},
	{PACKET_MALFORMED_IPV4_HEADER, "four words",
	 IP4 "44000014 00000000 402f0000 c0000201 c6336402"},
	{PACKET_MALFORMED_IPV4_LENGTH, "less than the header", IP4 IPV4("0013", "2f")},
	{PACKET_MALFORMED_IPV4_LENGTH, "less than the options",
	 IP4 "46000017 00000000 402f0000 c0000201 c6336402 01010101"},
	{PACKET_MALFORMED_IPV4_LENGTH, "more than the frame", IP4 IPV4("0015", "2f")},
	{PACKET_MALFORMED_IPV6_VERSION, "4", IP6 IPV4("0028", "06") TCP},
	{PACKET_MALFORMED_IPV6_LENGTH, "more than the frame", IP6 IPV6("0009", "11") UDP},
	{PACKET_MALFORMED_IPV6_EXTENSIONS, "a ninth",
	 IP6 IPV6("0050", "3c") EIGHT(OPTIONS("3c")) OPTIONS("11") UDP},
	{PACKET_MALFORMED_IPV6_EXTENSIONS, "a ninth, cut off",
	 IP6 IPV6("0040", "3c") EIGHT(OPTIONS("3c"))},
	{PACKET_MALFORMED_IPV6_EXTENSION, "nothing there", IP6 IPV6("0007", "3c") "11000104000000"},
	{PACKET_MALFORMED_IPV6_EXTENSION, "longer than the packet",
	 IP6 IPV6("000f", "3c") "1101 010c0000 00000000 00000000 000000"},
	{PACKET_MALFORMED_IPV6_EXTENSION, "authentication longer than the packet",
	 IP6 IPV6("000b", "33") "1101 0000 00000001 000000"},
	{PACKET_MALFORMED_IPV6_EXTENSION, "padding is no extension header",
	 IP6 IPV6("0004", "3c") "11000104 00000000"},
	{PACKET_MALFORMED_TCP, "19 bytes", IP4 IPV4("0027", "06") TCP},
	{PACKET_MALFORMED_TCP, "first fragment without room for the ports",
	 IP4 IPV4_FRAGMENT("0017", "06", "2000") TCP},
	{PACKET_MALFORMED_TCP, "the same in IPv6",
	 IP6 IPV6("000b", "2c") FRAGMENT("06", "0001") TCP},
	{PACKET_MALFORMED_UDP, "no fragment at all",
	 IP6 IPV6("000c", "2c") FRAGMENT("11", "0000") UDP},
	{PACKET_MALFORMED_UDP, "7 bytes", IP4 IPV4("001b", "11") UDP},
	{PACKET_MALFORMED_UDP, "7 bytes behind an extension header",
	 IP6 IPV6("000f", "3c") OPTIONS("11") UDP},
	{PACKET_MALFORMED_SCTP, "11 bytes", IP4 IPV4("001f", "84") SCTP},
	{PACKET_MALFORMED_DCCP, "11 bytes", IP4 IPV4("001f", "21") DCCP},
	{PACKET_MALFORMED_UDPLITE, "7 bytes", IP4 IPV4("001b", "88") UDPLITE},
};

/* Of frames that were longer on the wire than what is in hand. */
static const struct {
	enum packet_reason reason;
	uint32_t wire;
	const char *hex;
} snapped[] = {
	{PACKET_TRUNCATED_IPV6_EXTENSION, 70, IP6 IPV6("0010", "3c") "11"},
	{PACKET_TRUNCATED_IPV6_EXTENSION, 70, IP6 IPV6("0010", "3c") "110001040000"},
	{PACKET_MALFORMED_IPV6_EXTENSION, 70, IP6 IPV6("0010", "3c") "1102"},
	{PACKET_MALFORMED_IPV6_EXTENSION, 70, IP6 IPV6("0007", "3c")}, /* none is that short */
	{PACKET_TRUNCATED_PORTS, 54, IP4 IPV4("0028", "06") "c35000"},
	{PACKET_TRUNCATED_PORTS, 62, IP6 IPV6("0008", "11") "c35000"},
	{PACKET_TRUNCATED_PORTS, 42, IP4 IPV4_FRAGMENT("001c", "06", "2000") "c35000"},
	{PACKET_FLOW_IPV4, 42, IP4 IPV4_FRAGMENT("001c", "06", "2000") "c3500050"},
	{PACKET_MALFORMED_TCP, 54, IP4 IPV4("0027", "06") "c35000"},
	{PACKET_MALFORMED_IPV4_LENGTH, 53, IP4 IPV4("0028", "06")},
	{PACKET_TRUNCATED_IPV4, 1500, IP4 "4f"},
	{PACKET_FLOW_IPV4, 54, IP4 IPV4("0028", "06") "c3500050"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

Test(reasons, frame_gets_its_reason)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct frame frame = frame_of(cases[i].hex);
		const struct packet packet = parse(&frame);

		cr_expect_eq(packet.reason, cases[i].reason, "%s (%s): %s",
			     packet_reason_name(cases[i].reason), cases[i].what,
			     packet_reason_name(packet.reason));
		cr_expect_eq(packet.frame_length, frame.wire);
	}
}

Test(reasons, snapped_frame_gets_its_reason)
{
	for (size_t i = 0; i < COUNT(snapped); i++) {
		struct frame frame = frame_of(snapped[i].hex);

		frame.wire = snapped[i].wire;

		struct packet packet = parse(&frame);

		cr_expect_eq(packet.reason, snapped[i].reason, "%zu: %s", i,
			     packet_reason_name(packet.reason));
		cr_expect_eq(packet.frame_length, snapped[i].wire);
	}
}

Test(reasons, every_reason_of_the_parser_occurs)
{
	for (int reason = 0; reason < PACKET_REASONS; reason++) {
		enum packet_bucket bucket = packet_reason_bucket(reason);
		bool occurs = false;

		for (size_t i = 0; i < COUNT(cases); i++)
			occurs |= (int)cases[i].reason == reason;
		for (size_t i = 0; i < COUNT(snapped); i++)
			occurs |= (int)snapped[i].reason == reason;
		cr_expect_eq(occurs, bucket < PACKET_BUCKET_FILTERED, "%s",
			     packet_reason_name(reason));
	}
}

Test(reasons, names_begin_with_their_bucket_and_differ)
{
	for (int reason = 0; reason < PACKET_REASONS; reason++) {
		const char *name = packet_reason_name(reason);
		const char *bucket = packet_bucket_name(packet_reason_bucket(reason));
		size_t length = strlen(bucket);

		cr_expect(strncmp(name, bucket, length) == 0 && name[length] == '_', "%s", name);
		for (int other = 0; other < reason; other++)
			cr_expect_str_neq(name, packet_reason_name(other));
	}
}
