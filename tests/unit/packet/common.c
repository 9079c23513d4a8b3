/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames packet_parse_common() takes. That it says the same of them is parse()'s part. */
#include <criterion/criterion.h>
#include <string.h>

#include "frame.h"

#define IP4     ETHERNET("0800")
#define PADDING "000000000000000000000000000000000000"

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
	{false, "no protocol with ports", IP4 IPV4("0028", "01") TCP},
	{false, "too few bytes for TCP's flags", IP4 IPV4("001c", "11") UDP},
	{false, "first fragment", IP4 IPV4_FRAGMENT("0028", "06", "2000") TCP},
	{false, "later fragment", IP4 IPV4_FRAGMENT("0028", "06", "0001") TCP},
	{false, "tag", ETHERNET("8100") TAG("0001", "0800") IPV4("0028", "06") TCP},
	{false, "IPv6", ETHERNET("86dd") IPV6("0014", "06") TCP},
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

		for (unsigned int bit = 0; bit < 54 * 8; bit++) {
			frame.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			for (frame.captured = 38; frame.captured <= frame.wire; frame.captured++)
				(void)parse(&frame);
			frame.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	cr_expect_gt(commons, 10000);
}

/* Both orders of addresses, and of ports where the addresses are the same. */
Test(common, both_ways)
{
	struct frame frame = frame_of(IP4 IPV4("0028", "06") TCP);

	commons = 0;
	for (unsigned int i = 0; i < 256; i++) {
		memset(frame.bytes + 26, 0, 12);
		for (unsigned int bit = 0; bit < 8; bit++)
			frame.bytes[26 + "\0\3\4\7\x8\x9\xa\xb"[bit]] = i >> bit & 1 ? 5 : 0;
		(void)parse(&frame);
	}
	cr_expect_eq(commons, 256);
}
