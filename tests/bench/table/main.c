/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A flow table alone: packets made up in the cache, both directions of every flow.
 *
 *	bench-table [OPTIONS] [-c CAPACITY] [-p PACKETS] [-r ROUNDS] [FLOWS ...]
 *
 *	-6	IPv6
 *	-e	with an extension that counts every packet in a line of its own (weir's table)
 *	-z	flows by Zipf's distribution (else uniform)
 *	-s	a live table, each packet with a time of its own, as from a NIC that stamps
 *	-S	... by up to 4 us out of order
 *	-n	every packet begins a new flow, in a table with room for FLOWS (eviction)
 *	-x	every packet begins a new flow, and their timeout ends them: about FLOWS live
 *	-c	room for that many flows (else just for FLOWS)
 *
 * Prints medians of several rounds, and the best, which says more on a machine that others
 * use too; "push" are the cycles in the table itself. A bench-table-plain does not prefetch;
 * bench-table-hash is rte_hash and an array.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <weir/clock.h>

#include "draw.h"
#include "subject.h"

#define ROUNDS_MAX  99
#define NS_A_PACKET 20 /* of traffic time: 50 Mpps */
#define DISORDER_NS 4096
/* With -x a flow lives this long: its timeout, and until a sweep of 2^30 ns comes by. */
#define LIFE_NS  (2 * CLOCK_SECOND)
#define SWEEP_NS (1 << 30)

struct options {
	bool ipv6, zipf, extended, stamped, evict, expire;
	uint32_t disorder; /* ns that a packet's time may be late */
	uint32_t flows, capacity;
	uint64_t packets;
	int rounds;
};

struct bench {
	void *subject;
	struct draw draw;
	uint64_t pushed;
	uint64_t push_cycles; /* of the newest round */
};

/* Time stamp counter on x86, else ns: the unit of "cycles". */
static inline uint64_t cycles(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	return clock_monotonic_ns();
#endif
}

static void run(struct bench *bench, uint64_t packets)
{
	bench->push_cycles = 0;
	for (uint64_t done = 0; done < packets; done += subject_burst) {
		draw_packets(&bench->draw, subject_next(bench->subject), subject_burst);
		uint64_t begin = cycles();

		subject_push(bench->subject, bench->draw.clock);
		bench->push_cycles += cycles() - begin;
	}
	bench->pushed += packets;
}

static uint64_t whole_bursts(uint64_t packets)
{
	return (packets + subject_burst - 1) / subject_burst * subject_burst;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts the values. */
static double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), compare_doubles);
	return values[count / 2];
}

static void print_heading(void)
{
	printf("%10s %8s %13s %8s %9s %9s %12s %10s %12s %10s\n", "flows", "Mpps", "cycles/packet",
	       "push", "best-Mpps", "best-push", "counted", "overflow", "created", "live");
}

/* The first packet of every flow; with -x, as many as it takes until as many end as begin. */
static void fill(struct bench *bench, const struct options *options)
{
	draw_new_flows(&bench->draw, true);
	run(bench, whole_bursts(options->expire ? 2 * (uint64_t)options->flows : options->flows));
	draw_new_flows(&bench->draw, options->evict || options->expire);
}

static void measure_rounds(struct bench *bench, const struct options *options)
{
	double rate[ROUNDS_MAX], all[ROUNDS_MAX], push[ROUNDS_MAX];
	int rounds = options->rounds;

	for (int round = 0; round < rounds; round++) {
		uint64_t ns = clock_monotonic_ns(), begin = cycles();

		run(bench, options->packets);
		all[round] = (double)(cycles() - begin) / (double)options->packets;
		rate[round] = (double)options->packets * 1e3 / (double)(clock_monotonic_ns() - ns);
		push[round] = (double)bench->push_cycles / (double)options->packets;
	}
	double median_rate = median(rate, rounds), median_push = median(push, rounds);

	printf("%10" PRIu32 " %8.1f %13.1f %8.1f %9.1f %9.1f", options->flows, median_rate,
	       median(all, rounds), median_push, rate[rounds - 1], push[0]);
}

/* False: no memory, or packets were not counted. */
static bool measure(const struct options *options)
{
	struct subject_settings settings = {
		/* flows come in whole bursts */
		.capacity = options->capacity != 0 ? options->capacity
						   : options->flows + 2 * subject_burst,
		.inactive_timeout = 30 * CLOCK_SECOND,
		.ipv6 = options->ipv6,
		.extended = options->extended,
		.live = options->stamped,
	};
	struct draw_settings draw = {.flows = options->flows,
				     .packets = options->packets,
				     .step = NS_A_PACKET,
				     .disorder = options->disorder,
				     .zipf = options->zipf,
				     .ipv6 = options->ipv6};
	struct bench bench = {0};

	if (options->expire) {
		settings.capacity = 2 * options->flows;
		settings.inactive_timeout = LIFE_NS - SWEEP_NS / 2;
		draw.step = LIFE_NS / options->flows;
	}
	bench.subject = subject_create(&settings);
	if (bench.subject == NULL || !draw_init(&bench.draw, &draw)) {
		fprintf(stderr, "bench-table: %" PRIu32 " flows: no memory\n", options->flows);
		return false;
	}
	fill(&bench, options);
	measure_rounds(&bench, options);
	struct subject_sums sums = subject_finish(bench.subject, bench.draw.clock);

	printf(" %12" PRIu64 " %10" PRIu64 " %12" PRIu64 " %10" PRIu64 "\n", sums.counted,
	       sums.overflow, sums.created, sums.created - sums.ended);
	subject_destroy(bench.subject);
	draw_release(&bench.draw);
	if (sums.counted + sums.overflow == bench.pushed)
		return true;
	fprintf(stderr, "bench-table: %" PRIu64 " packets pushed, %" PRIu64 " counted\n",
		bench.pushed, sums.counted + sums.overflow);
	return false;
}

static bool take_options(struct options *options, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "6zesSnxc:p:r:")) != -1) {
		if (option == '6')
			options->ipv6 = true;
		else if (option == 'z')
			options->zipf = true;
		else if (option == 'e')
			options->extended = true;
		else if (option == 's' || option == 'S') {
			options->stamped = true;
			options->disorder = option == 'S' ? DISORDER_NS : 0;
		} else if (option == 'n')
			options->evict = true;
		else if (option == 'x')
			options->expire = true;
		else if (option == 'c')
			options->capacity = (uint32_t)strtoul(optarg, NULL, 0);
		else if (option == 'p')
			options->packets = strtoull(optarg, NULL, 0);
		else if (option == 'r')
			options->rounds = atoi(optarg);
		else
			return false;
	}
	options->packets = whole_bursts(options->packets);
	return options->rounds > 0 && options->rounds <= ROUNDS_MAX && options->packets > 0;
}

int main(int argc, char **argv)
{
	static const char *const usual[] = {"1000", "65536", "1048576", "8388608"};
	struct options options = {.packets = 20000000, .rounds = 7};

	if (!take_options(&options, argc, argv))
		return 2;
	const char *const *flows = optind < argc ? (const char *const *)argv + optind : usual;
	int count = optind < argc ? argc - optind : (int)(sizeof(usual) / sizeof(usual[0]));

	print_heading();
	for (int i = 0; i < count; i++) {
		options.flows = (uint32_t)strtoul(flows[i], NULL, 0);
		if (options.flows == 0 || !measure(&options))
			return 1;
	}
	return 0;
}
