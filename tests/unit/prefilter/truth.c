/* SPDX-License-Identifier: BSD-3-Clause */
/* One truth: the program's parser and lib/packet say the same of every frame there is. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../bpf/contract.h"
#include "captures.h"
#include "model.h"
#include "prefilter.skel.h"
#include "rig.h"

struct parser {
	struct prefilter_bpf *bpf;
	int program, parsed;
	unsigned long frames, flows, reasons[PACKET_REASONS];
};

static struct parser parser_load(void)
{
	struct parser parser = {.bpf = prefilter_bpf__open()};

	cr_assert_not_null(parser.bpf);
	bpf_program__set_autoload(parser.bpf->progs.weir_prefilter, false);
	bpf_program__set_autoload(parser.bpf->progs.weir_front, false);
	cr_assert_eq(prefilter_bpf__load(parser.bpf), 0);
	parser.program = bpf_program__fd(parser.bpf->progs.weir_parse);
	parser.parsed = bpf_map__fd(parser.bpf->maps.weir_parsed);
	return parser;
}

static struct prefilter_key kernel_parse(const struct parser *parser, const uint8_t *frame,
					 uint32_t length)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = length);
	struct prefilter_key key;
	const uint32_t slot = 0;

	cr_assert_eq(bpf_prog_test_run_opts(parser->program, &options), 0, "%u octets", length);
	cr_assert_eq(bpf_map_lookup_elem(parser->parsed, &slot, &key), 0);
	return key;
}

static void expect_address(const struct packet *packet, int end, bool ipv6,
			   const uint64_t address[2], const char *what)
{
	uint8_t expected[16] = {0}, bytes[16];

	if (ipv6)
		memcpy(expected, packet->prefix[end], 12);
	memcpy(expected + 12, &packet->key.address[end], 4);
	for (int i = 0; i < 16; i++)
		bytes[i] = (uint8_t)(address[i / 8] >> (56 - 8 * (i % 8)));
	cr_assert_arr_eq(bytes, expected, 16, "%s", what);
}

static void expect_port(const struct packet *packet, int end, uint32_t port, const char *what)
{
	const uint8_t protocol = packet->key.protocol;
	const bool has = packet->fragment != PACKET_FRAGMENT_LATER &&
			 (protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 ||
			  protocol == 136);

	cr_assert_eq(port, has ? ntohs(packet->key.port[end]) : PREFILTER_PORT_NONE, "%s", what);
}

static void expect_same(struct parser *parser, const uint8_t *frame, uint32_t length,
			const char *what)
{
	const struct packet_frame bytes = {.data = frame, .captured = length, .wire = length};
	const struct prefilter_key key = kernel_parse(parser, frame, length);
	struct packet packet;
	const enum packet_reason reason = packet_parse(&bytes, true, &packet);
	const bool ipv6 = reason == PACKET_FLOW_IPV6;

	cr_assert_eq(key.reason, reason, "%s: %s, not %s", what, packet_reason_name(key.reason),
		     packet_reason_name(reason));
	parser->frames++;
	parser->reasons[reason]++;
	if (packet_reason_bucket(reason) != PACKET_BUCKET_FLOW)
		return;
	parser->flows++;
	cr_assert_eq(key.version, ipv6 ? 6 : 4, "%s", what);
	cr_assert_eq(key.protocol, packet.key.protocol, "%s", what);
	cr_assert_eq(key.vlan, packet.key.vlan & 0xfff, "%s", what);
	expect_address(&packet, packet.direction, ipv6, (const uint64_t *)key.source, what);
	expect_address(&packet, 1 - packet.direction, ipv6, (const uint64_t *)key.destination,
		       what);
	expect_port(&packet, packet.direction, key.source_port, what);
	expect_port(&packet, 1 - packet.direction, key.destination_port, what);
}

static void expect_same_frame(void *parser, const char *what, const uint8_t *frame, uint32_t length)
{
	if (length >= RIG_SHORTEST)
		expect_same(parser, frame, length < RIG_LONGEST ? length : RIG_LONGEST, what);
}

Test(truth, of_captures, .timeout = 120)
{
	const char *captures = getenv("WEIR_CAPTURES");
	struct parser parser = parser_load();
	char folder[600];

	capture_file(WEIR_ROOT "/tests/captures/demo.pcap", expect_same_frame, &parser);
	cr_assert_gt(parser.flows, 100);
	snprintf(folder, sizeof(folder), "%s/ethernet",
		 captures != NULL ? captures : WEIR_ROOT "/../shared/captures");
	capture_folder(folder, expect_same_frame, &parser);
	fprintf(stderr, "%lu frames, %lu of flows\n", parser.frames, parser.flows);
	prefilter_bpf__destroy(parser.bpf);
}

/* All but the reasons that there cannot be where all that was on the wire is in hand. */
static void expect_all_reasons(const struct parser *parser)
{
	for (int reason = 0; reason < PACKET_FILTERED_EXPRESSION; reason++) {
		if (reason == PACKET_TRUNCATED_ETHERNET || reason == PACKET_TRUNCATED_PORTS ||
		    reason == PACKET_TRUNCATED_IPV6_EXTENSION || reason == PACKET_NON_IP_EAPOL ||
		    reason == PACKET_NON_IP_MACSEC || reason == PACKET_NON_IP_PTP ||
		    reason == PACKET_NON_IP_CFM)
			continue;
		cr_expect_gt(parser->reasons[reason], 0, "%s never came",
			     packet_reason_name((enum packet_reason)reason));
	}
}

Test(truth, of_random_frames)
{
	struct parser parser = parser_load();
	struct prng random = {5};

	for (unsigned int i = 0; i < 60000; i++) {
		uint8_t frame[512];
		const uint32_t length = model_frame(frame, &random);
		char what[40];

		snprintf(what, sizeof(what), "random frame %u", i);
		expect_same(&parser, frame, length, what);
	}
	expect_all_reasons(&parser);
	prefilter_bpf__destroy(parser.bpf);
}

/* First fragments, and packets that are none, of every length up to their protocol's header. */
Test(truth, of_tiny_fragments)
{
	static const char *const stacks[] = {
		ETHERNET("0800") IPV4_FRAGMENT("0028", "06", "2000") TCP,
		ETHERNET("0800") IPV4_FRAGMENT("0020", "84", "2000") SCTP,
		ETHERNET("0800") IPV4_FRAGMENT("001c", "11", "2000") UDP,
		ETHERNET("0800") IPV4_FRAGMENT("001c", "11", "4000") UDP,
		ETHERNET("0800") IPV4_FRAGMENT("0028", "06", "2001") TCP,
		ETHERNET("86dd") IPV6("001c", "2c") FRAGMENT("06", "0001") TCP,
		ETHERNET("86dd") IPV6("0014", "2c") FRAGMENT("21", "0000") DCCP,
		ETHERNET("86dd") IPV6("0024", "2c") FRAGMENT("2c", "0001") FRAGMENT("06", "0000")
			TCP,
		ETHERNET("86dd") IPV6("0024", "2c") FRAGMENT("3c", "0001") OPTIONS("06") TCP,
	};
	struct parser parser = parser_load();

	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		for (uint8_t less = 0; less <= 20; less++) {
			struct frame frame = frame_of(stacks[i]);
			char what[60];

			/* Only the low byte of the length is not 0; what is left over is padding.
			 */
			frame.bytes[frame.bytes[12] == 0x08 ? 17 : 19] -= less;
			snprintf(what, sizeof(what), "stack %zu, %u octets less", i, less);
			expect_same(&parser, frame.bytes, frame.wire, what);
		}
	}
	cr_expect_gt(parser.flows, 60);
	cr_expect_gt(parser.reasons[PACKET_MALFORMED_TCP], 6);
	prefilter_bpf__destroy(parser.bpf);
}

/* Stacks of all headers, cut behind each octet. */
Test(truth, of_cut_frames)
{
	static const char *const stacks[] = {
		ETHERNET("88a8") TAG("0064", "8100") TAG("0065", "9100") TAG("0066", "8100")
			TAG("0067", "0800") IPV4("0020", "84") SCTP,
		ETHERNET("88a8") TAG("0064", "8100") TAG("0065", "9100") TAG("0066", "8100")
			TAG("0067", "8100") TAG("0068", "0800") IPV4("0020", "84") SCTP,
		ETHERNET("8100") TAG("0064", "8847") LABEL LABEL LABEL_BOTTOM IPV6("000c", "21")
			DCCP,
		ETHERNET("8847") EIGHT(LABEL) FOUR(LABEL) TWICE(LABEL)
			LABEL LABEL_BOTTOM IPV4("0028", "06") TCP,
		ETHERNET("8847") EIGHT(LABEL) EIGHT(LABEL) LABEL_BOTTOM IPV4("0028", "06") TCP,
		ETHERNET("8864") PPPOE("0021") IPV4("001c", "88") UDPLITE,
		ETHERNET("8864") PPPOE("0057") IPV6("0008", "11") UDP,
		ETHERNET("8864") PPPOE("c021") "0101 0004",
		ETHERNET("0800") "48000028 00010000 40110000 c0000201 c6336402 01010101 01010101 "
				 "01010100" UDP,
		ETHERNET("0800") IPV4("0000", "06") TCP,
		ETHERNET("86dd") IPV6("0000", "06") TCP,
		ETHERNET("86dd") IPV6("006c", "00")
			OPTIONS("2b") "2c01 0000 00000000 0000000000000000" FRAGMENT(
				"33", "0001") "3c04 0000 00000001" EIGHT("0000") OPTIONS("87")
				OPTIONS("8b") OPTIONS("8c") OPTIONS("06") TCP,
		ETHERNET("86dd") IPV6("0048", "00") EIGHT(OPTIONS("00")) OPTIONS("06") TCP,
		ETHERNET("86dd") IPV6("0014", "00") OPTIONS("2c") FRAGMENT("06", "05a8") "61626364",
		ETHERNET("86dd") IPV6("0014", "2c") FRAGMENT("3c", "0008") OPTIONS("06") "61626364",
		ETHERNET("86dd") IPV6("0008", "3b") "0123456789abcdef",
		ETHERNET("86dd") IPV6("0008", "32") "0123456789abcdef",
		ETHERNET("888e"),
		ETHERNET("88e5"),
		ETHERNET("88f7"),
		ETHERNET("8902"),
	};
	struct parser parser = parser_load();

	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		const struct frame frame = frame_of(stacks[i]);

		for (uint32_t length = RIG_SHORTEST; length <= frame.wire; length++) {
			char what[60];

			snprintf(what, sizeof(what), "stack %zu, %u octets", i, length);
			expect_same(&parser, frame.bytes, length, what);
		}
	}
	prefilter_bpf__destroy(parser.bpf);
}
