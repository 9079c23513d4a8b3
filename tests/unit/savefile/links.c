/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include <weir/savefile_frame.h>

/* Frames of other link types become Ethernet ones: which header comes off, which goes on. */

struct link_case {
	uint32_t link;
	const char *header; /* in hexadecimal */
	uint16_t ethertype;
	const char *source; /* MAC */
};

#define NO_MAC "000000000000"

static const struct link_case cases[] = {
	{LINK_NULL, "02000000", 0x0800, NO_MAC},
	{LINK_NULL, "00000002", 0x0800, NO_MAC}, /* of a machine of the other byte order */
	{LINK_NULL, "18000000", 0x86dd, NO_MAC},
	{LINK_NULL, "1c000000", 0x86dd, NO_MAC},
	{LINK_NULL, "1e000000", 0x86dd, NO_MAC},
	{LINK_NULL, "0a000000", 0x86dd, NO_MAC},
	{LINK_NULL, "07000000", 0xffff, NO_MAC},
	{LINK_LOOP, "00000002", 0x0800, NO_MAC},
	{LINK_LOOP, "00000018", 0x86dd, NO_MAC},
	{LINK_RAW, "", 0x0800, NO_MAC}, /* by the version that follows: 4 */
	{LINK_IPV4, "", 0x0800, NO_MAC},
	{LINK_IPV6, "", 0x86dd, NO_MAC},
	{LINK_PPP, "ff030021", 0x0800, NO_MAC},
	{LINK_PPP, "0021", 0x0800, NO_MAC},
	{LINK_PPP, "21", 0x0800, NO_MAC}, /* compressed */
	{LINK_PPP, "ff0321", 0x0800, NO_MAC},
	{LINK_PPP, "ff030057", 0x86dd, NO_MAC},
	{LINK_PPP, "0281", 0x8847, NO_MAC},
	{LINK_PPP, "0283", 0x8848, NO_MAC},
	{LINK_PPP, "c021", 0xffff, NO_MAC}, /* LCP */
	{LINK_LINUX_SLL,
	 "0000"
	 "0001"
	 "0006"
	 "0102030405060000"
	 "0800",
	 0x0800, "010203040506"},
	{LINK_LINUX_SLL,
	 "0004"
	 "0304"
	 "0000"
	 "0000000000000000"
	 "86dd",
	 0x86dd, NO_MAC},
	{LINK_LINUX_SLL,
	 "0000"
	 "0001"
	 "0006"
	 "0102030405060000"
	 "8100",
	 0x8100, "010203040506"},
	{LINK_LINUX_SLL,
	 "0000"
	 "0001"
	 "0006"
	 "0102030405060000"
	 "0004",
	 0x0004, "010203040506"},
	{LINK_LINUX_SLL,
	 "0000"
	 "0118"
	 "0000"
	 "0000000000000000"
	 "000c",
	 0xffff, NO_MAC}, /* CAN */
	{LINK_LINUX_SLL,
	 "0004"
	 "0338"
	 "0000"
	 "0000000000000000"
	 "0800",
	 0xffff, NO_MAC}, /* netlink */
	{LINK_LINUX_SLL2,
	 "0800"
	 "0000"
	 "00000003"
	 "0001"
	 "00"
	 "06"
	 "0102030405060000",
	 0x0800, "010203040506"},
	{LINK_LINUX_SLL2,
	 "86dd"
	 "0000"
	 "00000003"
	 "fffe"
	 "00"
	 "00"
	 "0000000000000000",
	 0x86dd, NO_MAC},
};

static size_t unhex(const char *text, uint8_t *bytes)
{
	size_t count = strlen(text) / 2;

	for (size_t i = 0; i < count; i++)
		sscanf(&text[2 * i], "%2hhx", &bytes[i]);
	return count;
}

static uint8_t frame_bytes[64];

/* The case's header with a packet behind, of which `captured` bytes of 40 are there. */
static struct savefile_frame make(const struct link_case *link, uint32_t captured, uint32_t *header)
{
	memset(frame_bytes, 0x45, sizeof(frame_bytes));
	*header = (uint32_t)unhex(link->header, frame_bytes);
	return (struct savefile_frame){
		.data = frame_bytes,
		.captured = captured,
		.wire = *header + 40,
		.link = link->link,
	};
}

Test(link, headers)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint8_t none[6] = {0};
		uint8_t ethernet[ETHERNET_HEADER], source[6];
		uint32_t header;
		struct savefile_frame frame = make(&cases[i], 60, &header);

		cr_assert_eq(savefile_to_ethernet(&frame, ethernet), ETHERNET_HEADER, "case %zu",
			     i);
		unhex(cases[i].source, source);
		cr_expect_eq(ethernet[12] << 8 | ethernet[13], cases[i].ethertype, "case %zu", i);
		cr_expect_arr_eq(ethernet, none, 6);
		cr_expect_arr_eq(ethernet + 6, source, 6, "case %zu", i);
		cr_expect_eq(frame.data, frame_bytes + header, "case %zu", i);
		cr_expect_eq(frame.captured, 60 - header + ETHERNET_HEADER);
		cr_expect_eq(frame.wire, 40 + ETHERNET_HEADER);
	}
}

Test(link, raw_ipv6)
{
	const struct link_case raw = {LINK_RAW, "60", 0, NO_MAC};
	uint8_t ethernet[ETHERNET_HEADER];
	uint32_t header;
	struct savefile_frame frame = make(&raw, 40, &header);

	cr_expect_eq(savefile_to_ethernet(&frame, ethernet), ETHERNET_HEADER);
	cr_expect_eq(ethernet[12] << 8 | ethernet[13], 0x86dd);
}

/* Captured less than its link header: less than an Ethernet header is handed on. */
Test(link, cut_headers)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (uint32_t captured = 0; captured < 24; captured++) {
			uint8_t ethernet[ETHERNET_HEADER];
			uint32_t header;
			struct savefile_frame frame = make(&cases[i], captured, &header);
			unsigned int front = savefile_to_ethernet(&frame, ethernet);

			/* Of PPP it is the bytes that say how long its header is. */
			if (captured >= header)
				cr_expect_eq(front, ETHERNET_HEADER, "case %zu", i);
			else if (cases[i].link != LINK_PPP)
				cr_expect_eq(front, 0, "case %zu: %u bytes", i, captured);
			if (front == 0)
				cr_expect_lt(frame.captured, ETHERNET_HEADER);
			cr_expect_geq(frame.wire, frame.captured);
		}
}
