/* SPDX-License-Identifier: BSD-3-Clause */
/* The rule sets of docs/examples do what they say. */
#include <criterion/criterion.h>
#include <string.h>

#include "rig.h"

#define EXAMPLES WEIR_ROOT "/docs/examples/"

static struct prefilter *load(const char *path)
{
	const struct prefilter_options options = {.target = PREFILTER_TO_SOCKETS};
	struct prefilter_rules *rules = NULL;
	struct prefilter *prefilter = NULL;
	struct error error;

	cr_assert_eq(prefilter_rules_read(path, &rules, &error), 0, "%s", error.text);
	cr_assert_eq(prefilter_create(&options, rules, &prefilter, &error), 0, "%s", error.text);
	prefilter_rules_free(rules);
	return prefilter;
}

/* An IPv4 frame with these addresses, protocol and ports, all as hexadecimal text. */
#define FRAME4(protocol, from, to, from_port, to_port)                                             \
	ETHERNET("0800")                                                                           \
	"45000028 00010000 40" protocol "0000" from to from_port to_port                           \
	"00140000 00000000 50000000 00000000"

struct expectation {
	const char *hex;
	size_t rule; /* number from 0 */
};

static void expect(const char *path, const struct expectation *expected, size_t count)
{
	struct prefilter *prefilter = load(path);

	for (size_t i = 0; i < count; i++) {
		const uint64_t before = rig_rule(prefilter, expected[i].rule).matched.packets;

		rig_run_hex(prefilter, expected[i].hex);
		cr_expect_eq(rig_rule(prefilter, expected[i].rule).matched.packets, before + 1,
			     "%s: frame %zu does not go by rule %zu", path, i,
			     expected[i].rule + 1);
	}
	rig_expect_balance(prefilter);
	prefilter_destroy(prefilter);
}

#define BACKUP "c000020a" /* 192.0.2.10 */
#define OTHER  "0a000001"
#define ARP    ETHERNET("0806") "00010800060400010200000000010a0000010000000000000a000002"

Test(examples, all_but_backup)
{
	const struct expectation expected[] = {
		{FRAME4("06", BACKUP, OTHER, "2710", "c350"), 0},
		{FRAME4("06", OTHER, BACKUP, "c350", "2774"), 1},
		{FRAME4("06", OTHER, BACKUP, "c350", "2775"), 2},
		{FRAME4("11", BACKUP, OTHER, "2710", "c350"), 2},
		{ARP, 2},
	};

	expect(EXAMPLES "all-but-backup.rules", expected, 5);
}

Test(examples, keep_ssh)
{
	const struct expectation expected[] = {
		{FRAME4("06", OTHER, BACKUP, "c350", "0016"), 0},
		{FRAME4("06", BACKUP, OTHER, "0016", "c350"), 1},
		{FRAME4("06", BACKUP, OTHER, "0017", "c350"), 4},
		{FRAME4("11", BACKUP, OTHER, "c350", "0016"), 4},
		{ARP, 2},
		{ETHERNET("86dd") IPV6("0008", "3a") "8700000000000000", 3},
	};

	expect(EXAMPLES "keep-ssh.rules", expected, 6);
}

Test(examples, drop_attack)
{
	const struct expectation expected[] = {
		{FRAME4("06", "cb00714d", OTHER, "c350", "0016"), 0},
		{FRAME4("06", "cb00714e", OTHER, "c350", "0016"), 1},
		{FRAME4("11", OTHER, BACKUP, "007b", "c350"), 3},
		{FRAME4("11", OTHER, OTHER, "007b", "c350"), 4},
		{ETHERNET("86dd") "60000000 0008 11 40 20010db80bad00000000000000000001"
				  "20010db8000000000000000000000002" UDP,
		 2},
		{ETHERNET("86dd") "60000000 0008 11 40 20010db80bae00000000000000000001"
				  "20010db8000000000000000000000002" UDP,
		 4},
	};

	expect(EXAMPLES "drop-attack.rules", expected, 6);
}

Test(examples, limit_dns)
{
	const struct expectation expected[] = {
		{FRAME4("11", OTHER, BACKUP, "c350", "0035"), 0},
		{FRAME4("11", BACKUP, OTHER, "0035", "c350"), 1},
		{FRAME4("06", BACKUP, OTHER, "0035", "c350"), 2},
	};

	expect(EXAMPLES "limit-dns.rules", expected, 3);
}

Test(examples, throttle_application)
{
	const struct expectation expected[] = {
		{FRAME4("06", "c6336407", OTHER, "20fb", "c350"), 0},
		{FRAME4("06", OTHER, "c6336407", "c350", "20fb"), 1},
		{ARP, 2},
		{FRAME4("06", OTHER, "c6336407", "c350", "20fc"), 3},
	};

	expect(EXAMPLES "throttle-application.rules", expected, 4);
}
