/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames packet_parse_common() takes. That it says the same of them is parse()'s part. */
#include <criterion/criterion.h>
#include <string.h>

#include "frame.h"

#define IP4     ETHERNET("0800")
#define IP6     ETHERNET("86dd")
#define TAGGED  ETHERNET("8100") TAG("0001", "0800")
#define PADDING "000000000000000000000000000000000000"

#define IPV4_OPTIONS(total, protocol)                                                              \
	"46b8" total "1234 0000 40" protocol "0000 c0000201 c6336402 01010100"

static const struct {
	bool common;
	const char *what;
	const char *hex;
} cases[] = {
	{true, "TCP", IP4 IPV4("0028", "06") TCP PADDING},
	{true, "UDP", IP4 IPV4("001c", "11") UDP PADDING},
	{true, "SCTP", IP4 IPV4("0020", "84") SCTP PADDING},
	{true, "DCCP", IP4 IPV4("0020", "21") DCCP PADDING},
	{true, "UDP-Lite", IP4 IPV4("001c", "88") UDPLITE PADDING},
	{true, "do not fragment", IP4 IPV4_FRAGMENT("0028", "06", "4000") TCP},
	{true, "IPv6 TCP", IP6 IPV6("0014", "06") TCP},
	{true, "IPv6 UDP", IP6 IPV6("0008", "11") UDP},
	{true, "IPv6 SCTP", IP6 IPV6("000c", "84") SCTP PADDING},
	{true, "ICMP", IP4 IPV4("0028", "01") TCP},
	{true, "ICMP without a type", IP4 IPV4("0014", "01") TCP},
	{true, "a protocol without ports", IP4 IPV4("0028", "2f") TCP},
	{true, "ICMPv6", IP6 IPV6("0014", "3a") TCP},
	{true, "options", IP4 IPV4_OPTIONS("002c", "06") TCP},
	{true, "options, ICMP", IP4 IPV4_OPTIONS("0020", "01") TCP},
	{true, "tag", TAGGED IPV4("0028", "06") TCP},
	{true, "tag and options", TAGGED IPV4_OPTIONS("002c", "06") TCP},
	{true, "IPv6 and a tag", ETHERNET("8100") TAG("0001", "86dd") IPV6("0014", "06") TCP},
	{true, "two tags",
	 ETHERNET("88a8") TAG("6002", "8100") TAG("0001", "0800") IPV4("0028", "06") TCP},
	{true, "four tags",
	 ETHERNET("88a8") TAG("0003", "9100") TAG("0002", "8100") TAG("0001", "8100")
		 TAG("0001", "0800") IPV4("0028", "06") TCP},
	{false, "five tags",
	 ETHERNET("88a8") TAG("0003", "9100") TAG("0002", "8100") TAG("0001", "8100")
		 TAG("0001", "8100") TAG("0001", "0800") IPV4("0028", "06") TCP},
	{false, "tag, no IP", ETHERNET("8100") TAG("0001", "0806") IPV4("0028", "06") TCP},
	{false, "options, too short for TCP", IP4 IPV4_OPTIONS("002b", "06") TCP},
	{false, "options, longer than the frame", IP4 IPV4_OPTIONS("002d", "06") TCP},
	{false, "ICMPv6 without a code", IP6 IPV6("0001", "3a") TCP},
	{false, "IPv6, a protocol without ports", IP6 IPV6("0014", "2f") TCP},
	{false, "too few bytes for TCP's flags", IP4 IPV4("001c", "11") UDP},
	{false, "first fragment", IP4 IPV4_FRAGMENT("0028", "06", "2000") TCP},
	{false, "later fragment", IP4 IPV4_FRAGMENT("0028", "06", "0001") TCP},
	{false, "IPv6 with an extension header", IP6 IPV6("001c", "00") OPTIONS("06") TCP},
	{false, "IPv6, a fragment", IP6 IPV6("001c", "2c") FRAGMENT("06", "0001") TCP},
	{false, "IPv6, too short for TCP", IP6 IPV6("0013", "06") TCP},
	{false, "IPv6, longer than the frame", IP6 IPV6("0015", "06") TCP},
	{false, "IPv6, length 0: segmentation offload", IP6 IPV6("0000", "06") TCP},
	{false, "too short for TCP", IP4 IPV4("0027", "06") TCP PADDING},
	{false, "longer than the frame", IP4 IPV4("0029", "06") TCP},
	{false, "length 0: segmentation offload", IP4 IPV4("0000", "06") TCP},
};

Test(common, takes_these)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		commons = 0;
		(void)parse_hex(cases[i].hex);
		cr_expect_eq(commons, cases[i].common, "%s", cases[i].what);
	}
}

/* Any bit of the headers another one, and every length: the same verdict or none. */
Test(common, one_bit_from_common)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame frame = frame_of(cases[i].hex);

		for (unsigned int bit = 0; bit < 90 * 8 && bit < frame.wire * 8; bit++) {
			frame.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			for (frame.captured = 38; frame.captured <= frame.wire; frame.captured++)
				(void)parse(&frame);
			frame.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	cr_expect_gt(commons, 10000);
}

/* Both orders of addresses, and of ports where the addresses are the same. */
static void both_ways(const char *hex, unsigned int addresses, const unsigned int *places)
{
	struct frame frame = frame_of(hex);

	commons = 0;
	for (unsigned int i = 0; i < 256; i++) {
		memset(frame.bytes + addresses, 0, places[7] + 1);
		for (unsigned int bit = 0; bit < 8; bit++)
			frame.bytes[addresses + places[bit]] = i >> bit & 1 ? 5 : 0;
		(void)parse(&frame);
	}
	cr_expect_eq(commons, 256);
}

Test(common, both_ways)
{
	both_ways(IP4 IPV4("0028", "06") TCP, 26, (const unsigned int[]){0, 3, 4, 7, 8, 9, 10, 11});
	both_ways(IP6 IPV6("0014", "06") TCP, 22,
		  (const unsigned int[]){0, 15, 16, 31, 32, 33, 34, 35});
	both_ways(IP6 IPV6("0014", "06") TCP, 22,
		  (const unsigned int[]){7, 8, 23, 24, 32, 33, 34, 35});
}
