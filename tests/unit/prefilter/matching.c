/* SPDX-License-Identifier: BSD-3-Clause */
/* Each condition: what just fits it and what just does not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"

/* IPv4 TCP from 192.0.2.1 port 50000 to 198.51.100.2 port 80. */
#define TCP4  ETHERNET("0800") IPV4("0028", "06") TCP
#define VLAN7 ETHERNET("8100") TAG("6007", "0800") IPV4("0028", "06") TCP
#define QINQ  ETHERNET("88a8") TAG("0007", "8100") TAG("0008", "0800") IPV4("0028", "06") TCP
#define FIRST ETHERNET("0800") IPV4_FRAGMENT("0028", "06", "2000") TCP
#define LATER ETHERNET("0800") IPV4_FRAGMENT("0028", "06", "00b9") TCP
#define PING  ETHERNET("0800") IPV4("001c", "01") "0800 0000 0001 0001"
/* IPv6 TCP from 2001:db8::1 port 50000 to 2001:db8::2 port 80. */
#define TCP6     ETHERNET("86dd") IPV6("0014", "06") TCP
#define TCP6_OPT ETHERNET("86dd") IPV6("001c", "00") OPTIONS("06") TCP
#define LATER6   ETHERNET("86dd") IPV6("001c", "2c") FRAGMENT("06", "05a8") TCP

static const struct {
	const char *conditions, *frame;
	bool fits;
} cases[] = {
	{"from 192.0.2.1", TCP4, true},
	{"from 192.0.2.0", TCP4, false},
	{"from 192.0.2.2/31", TCP4, false},
	{"from 192.0.2.0/31", TCP4, true},
	{"from 0.0.0.0/0", TCP4, true},
	{"from ::/0", TCP4, false},
	{"from 128.0.0.0/1", TCP4, true},
	{"from 0.0.0.0/1", TCP4, false},
	{"to 192.0.2.1", TCP4, false},
	{"to 198.51.100.2", TCP4, true},
	{"to 198.51.100.0/22", TCP4, true},
	{"from 192.0.2.1 to 198.51.100.2", TCP4, true},
	{"from 192.0.2.1 to 198.51.100.3", TCP4, false},
	{"from 192.0.2.0 to 198.51.100.2", TCP4, false},
	{"from 2001:db8::1", TCP6, true},
	{"from 2001:db8::2", TCP6, false},
	{"to 2001:db8::2/127", TCP6, true},
	{"to 2001:db8::/127", TCP6, false},
	{"from 2001:db8::/32", TCP6, true},
	{"from 2001:db9::/32", TCP6, false},
	{"from ::/0", TCP6, true},
	{"from 0.0.0.0/0", TCP6, false},
	/* The IPv4 address is in the same bits of the key. */
	{"from ::192.0.2.1", TCP4, false},
	{"ip", TCP4, true},
	{"ip6", TCP4, false},
	{"ip", TCP6, false},
	{"ip6", TCP6, true},
	{"ip proto tcp", TCP6, false},
	{"ip6 proto tcp", TCP6, true},
	{"proto tcp", TCP4, true},
	{"proto udp", TCP4, false},
	{"proto tcp", TCP6_OPT, true},
	{"proto 0", TCP6_OPT, false},
	{"proto tcp", LATER6, true},
	{"proto icmp", PING, true},
	{"from port 50000", TCP4, true},
	{"from port 49999", TCP4, false},
	{"from port 50001-65535", TCP4, false},
	{"from port 0-50000", TCP4, true},
	{"to port 80-80", TCP4, true},
	{"to port 50000", TCP4, false},
	{"from port 50000 to port 80", TCP6_OPT, true},
	{"from port 50000 to port 81", TCP6_OPT, false},
	/* Without ports no range of them fits, not even all. */
	{"from port 0-65535", FIRST, true},
	{"from port 0-65535", LATER, false},
	{"to port 0-65535", LATER6, false},
	{"to port 0-65535", PING, false},
	{"proto tcp", LATER, true},
	{"from 192.0.2.1", LATER, true},
	{"vlan 7", VLAN7, true},
	{"vlan 7", TCP4, false},
	{"vlan 0", TCP4, true},
	{"vlan 0-6", VLAN7, false},
	{"vlan 8-4095", VLAN7, false},
	{"vlan 6-8", VLAN7, true},
	{"vlan 7", QINQ, true},
	{"vlan 8", QINQ, false},
	{"vlan 7 from 192.0.2.0/24 to port 80 proto tcp", QINQ, true},
	{"vlan 7 from 192.0.2.0/24 to port 80 proto udp", QINQ, false},
	{"vlan 7 from 192.0.3.0/24 to port 80 proto tcp", QINQ, false},
	{"arp", TCP4, false},
	{"non-ip", TCP6, false},
	{"non-ip", ETHERNET("8864") PPPOE("c021") "0101", true},
	{"arp", ETHERNET("8864") PPPOE("c021") "0101", false},
	{"proto tcp", ETHERNET("8864") PPPOE("0021") IPV4("0028", "06") TCP, true},
	{"to port 80", ETHERNET("8847") LABEL LABEL_BOTTOM IPV6("0014", "06") TCP, true},
};

Test(matching, each_condition_and_its_negation)
{
	struct prefilter *prefilter = rig_load("");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char rules[200];

		snprintf(rules, sizeof(rules), "drop %s\n", cases[i].conditions);
		rig_replace(prefilter, rules);
		cr_expect_eq(rig_run_hex(prefilter, cases[i].frame),
			     cases[i].fits ? XDP_DROP : XDP_PASS, "case %zu: %s", i,
			     cases[i].conditions);
	}
	prefilter_destroy(prefilter);
}

static void expect_rule(struct prefilter *prefilter, const char *frame, size_t rule)
{
	const uint64_t before = rig_rule(prefilter, rule).matched.packets;

	rig_run_hex(prefilter, frame);
	cr_expect_eq(rig_rule(prefilter, rule).matched.packets, before + 1, "rule %zu", rule + 1);
}

/* The order in the file decides, whatever is longer or of another kind. */
Test(matching, the_first_rule_wins)
{
	struct prefilter *prefilter = rig_load("drop from 192.0.2.1\npass from 192.0.2.0/24\n");

	expect_rule(prefilter, TCP4, 0);
	rig_replace(prefilter, "pass from 192.0.2.0/24\ndrop from 192.0.2.1\n");
	expect_rule(prefilter, TCP4, 0);
	rig_replace(prefilter, "drop to 198.51.100.2\ndrop from 192.0.2.1\n");
	expect_rule(prefilter, TCP4, 0);
	rig_replace(prefilter, "drop from 192.0.2.1\ndrop to 198.51.100.2\n");
	expect_rule(prefilter, TCP4, 0);
	rig_replace(prefilter, "drop proto tcp\ndrop from 192.0.2.1\n");
	expect_rule(prefilter, TCP4, 0);
	rig_replace(prefilter, "drop from 192.0.2.1\ndrop proto tcp\n");
	expect_rule(prefilter, TCP4, 0);
	rig_replace(prefilter, "drop from 192.0.2.2\ndrop proto udp\ndrop to port 80\npass ip\n");
	expect_rule(prefilter, TCP4, 2);
	expect_rule(prefilter, PING, 3);
	expect_rule(prefilter, LATER6, 4);
	prefilter_destroy(prefilter);
}

/* Prefixes in prefixes, their edges and holes; numbers go by the order in the file. */
Test(matching, nested_prefixes)
{
	static const char nested[] = "analyse from 10.1.2.0/25\nanalyse from 10.1.2.128\n"
				     "analyse from 10.1.2.0/24\nanalyse from 10.1.0.0/16\n"
				     "analyse from 10.1.2.255\nanalyse from 10.0.0.0/8\n"
				     "analyse from 255.255.255.255\nanalyse from 0.0.0.0\n";
	static const struct {
		const char *source;
		size_t rule;
	} expected[] = {
		{"00000000", 7}, {"00000001", 8}, {"09ffffff", 8}, {"0a000000", 5}, {"0a00ffff", 5},
		{"0a010000", 3}, {"0a0101ff", 3}, {"0a010200", 0}, {"0a01027f", 0}, {"0a010280", 1},
		{"0a010281", 2}, {"0a0102fe", 2}, {"0a0102ff", 2}, {"0a010300", 3}, {"0a01ffff", 3},
		{"0a020000", 5}, {"0affffff", 5}, {"0b000000", 8}, {"fffffffe", 8}, {"ffffffff", 6},
	};
	struct prefilter *prefilter = rig_load(nested);

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		char frame[300];

		snprintf(frame, sizeof(frame), "%s45000028 00010000 40060000 %s c6336402 %s",
			 ETHERNET("0800"), expected[i].source, TCP);
		expect_rule(prefilter, frame, expected[i].rule);
	}
	prefilter_destroy(prefilter);
}

/* All 512 bits of a vector, each by its own port. */
Test(matching, every_combination)
{
	char rules[512 * 40];
	size_t length = 0;
	struct prefilter *prefilter;
	struct frame frame = frame_of(TCP4);

	for (unsigned int i = 0; i < 512; i++)
		length += (size_t)snprintf(rules + length, sizeof(rules) - length,
					   "drop proto tcp to port %u\n", 1000 + 7 * i);
	prefilter = rig_load(rules);
	for (unsigned int i = 0; i < 512; i++) {
		frame.bytes[36] = (uint8_t)((1000 + 7 * i) >> 8);
		frame.bytes[37] = (uint8_t)(1000 + 7 * i);
		cr_assert_eq(rig_run(prefilter, frame.bytes, frame.wire), XDP_DROP);
		cr_assert_eq(rig_rule(prefilter, i).matched.packets, 1);
	}
	prefilter_destroy(prefilter);
}
