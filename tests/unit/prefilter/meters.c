/* SPDX-License-Identifier: BSD-3-Clause */
/* Token buckets against the real clock, and sampling. Nothing here depends on being fast enough. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "rig.h"

#define UDP_FRAME ETHERNET("0800") IPV4("001c", "11") UDP
#define OCTETS    42

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* The rate gives next to nothing in the time of a test: the burst passes, no more. */
Test(meters, a_burst_passes_to_the_packet)
{
	struct prefilter *prefilter =
		rig_load("limit 1 packets/s burst 100 packets then pass proto udp\n");
	const struct frame frame = frame_of(UDP_FRAME);
	const double start = now();
	uint64_t passed, refilled;

	rig_repeat(prefilter, frame.bytes, frame.wire, 1000);
	refilled = (uint64_t)(now() - start) + 1;
	passed = rig_totals(prefilter).passed.packets;
	cr_expect_geq(passed, 100);
	cr_expect_leq(passed, 100 + refilled);
	cr_expect_eq(rig_totals(prefilter).limited.packets, 1000 - passed);
	cr_expect_eq(rig_totals(prefilter).limited.octets, (1000 - passed) * OCTETS);
	cr_expect_eq(rig_rule(prefilter, 0).matched.packets, 1000);
	cr_expect_eq(rig_rule(prefilter, 0).over.packets, 1000 - passed);
	rig_expect_balance(prefilter);
	prefilter_destroy(prefilter);
}

Test(meters, bits_are_those_of_the_frame)
{
	/* 10 frames of 42 octets and one octet too few for another one. */
	struct prefilter *prefilter =
		rig_load("limit 1 kbit/s burst 461 octets then drop proto udp\n");
	const struct frame frame = frame_of(UDP_FRAME);
	const double start = now();
	uint64_t within, refilled;

	rig_repeat(prefilter, frame.bytes, frame.wire, 50);
	refilled = (uint64_t)((now() - start) * 1000 / (OCTETS * 8)) + 1;
	within = rig_totals(prefilter).dropped.packets;
	cr_expect_geq(within, 10);
	cr_expect_leq(within, 10 + refilled);
	cr_expect_eq(rig_totals(prefilter).limited.packets, 50 - within);
	prefilter_destroy(prefilter);
}

Test(meters, a_frame_larger_than_the_burst_is_never_within)
{
	struct prefilter *prefilter = rig_load("limit 1 Gbit/s burst 41 octets proto udp\n");
	const struct frame frame = frame_of(UDP_FRAME);

	rig_repeat(prefilter, frame.bytes, frame.wire, 1000);
	cr_expect_eq(rig_totals(prefilter).limited.packets, 1000);
	prefilter_destroy(prefilter);
}

/* What passes in a time is the burst and what the rate gives in it, whatever the machine does. */
static void expect_rate(const char *rules, double rate, double burst)
{
	struct prefilter *prefilter = rig_load(rules);
	const struct frame frame = frame_of(UDP_FRAME);
	const double start = now();
	double most, inside = 0, first, last = 0, offered = 0;
	struct prefilter_totals totals;

	rig_run(prefilter, frame.bytes, frame.wire);
	first = now();
	while (last - start < 0.5) {
		const double before = now();

		rig_repeat(prefilter, frame.bytes, frame.wire, 2000);
		last = now();
		inside += last - before;
		offered += 2000;
	}
	most = burst + (last - start) * rate;
	totals = rig_totals(prefilter);
	cr_expect_leq((double)totals.no_socket.packets, most * 1.001 + 1);
	/* A pause is lost only as far as the bucket is full; all that was offered fast enough. */
	if (offered / inside > 4 * rate)
		cr_expect_geq((double)totals.no_socket.packets, (last - first) * rate * 0.5);
	cr_expect_eq(totals.no_socket.packets + totals.limited.packets, totals.seen.packets);
	rig_expect_balance(prefilter);
	prefilter_destroy(prefilter);
}

Test(meters, rates)
{
	expect_rate("limit 20k packets/s burst 5k packets proto udp\n", 20e3, 5e3);
	/* 42 octets are 336 bits */
	expect_rate("limit 6720 kbit/s burst 210k octets proto udp\n", 20e3, 5e3);
}

struct sender {
	struct prefilter *prefilter;
	int cpu;
};

static void *send_many(void *context)
{
	const struct sender *sender = context;
	const struct frame frame = frame_of(UDP_FRAME);
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(sender->cpu, &cpus);
	cr_assert_eq(sched_setaffinity(0, sizeof(cpus), &cpus), 0);
	rig_repeat(sender->prefilter, frame.bytes, frame.wire, 20000);
	return NULL;
}

static void send_on_two_cpus(struct prefilter *prefilter)
{
	struct sender senders[2] = {{prefilter, 0}, {prefilter, 1}};
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, send_many, &senders[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

Test(meters, one_bucket_for_all_cpus)
{
	struct prefilter *prefilter = rig_load("limit 1 packets/s burst 3000 packets proto udp\n");
	const double start = now();
	struct prefilter_totals totals;

	send_on_two_cpus(prefilter);
	totals = rig_totals(prefilter);
	cr_expect_eq(totals.seen.packets, 40000);
	cr_expect_geq(totals.no_socket.packets, 3000);
	cr_expect_leq(totals.no_socket.packets, 3000 + (uint64_t)(now() - start) + 1);
	rig_expect_balance(prefilter);
	prefilter_destroy(prefilter);
}

Test(meters, the_last_of_every_n_is_analysed)
{
	struct prefilter *prefilter = rig_load("sample 1/7 proto udp\nsample 1/10 proto tcp\n");
	const struct frame frame = frame_of(UDP_FRAME);
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	cr_assert_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	for (unsigned int i = 1; i <= 70; i++)
		cr_expect_eq(rig_run(prefilter, frame.bytes, frame.wire),
			     i % 7 == 0 ? XDP_PASS : XDP_DROP, "frame %u", i);
	rig_repeat(prefilter, frame.bytes, frame.wire, 7000);
	cr_expect_eq(rig_totals(prefilter).no_socket.packets, 1010);
	cr_expect_eq(rig_totals(prefilter).sampled_out.packets, 6060);
	cr_expect_eq(rig_totals(prefilter).sampled_out.octets, 6060 * OCTETS);
	cr_expect_eq(rig_rule(prefilter, 0).over.packets, 6060);
	rig_expect_balance(prefilter);
	prefilter_destroy(prefilter);
}

Test(meters, sampling_is_exact_on_each_cpu)
{
	struct prefilter *prefilter = rig_load("default sample 1/1000\n");

	send_on_two_cpus(prefilter);
	cr_expect_eq(rig_totals(prefilter).no_socket.packets, 40);
	cr_expect_eq(rig_totals(prefilter).sampled_out.packets, 40000 - 40);
	prefilter_destroy(prefilter);
}
