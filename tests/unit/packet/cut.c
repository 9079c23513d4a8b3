/* SPDX-License-Identifier: BSD-3-Clause */
/* Stacks of headers cut at every byte: by the capture, and on the wire. */
#include <criterion/criterion.h>

#include "frame.h"

#define STEPS 6

struct stack {
	const char *what;
	const char *hex;
	/* With fewer captured bytes than this, the verdict is that. The last has no bound. */
	struct {
		uint32_t below;
		enum packet_reason reason;
	} steps[STEPS];
	/* If the frame itself ends here or later but is not whole, its IP length is wrong. */
	uint32_t ip_header_end;
	enum packet_reason too_short;
};

#define WHOLE UINT32_MAX

static const struct stack stacks[] = {
	{
		.what = "TCP",
		.hex = ETHERNET("0800") IPV4("0028", "06") TCP,
		.steps = {{14, PACKET_TRUNCATED_ETHERNET},
			  {34, PACKET_TRUNCATED_IPV4},
			  {38, PACKET_TRUNCATED_PORTS},
			  {WHOLE, PACKET_FLOW_IPV4}},
		.ip_header_end = 34,
		.too_short = PACKET_MALFORMED_IPV4_LENGTH,
	},
	{
		.what = "UDP behind options",
		.hex = ETHERNET("0800") "48000028 00010000 40110000 c0000201 c6336402 01010101 "
					"01010101 01010100" UDP,
		.steps = {{14, PACKET_TRUNCATED_ETHERNET},
			  {46, PACKET_TRUNCATED_IPV4},
			  {50, PACKET_TRUNCATED_PORTS},
			  {WHOLE, PACKET_FLOW_IPV4}},
		.ip_header_end = 46,
		.too_short = PACKET_MALFORMED_IPV4_LENGTH,
	},
	{
		.what = "ICMP",
		.hex = ETHERNET("0800") IPV4("001c", "01") "0800 0000 0001 0001",
		.steps = {{14, PACKET_TRUNCATED_ETHERNET},
			  {34, PACKET_TRUNCATED_IPV4},
			  {WHOLE, PACKET_FLOW_IPV4}},
		.ip_header_end = 34,
		.too_short = PACKET_MALFORMED_IPV4_LENGTH,
	},
	{
		.what = "later fragment of UDP",
		.hex = ETHERNET("0800") IPV4_FRAGMENT("001c", "11", "00b9") "6162636465666768",
		.steps = {{14, PACKET_TRUNCATED_ETHERNET},
			  {34, PACKET_TRUNCATED_IPV4},
			  {WHOLE, PACKET_FLOW_IPV4}},
		.ip_header_end = 34,
		.too_short = PACKET_MALFORMED_IPV4_LENGTH,
	},
	{
		.what = "four tags and SCTP",
		.hex = ETHERNET("88a8") TAG("0064", "8100") TAG("0065", "9100") TAG("0066", "8100")
			TAG("0067", "0800") IPV4("0020", "84") SCTP,
		.steps = {{14, PACKET_TRUNCATED_ETHERNET},
			  {30, PACKET_TRUNCATED_TAG},
			  {50, PACKET_TRUNCATED_IPV4},
			  {54, PACKET_TRUNCATED_PORTS},
			  {WHOLE, PACKET_FLOW_IPV4}},
		.ip_header_end = 50,
		.too_short = PACKET_MALFORMED_IPV4_LENGTH,
	},
	{
		.what = "tag, labels, IPv6 and DCCP",
		.hex = ETHERNET("8100") TAG("0064", "8847")
			LABEL LABEL LABEL_BOTTOM IPV6("000c", "21") DCCP,
		.steps = {{14, PACKET_TRUNCATED_ETHERNET},
			  {18, PACKET_TRUNCATED_TAG},
			  {31, PACKET_TRUNCATED_MPLS},
			  {70, PACKET_TRUNCATED_IPV6},
			  {74, PACKET_TRUNCATED_PORTS},
			  {WHOLE, PACKET_FLOW_IPV6}},
		.ip_header_end = 70,
		.too_short = PACKET_MALFORMED_IPV6_LENGTH,
	},
	{
		.what = "PPPoE and UDP-Lite",
		.hex = ETHERNET("8864") PPPOE("0021") IPV4("001c", "88") UDPLITE,
		.steps = {{14, PACKET_TRUNCATED_ETHERNET},
			  {22, PACKET_TRUNCATED_PPPOE},
			  {42, PACKET_TRUNCATED_IPV4},
			  {46, PACKET_TRUNCATED_PORTS},
			  {WHOLE, PACKET_FLOW_IPV4}},
		.ip_header_end = 42,
		.too_short = PACKET_MALFORMED_IPV4_LENGTH,
	},
	{
		/* 8 + 16 + 8 + 24 + 8 + 8 + 8 + 8 bytes of extension headers */
		.what = "hop-by-hop, routing, fragment, AH, options, mobility, HIP, shim6, TCP",
		.hex = ETHERNET("86dd") IPV6("006c", "00")
			OPTIONS("2b") "2c01 0000 00000000 0000000000000000" FRAGMENT(
				"33", "0001") "3c04 0000 00000001" EIGHT("0000") OPTIONS("87")
				OPTIONS("8b") OPTIONS("8c") OPTIONS("06") TCP,
		.steps = {{14, PACKET_TRUNCATED_ETHERNET},
			  {54, PACKET_TRUNCATED_IPV6},
			  {142, PACKET_TRUNCATED_IPV6_EXTENSION},
			  {146, PACKET_TRUNCATED_PORTS},
			  {WHOLE, PACKET_FLOW_IPV6}},
		.ip_header_end = 54,
		.too_short = PACKET_MALFORMED_IPV6_LENGTH,
	},
	{
		.what = "later fragment behind options",
		.hex = ETHERNET("86dd") IPV6("0014", "00") OPTIONS("2c")
			FRAGMENT("06", "05a8") "61626364",
		.steps = {{14, PACKET_TRUNCATED_ETHERNET},
			  {54, PACKET_TRUNCATED_IPV6},
			  {70, PACKET_TRUNCATED_IPV6_EXTENSION},
			  {WHOLE, PACKET_FLOW_IPV6}},
		.ip_header_end = 54,
		.too_short = PACKET_MALFORMED_IPV6_LENGTH,
	},
	{
		.what = "tag and ARP",
		.hex = ETHERNET("8100") TAG("0064", "0806") "0001 0800 06 04 0001",
		.steps = {{14, PACKET_TRUNCATED_ETHERNET},
			  {18, PACKET_TRUNCATED_TAG},
			  {WHOLE, PACKET_NON_IP_ARP}},
		.ip_header_end = WHOLE,
	},
};

static enum packet_reason verdict(const struct stack *stack, uint32_t captured)
{
	unsigned int step = 0;

	while (captured >= stack->steps[step].below)
		step++;
	return stack->steps[step].reason;
}

static void expect(const struct stack *stack, const struct packet *packet, uint32_t bytes,
		   enum packet_reason reason)
{
	cr_expect_eq(packet->reason, reason, "%s, %u bytes: %s, not %s", stack->what, bytes,
		     packet_reason_name(packet->reason), packet_reason_name(reason));
}

Test(cut, by_the_capture)
{
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		struct frame frame = frame_of(stacks[i].hex);
		const struct packet whole = parse(&frame);

		for (frame.captured = 0; frame.captured <= frame.wire; frame.captured++) {
			const struct packet packet = parse(&frame);

			expect(&stacks[i], &packet, frame.captured,
			       verdict(&stacks[i], frame.captured));
			cr_expect_eq(packet.frame_length, frame.wire);
			if (packet_reason_bucket(packet.reason) != PACKET_BUCKET_FLOW)
				continue;
			cr_expect_arr_eq(&packet.key, &whole.key, sizeof(whole.key));
			cr_expect_eq(packet.octets, whole.octets);
			cr_expect_eq(packet.l4_offset, whole.l4_offset);
		}
	}
}

Test(cut, on_the_wire)
{
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		struct frame frame = frame_of(stacks[i].hex);
		const uint32_t length = frame.wire;

		for (uint32_t bytes = 0; bytes < length; bytes++) {
			frame.captured = frame.wire = bytes;

			const struct packet packet = parse(&frame);

			expect(&stacks[i], &packet, bytes,
			       bytes < stacks[i].ip_header_end ? verdict(&stacks[i], bytes)
							       : stacks[i].too_short);
			cr_expect_eq(packet.frame_length, bytes);
		}
	}
}
