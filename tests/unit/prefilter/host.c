/* SPDX-License-Identifier: BSD-3-Clause */
/* Whose frames are left to this host: the program in a namespace with addresses of its own. */
#include <criterion/criterion.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "rig.h"

#define OWN   "02000000000a" /* MAC address of the interface "here" */
#define ITS   "02000000000c" /* of what is made upon it */
#define OTHER "02000000000b"

#define TO_IPV4(mac, address)                                                                      \
	mac OTHER "0800 4500001c00000000 40110000 cb007101" address "00010009 00080000"
#define TO_IPV6(mac, address)                                                                      \
	mac OTHER "86dd 60000000 00081140 20010db8000000000000000000000001" address                \
		  "00010009 00080000"
#define ARP_FOR(address)                                                                           \
	"ffffffffffff" OTHER "0806 0001080006040001" OTHER "cb007101 000000000000" address

#define LINK_LOCAL "fe800000000000000000000000000a0a"

static void run(const char *command)
{
	cr_assert_eq(system(command), 0, "%s", command);
}

/* "here" of a veth pair, in a namespace of this test; a dummy beside it has another address. */
static unsigned int network(void)
{
	cr_assert_eq(unshare(CLONE_NEWNET), 0);
	run("sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.addr_gen_mode=1");
	run("ip link add here address 02:00:00:00:00:0a type veth peer name there");
	run("ip link set here up && ip link set there up");
	run("ip link add beside type veth peer name beside2 && ip link set beside up");
	run("ip address add 192.0.2.7/32 dev beside");
	return if_nametoindex("here");
}

static struct prefilter *load(unsigned int index, const char *text)
{
	const struct prefilter_options options = {.target = PREFILTER_TO_SOCKETS};
	struct prefilter_rules *rules = text != NULL ? rig_rules(text) : NULL;
	struct prefilter *prefilter;
	struct error error;

	cr_assert_eq(prefilter_create(&options, rules, &prefilter, &error), 0, "%s", error.text);
	cr_assert_eq(prefilter_attach(prefilter, index, PREFILTER_AUTO, &error), 0, "%s",
		     error.text);
	prefilter_rules_free(rules);
	return prefilter;
}

/* Is the frame left to this host? Else it is without a socket that takes it. */
static bool left(const struct prefilter *prefilter, const char *hex)
{
	const struct prefilter_totals before = rig_totals(prefilter);
	struct prefilter_totals after;

	rig_run_hex(prefilter, hex);
	after = rig_totals(prefilter);
	cr_assert_eq(after.host.packets + after.no_socket.packets,
		     before.host.packets + before.no_socket.packets + 1);
	return after.host.packets > before.host.packets;
}

/* The thread that follows the addresses is not waited for by anyone but here. */
static void expect_soon(const struct prefilter *prefilter, const char *hex, bool expected)
{
	for (int i = 0; i < 500 && left(prefilter, hex) != expected; i++)
		usleep(10000);
	cr_expect_eq(left(prefilter, hex), expected, "%s", hex);
}

Test(host, without_an_address_on_it)
{
	struct prefilter *prefilter = load(network(), NULL);

	cr_expect_not(left(prefilter, TO_IPV4(OWN, "c0000209")), "an address of nobody here");
	cr_expect(left(prefilter, TO_IPV4(OWN, "c0000207")), "one that another interface has");
	cr_expect_not(left(prefilter, TO_IPV4(OTHER, "c0000207")), "a mirrored copy");
	cr_expect_not(left(prefilter, ARP_FOR("c0000207")));
	cr_expect_not(left(prefilter, TO_IPV6("333300000001", "ff020000000000000000000000000001")));
	cr_expect_not(left(prefilter, OWN OTHER "0800 45"), "cut short");
	prefilter_destroy(prefilter);
}

Test(host, link_local_alone)
{
	const unsigned int index = network();
	struct prefilter *prefilter;

	run("ip address add fe80::a0a/64 dev here nodad");
	prefilter = load(index, NULL);
	cr_expect(left(prefilter, TO_IPV6(OWN, LINK_LOCAL)));
	cr_expect(left(prefilter, TO_IPV6("3333ff000a0a", "ff0200000000000000000001ff000a0a")));
	cr_expect(left(prefilter, TO_IPV6("333300000001", "ff020000000000000000000000000001")));
	cr_expect_not(left(prefilter, TO_IPV6("3333ff000a0b", "ff0200000000000000000001ff000a0b")),
		      "another's solicitation");
	cr_expect_not(left(prefilter, TO_IPV6(OWN, "fe800000000000000000000000000a0b")));
	cr_expect_not(left(prefilter, TO_IPV4(OWN, "c0000209")));
	cr_expect_not(left(prefilter, ARP_FOR("c0000209")));
	prefilter_destroy(prefilter);
}

Test(host, follows_addresses, .timeout = 30)
{
	struct prefilter *prefilter = load(network(), NULL);

	run("ip address add 192.0.2.9/24 dev here");
	expect_soon(prefilter, ARP_FOR("c0000209"), true);
	cr_expect(left(prefilter, TO_IPV4(OWN, "c0000209")));
	cr_expect(left(prefilter, TO_IPV4(OWN, "cb007105")), "it may forward it");
	cr_expect_not(left(prefilter, TO_IPV4(OTHER, "c0000209")), "what is for others");
	run("ip address del 192.0.2.9/24 dev here");
	expect_soon(prefilter, ARP_FOR("c0000209"), false);
	run("ip address add 2001:db8::9/64 dev here nodad");
	expect_soon(prefilter, TO_IPV6("3333ff000009", "ff0200000000000000000001ff000009"), true);
	prefilter_destroy(prefilter);
}

Test(host, follows_what_is_made_upon_it, .timeout = 30)
{
	struct prefilter *prefilter = load(network(), NULL);

	cr_expect_not(left(prefilter, TO_IPV4(ITS, "c0000209")));
	run("ip link add link here name upon address 02:00:00:00:00:0c type macvlan");
	expect_soon(prefilter, TO_IPV4(ITS, "c0000209"), true);
	cr_expect(left(prefilter, ARP_FOR("c0000209")));
	run("ip link del upon");
	expect_soon(prefilter, TO_IPV4(ITS, "c0000209"), false);
	run("ip link set here address 02:00:00:00:00:0d");
	expect_soon(prefilter, TO_IPV4("02000000000d", "c0000207"), true);
	cr_expect_not(left(prefilter, TO_IPV4(OWN, "c0000207")));
	prefilter_destroy(prefilter);
}

/* Rules decide first; what they analyse or sample is left to this host, whichever are in force. */
Test(host, with_rules)
{
	struct prefilter *prefilter = load(network(), "drop from 203.0.113.0/24\n");

	rig_run_hex(prefilter, TO_IPV4(OWN, "c0000207"));
	cr_expect_eq(rig_totals(prefilter).dropped.packets, 1);
	rig_replace(prefilter, "sample 1/1000 proto udp\ndefault drop\n");
	cr_expect(left(prefilter, TO_IPV4(OWN, "c0000207")));
	rig_run_hex(prefilter, TO_IPV4(OTHER, "c0000207"));
	cr_expect_eq(rig_totals(prefilter).sampled_out.packets, 1);
	rig_expect_balance(prefilter);
	prefilter_destroy(prefilter);
}

/* ---- the table ---- */

static struct host_set addresses(size_t count)
{
	struct host_set set = {.own = 7, .count = count};

	set.keys = calloc(count, sizeof(*set.keys));
	for (size_t i = 0; i < count; i++)
		set.keys[i] = (struct prefilter_host_key){
			0, PREFILTER_HOST_IPV4 | (UINT64_C(0x0a000000) + i * 256)};
	return set;
}

Test(host, has_room_for_a_thousand_addresses)
{
	struct prefilter_host *shared = calloc(1, sizeof(*shared));
	struct host_set set = addresses(1000);

	cr_expect_eq(host_publish(shared, &set), 0);
	cr_expect_eq(shared->own & ~PREFILTER_HOST_SECOND, 7);
	free(set.keys);
	set = addresses(PREFILTER_HOST_PLACES + 1);
	cr_expect_gt(host_publish(shared, &set), 0);
	cr_expect_neq(shared->own & PREFILTER_HOST_USED, 0, "rather too many are left to it");
	free(set.keys);
	free(shared);
}
