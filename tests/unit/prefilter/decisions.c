/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of a frame by each action, and where it is counted. */
#include <criterion/criterion.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include "rig.h"
#include "socket.h"

#define UDP_FRAME ETHERNET("0800") IPV4("001c", "11") UDP
#define TCP_FRAME ETHERNET("0800") IPV4("0028", "06") TCP
#define OCTETS    42 /* of UDP_FRAME */

Test(decisions, analyse_goes_to_the_socket_of_the_queue)
{
	struct prefilter *prefilter = rig_load("drop proto tcp\npass proto icmp\n");
	const int fd = xdp_socket();
	struct error error;

	cr_assert_geq(fd, 0, "%s", strerror(-fd));
	cr_expect_eq(rig_run_hex(prefilter, UDP_FRAME), XDP_PASS);
	cr_assert_eq(prefilter_add_socket(prefilter, 0, fd, &error), 0, "%s", error.text);
	cr_expect_eq(rig_run_hex(prefilter, UDP_FRAME), XDP_REDIRECT);
	cr_expect_eq(rig_run_hex(prefilter, TCP_FRAME), XDP_DROP);
	prefilter_remove_socket(prefilter, 0);
	cr_expect_eq(rig_run_hex(prefilter, UDP_FRAME), XDP_PASS);
	cr_expect_eq(prefilter_add_socket(prefilter, 0, fd, &error), 0);
	close(fd); /* which takes it out by itself */
	cr_expect_eq(rig_run_hex(prefilter, UDP_FRAME), XDP_PASS);

	const struct prefilter_totals totals = rig_totals(prefilter);

	cr_expect_eq(totals.analysed.packets, 1);
	cr_expect_eq(totals.analysed.octets, OCTETS);
	cr_expect_eq(totals.no_socket.packets, 3);
	cr_expect_eq(totals.no_socket.octets, 3 * OCTETS);
	cr_expect_eq(totals.dropped.packets, 1);
	cr_expect_eq(totals.seen.packets, 5);
	rig_expect_balance(prefilter);
	prefilter_destroy(prefilter);
}

Test(decisions, sockets_of_other_queues_are_refused)
{
	struct prefilter *prefilter = rig_load("");
	struct error error;

	cr_expect_lt(prefilter_add_socket(prefilter, 64, STDERR_FILENO, &error), 0);
	cr_expect_lt(prefilter_add_socket(prefilter, 0, STDERR_FILENO, &error), 0);
	cr_expect_not_null(strstr(error.text, "queue 0"));
	prefilter_destroy(prefilter);
}

Test(decisions, pass_and_drop)
{
	struct prefilter *prefilter = rig_load("drop proto tcp\npass proto udp\n");

	cr_expect_eq(rig_run_hex(prefilter, TCP_FRAME), XDP_DROP);
	cr_expect_eq(rig_run_hex(prefilter, UDP_FRAME), XDP_PASS);
	cr_expect_eq(rig_totals(prefilter).passed.packets, 1);
	cr_expect_eq(rig_totals(prefilter).passed.octets, OCTETS);
	cr_expect_eq(rig_totals(prefilter).dropped.packets, 1);
	cr_expect_eq(rig_totals(prefilter).seen.packets, 2);
	prefilter_destroy(prefilter);
}

/* A default that drops, with a rule for all that can be said: only what is malformed gets away. */
Test(decisions, unreadable_frames_are_analysed_whatever_rules_say)
{
	static const char *const unreadable[] = {
		ETHERNET("0800") "55",                          /* version */
		ETHERNET("0800") IPV4("ffff", "11") UDP,        /* length */
		ETHERNET("0800") IPV4("0018", "11") "00000000", /* no UDP header */
		ETHERNET("8100") "00",                          /* half a tag */
		ETHERNET("86dd") IPV6("0048", "00") EIGHT(OPTIONS("00"))
			OPTIONS("06"), /* a ninth */
	};
	struct prefilter *prefilter =
		rig_load("drop ip\ndrop ip6\ndrop non-ip\ndrop proto udp\ndefault drop\n");

	for (size_t i = 0; i < 5; i++)
		cr_expect_eq(rig_run_hex(prefilter, unreadable[i]), XDP_PASS, "frame %zu", i);
	cr_expect_eq(rig_rule(prefilter, 5).matched.packets, 5);
	cr_expect_eq(rig_totals(prefilter).no_socket.packets, 5);
	cr_expect_eq(rig_totals(prefilter).dropped.packets, 0);
	prefilter_destroy(prefilter);
}

Test(decisions, frames_that_are_not_ip)
{
	const char *arp = ETHERNET("8100") TAG("0007", "0806") "0001";
	const char *lldp = ETHERNET("88cc") "0207";
	struct prefilter *prefilter = rig_load("drop vlan 0-4095\npass arp\n");

	cr_expect_eq(rig_run_hex(prefilter, arp), XDP_PASS);
	cr_expect_eq(rig_rule(prefilter, 1).matched.packets, 1);
	cr_expect_eq(rig_run_hex(prefilter, lldp), XDP_PASS);
	cr_expect_eq(rig_rule(prefilter, 2).matched.packets, 1);
	rig_replace(prefilter, "drop non-ip\npass arp\n");
	cr_expect_eq(rig_run_hex(prefilter, arp), XDP_DROP);
	cr_expect_eq(rig_run_hex(prefilter, lldp), XDP_DROP);
	rig_replace(prefilter, "pass arp\ndrop non-ip\n");
	cr_expect_eq(rig_run_hex(prefilter, arp), XDP_PASS);
	cr_expect_eq(rig_run_hex(prefilter, lldp), XDP_DROP);
	cr_expect_eq(rig_run_hex(prefilter, UDP_FRAME), XDP_PASS);
	rig_expect_balance(prefilter);
	prefilter_destroy(prefilter);
}

Test(decisions, in_front_of_af_packet)
{
	struct prefilter *prefilter =
		rig_load_for(PREFILTER_TO_KERNEL, "drop proto tcp\nsample 1/2 proto udp\n");
	struct prefilter_rules *rules =
		rig_rules("drop arp\n\nlimit 1 Gbit/s then pass proto tcp\n");
	struct error error;

	cr_expect_eq(rig_run_hex(prefilter, UDP_FRAME), XDP_DROP);
	cr_expect_eq(rig_run_hex(prefilter, UDP_FRAME), XDP_PASS);
	cr_expect_eq(rig_run_hex(prefilter, TCP_FRAME), XDP_DROP);
	cr_expect_eq(rig_totals(prefilter).analysed.packets, 1);
	cr_expect_eq(rig_totals(prefilter).no_socket.packets, 0);
	cr_expect_eq(prefilter_replace(prefilter, rules, &error), -EINVAL);
	cr_expect_eq(strncmp(error.text, "rules:3:1: pass", 15), 0, "%s", error.text);
	cr_expect_eq(rig_run_hex(prefilter, TCP_FRAME), XDP_DROP);
	cr_expect_eq(rig_totals(prefilter).dropped.packets, 2);
	prefilter_rules_free(rules);
	prefilter_destroy(prefilter);
}

Test(decisions, attached_once_and_off_again)
{
	struct prefilter *prefilter = rig_load(""), *second = rig_load("");
	struct error error = {""};
	unsigned int index;

	close(xdp_socket()); /* for its namespace */
	index = if_nametoindex("lo");
	cr_expect_eq(prefilter_attach(prefilter, index, PREFILTER_NATIVE, &error), -EOPNOTSUPP);
	cr_expect_not_null(strstr(error.text, "lo: the driver has no native XDP"), "%s",
			   error.text);
	cr_assert_eq(prefilter_attach(prefilter, index, PREFILTER_AUTO, &error), 0, "%s",
		     error.text);
	cr_expect_eq(prefilter_attached(prefilter), PREFILTER_GENERIC);
	cr_expect_eq(prefilter_attach(second, index, PREFILTER_AUTO, &error), -EBUSY);
	cr_expect_not_null(strstr(error.text, "second weir"), "%s", error.text);
	cr_expect_eq(prefilter_attached(second), PREFILTER_AUTO);
	prefilter_detach(prefilter);
	cr_expect_eq(prefilter_attach(second, index, PREFILTER_GENERIC, &error), 0);
	prefilter_destroy(second);
	cr_expect_eq(prefilter_attach(prefilter, index, PREFILTER_AUTO, &error), 0);
	prefilter_destroy(prefilter);
	prefilter = rig_load("");
	cr_expect_eq(prefilter_attach(prefilter, 4711, PREFILTER_AUTO, &error), -ENODEV);
	cr_expect_not_null(strstr(error.text, "no interface 4711"), "%s", error.text);
	prefilter_destroy(prefilter);
}

/* In a process with these capabilities only: the exit status, and on failure the error on `out`. */
static int create_with(uint64_t capabilities, struct error *error)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {0};
	const struct prefilter_options options = {0};
	struct prefilter_rules *rules = rig_rules("drop proto tcp\n");
	struct prefilter *prefilter = NULL;
	int ends[2], status;
	pid_t child;

	cr_assert_eq(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 2; i++)
			data[i].effective = data[i].permitted =
				(uint32_t)(capabilities >> (32 * i));
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (syscall(SYS_capset, &header, data) != 0)
			_exit(99);
		status = prefilter_create(&options, rules, &prefilter, error);
		if (write(ends[1], error, sizeof(*error)) < 0)
			_exit(98);
		_exit(-status);
	}
	close(ends[1]);
	cr_assert_eq(read(ends[0], error, sizeof(*error)), sizeof(*error));
	close(ends[0]);
	waitpid(child, &status, 0);
	prefilter_rules_free(rules);
	return -WEXITSTATUS(status);
}

#define BIT(number) (UINT64_C(1) << (number))

Test(decisions, a_user_without_capabilities_is_told_which)
{
	const uint64_t all = BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_NET_ADMIN);
	struct error error = {""};

	cr_expect_eq(create_with(all, &error), 0, "%s", error.text);
	cr_expect_eq(create_with(0, &error), -EPERM);
	cr_expect_not_null(strstr(error.text, "CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN missing"), "%s",
			   error.text);
	cr_expect_eq(create_with(all & ~BIT(CAP_NET_ADMIN), &error), -EPERM);
	cr_expect_not_null(strstr(error.text, ": CAP_NET_ADMIN missing"), "%s", error.text);
	cr_expect_eq(create_with(all & ~BIT(CAP_PERFMON), &error), -EPERM);
	cr_expect_not_null(strstr(error.text, ": CAP_PERFMON missing"), "%s", error.text);
}
