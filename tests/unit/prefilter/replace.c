/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules that change while frames come, and what stays of them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kit/prng.h>

#include "rig.h"

#define UDP_FRAME ETHERNET("0800") IPV4("001c", "11") UDP
#define TCP_FRAME ETHERNET("0800") IPV4("0028", "06") TCP

static void expect_text(struct prefilter *prefilter, const char *expected)
{
	char *text = prefilter_text(prefilter);

	cr_expect_str_eq(text, expected);
	free(text);
}

Test(replace, a_rule_in_both_sets_keeps_its_counters)
{
	struct prefilter *prefilter = rig_load("drop proto udp\npass proto tcp\n");
	struct prefilter_sums sums;

	rig_run_hex(prefilter, UDP_FRAME);
	rig_run_hex(prefilter, TCP_FRAME);
	rig_replace(prefilter, "drop from 10.0.0.1\ndrop ip6\ndrop proto udp\n");
	cr_expect_eq(rig_rule(prefilter, 2).matched.packets, 1);
	rig_run_hex(prefilter, UDP_FRAME);
	rig_run_hex(prefilter, TCP_FRAME);
	cr_expect_eq(rig_rule(prefilter, 2).matched.packets, 2);
	cr_expect_eq(rig_rule(prefilter, 2).matched.octets, 2 * 42);
	cr_assert_eq(prefilter_sums(prefilter, 0, 10, &sums, NULL), 0);
	cr_expect_eq(sums.total, 5);
	cr_expect_eq(sums.count, 5);
	cr_expect_str_eq(sums.rules[2].rule, "drop proto udp");
	cr_expect_str_eq(sums.rules[2].action, "drop");
	cr_expect_str_eq(sums.rules[3].rule, "default analyse");
	cr_expect_eq(sums.rules[3].matched.packets, 1);
	cr_expect_str_eq(sums.rules[4].rule, "unreadable");
	cr_expect_eq(sums.gone.packets, 1);
	cr_expect_eq(sums.gone.octets, 54);
	prefilter_sums_free(&sums);
	cr_assert_eq(prefilter_sums(prefilter, 4, 10, &sums, NULL), 0);
	cr_expect_eq(sums.count, 1);
	prefilter_sums_free(&sums);
	cr_assert_eq(prefilter_sums(prefilter, 40, 10, &sums, NULL), 0);
	cr_expect_eq(sums.count, 0);
	prefilter_sums_free(&sums);
	rig_expect_balance(prefilter);
	prefilter_destroy(prefilter);
}

Test(replace, a_rule_in_both_sets_keeps_its_bucket)
{
	static const char limit[] = "limit 1 packets/s burst 10 packets then pass proto udp\n";
	const struct frame frame = frame_of(UDP_FRAME);
	struct prefilter *prefilter = rig_load(limit);
	const time_t start = time(NULL);
	char rules[200];

	for (int i = 0; i < 20; i++) {
		snprintf(rules, sizeof(rules), "drop from 10.0.0.%d\nlimit 1 packets/s arp\n%s", i,
			 limit);
		rig_repeat(prefilter, frame.bytes, frame.wire, 10);
		rig_replace(prefilter, rules);
	}
	cr_expect_leq(rig_totals(prefilter).passed.packets,
		      10 + (uint64_t)(time(NULL) - start) + 1);
	/* Gone and back it is a new rule, with a full bucket. */
	rig_replace(prefilter, "");
	rig_replace(prefilter, limit);
	rig_repeat(prefilter, frame.bytes, frame.wire, 10);
	cr_expect_geq(rig_totals(prefilter).passed.packets, 20);
	prefilter_destroy(prefilter);
}

Test(replace, meters_come_back_to_be_used_again)
{
	struct prefilter *prefilter = rig_load("");
	char *text = malloc(4096 * 60);

	for (unsigned int round = 0; round < 5; round++) {
		size_t length = 0;

		for (unsigned int i = 0; i < 4096; i++)
			length +=
				(size_t)sprintf(text + length, "limit 1 Mbit/s from 10.%u.%u.%u\n",
						round, i >> 8, i & 255);
		rig_replace(prefilter, text);
	}
	free(text);
	prefilter_destroy(prefilter);
}

Test(replace, one_rule_more_and_one_less)
{
	struct prefilter *prefilter = rig_load("drop proto udp\npass proto tcp\n");
	struct error error;

	cr_expect_eq(prefilter_add(prefilter, "drop from 10.0.0.0/8 # last", 0, &error), 0);
	cr_expect_eq(prefilter_add(prefilter, "pass arp", 1, &error), 0);
	cr_expect_eq(prefilter_add(prefilter, "default drop", 0, &error), 0);
	expect_text(prefilter, "pass arp\ndrop proto udp\npass proto tcp\ndrop from 10.0.0.0/8\n"
			       "default drop\n");
	cr_expect_eq(prefilter_add(prefilter, "drop proto 17", 0, &error), -EEXIST);
	cr_expect_not_null(strstr(error.text, "'drop proto udp' is there already"));
	cr_expect_eq(prefilter_add(prefilter, "default drop", 0, &error), -EEXIST);
	cr_expect_eq(prefilter_add(prefilter, "drop ip6", 5, &error), -ENOENT);
	cr_expect_eq(prefilter_add(prefilter, "drop form 10.0.0.0/8", 0, &error), -EINVAL);
	cr_expect_eq(strncmp(error.text, "rule:1:6: 'form'", 16), 0, "%s", error.text);
	cr_expect_eq(prefilter_add(prefilter, "", 0, &error), -EINVAL);
	cr_expect_eq(prefilter_add(prefilter, "drop ip\ndrop ip6", 0, &error), -EINVAL);
	cr_expect_eq(prefilter_delete(prefilter, "2", &error), 0);
	cr_expect_eq(prefilter_delete(prefilter, "drop  from 10.0.0.0/8", &error), 0);
	cr_expect_eq(prefilter_delete(prefilter, "drop from 10.0.0.0/8", &error), -ENOENT);
	cr_expect_eq(prefilter_delete(prefilter, "0", &error), -ENOENT);
	cr_expect_eq(prefilter_delete(prefilter, "3", &error), -ENOENT);
	cr_expect_eq(prefilter_delete(prefilter, "default drop", &error), -EINVAL);
	expect_text(prefilter, "pass arp\npass proto tcp\ndefault drop\n");
	cr_expect_eq(rig_run_hex(prefilter, UDP_FRAME), XDP_DROP);
	prefilter_destroy(prefilter);
}

Test(replace, too_many_rules_change_nothing)
{
	struct prefilter *prefilter = rig_load("");
	struct error error;
	char rule[60];

	for (unsigned int i = 0; i < 512; i++) {
		snprintf(rule, sizeof(rule), "drop proto udp to port %u", i);
		cr_assert_eq(prefilter_add(prefilter, rule, 0, &error), 0, "%s", error.text);
	}
	cr_expect_eq(prefilter_add(prefilter, "drop proto udp to port 512", 0, &error), -E2BIG);
	cr_expect_eq(strncmp(error.text, "rule:1:1: too many rules that", 29), 0, "%s", error.text);
	cr_expect_eq(rig_run_hex(prefilter, UDP_FRAME), XDP_DROP);
	cr_expect_eq(prefilter_add(prefilter, "drop to 198.51.100.2", 0, &error), 0);
	prefilter_destroy(prefilter);
}

struct traffic {
	struct prefilter *prefilter;
	int cpu;
	atomic_bool stop;
	uint64_t sent, wrong;
};

/* Both rule sets drop UDP by a rule and pass TCP by another; no mixture of both may be seen. */
static void *send_until_stopped(void *context)
{
	struct traffic *traffic = context;
	const struct frame udp = frame_of(UDP_FRAME), tcp = frame_of(TCP_FRAME);
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(traffic->cpu, &cpus);
	cr_assert_eq(sched_setaffinity(0, sizeof(cpus), &cpus), 0);
	while (!traffic->stop) {
		traffic->wrong +=
			rig_repeat(traffic->prefilter, udp.bytes, udp.wire, 50) != XDP_DROP;
		traffic->wrong +=
			rig_repeat(traffic->prefilter, tcp.bytes, tcp.wire, 50) != XDP_PASS;
		traffic->sent += 100;
	}
	return NULL;
}

Test(replace, in_the_middle_of_traffic_every_frame_counts)
{
	struct prefilter *prefilter = rig_load("drop proto udp\npass proto tcp\ndefault drop\n");
	struct traffic traffic[2] = {{.prefilter = prefilter, .cpu = 0},
				     {.prefilter = prefilter, .cpu = 1}};
	struct prefilter_totals before = {0}, totals;
	pthread_t threads[2];
	char rules[200];

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, send_until_stopped, &traffic[i]);
	for (unsigned int i = 0; i < 60; i++) {
		snprintf(rules, sizeof(rules),
			 "pass from 198.51.100.%u\ndrop from 192.0.2.0/%u "
			 "proto udp\npass to 198.51.100.2 proto tcp\ndefault %s\n%s",
			 i, 24 + i % 8, i % 2 ? "drop" : "pass", i % 3 ? "drop proto udp" : "");
		rig_replace(prefilter, rules);
		totals = rig_totals(prefilter);
		cr_expect_geq(totals.seen.packets, before.seen.packets);
		before = totals;
	}
	for (int i = 0; i < 2; i++)
		traffic[i].stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	totals = rig_totals(prefilter);
	cr_expect_eq(traffic[0].wrong + traffic[1].wrong, 0);
	cr_expect_eq(totals.seen.packets, traffic[0].sent + traffic[1].sent);
	cr_expect_eq(totals.dropped.packets, totals.seen.packets / 2);
	cr_expect_eq(totals.passed.packets, totals.seen.packets / 2);
	rig_expect_balance(prefilter);
	prefilter_destroy(prefilter);
}

/* 100,000 prefixes, half of them IPv6; the frames of the model's world fit the rules at its end. */
Test(replace, a_hundred_thousand_rules, .timeout = 60)
{
	struct prefilter *prefilter = rig_load("");
	char *text = malloc(100000 * 60);
	size_t length = 0;
	struct prng random = {9};

	for (unsigned int i = 0; i < 50000; i++)
		length += (size_t)sprintf(text + length,
					  "drop %s 172.%u.%u.%u\npass %s 2001:db8:%x:%x::/64\n",
					  i % 2 ? "from" : "to", 16 + (i >> 16), i >> 8 & 255,
					  i & 255, i % 3 ? "from" : "to", i, i * 7 & 0xffff);
	rig_replace(prefilter, text);
	for (unsigned int i = 0; i < 500; i++) {
		const unsigned int n = prng_below(&random, 50000);
		char frame[300];

		snprintf(frame, sizeof(frame), "%s4500001c 00010000 40110000 %s %s%02x%02x%02x %s",
			 ETHERNET("0800"), n % 2 ? "" : "c0000201", "ac", 16 + (n >> 16),
			 n >> 8 & 255, n & 255, n % 2 ? "c0000201" UDP : UDP);
		cr_assert_eq(rig_run_hex(prefilter, frame), XDP_DROP, "%u", n);
		cr_assert_geq(rig_rule(prefilter, 2 * n).matched.packets, 1);
		snprintf(frame, sizeof(frame), "%s60000000 0008 11 40 %s 20010db8%04x%04x%s %s",
			 ETHERNET("86dd"), n % 3 ? "" : "20010db7000000000000000000000001", n,
			 n * 7 & 0xffff, "0000000000000001",
			 n % 3 ? "20010db7000000000000000000000001" UDP : UDP);
		cr_assert_eq(rig_run_hex(prefilter, frame), XDP_PASS, "%u", n);
		cr_assert_geq(rig_rule(prefilter, 2 * n + 1).matched.packets, 1);
	}
	free(text);
	rig_expect_balance(prefilter);
	prefilter_destroy(prefilter);
}
