/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The flow table alone: packets made up in the cache, uniform over N flows, both directions.
 * Prints medians of several rounds, and the best, which says more on a machine that others
 * use too; "push" are the cycles inside flow_table_push().
 *
 *	bench-table [-6] [-n] [-p PACKETS] [-r ROUNDS] [FLOWS ...]
 *
 * -n: every packet begins a new flow, in a table with room for FLOWS (eviction).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/flow.h>

#define ROUNDS_MAX   99
#define NS_A_PACKET  20 /* of traffic time: 50 Mpps */
#define FRAME_LENGTH 60

static const struct hash_secret secret = {
	{0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93}};

struct bench {
	struct flow_table *table;
	uint32_t flows;
	bool ipv6, new_flows;
	uint64_t random, clock, number;
	uint64_t push_cycles;
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

static void make_packet(struct bench *bench, struct packet *packet)
{
	bench->random = bench->random * 6364136223846793005u + 1442695040888963407u;
	bench->clock += NS_A_PACKET;

	uint32_t draw = (uint32_t)(bench->random >> 32);
	uint32_t flow = bench->new_flows ? (uint32_t)bench->number
					 : (uint32_t)(((uint64_t)draw * bench->flows) >> 32);

	bench->number++;
	packet->key = (struct packet_key){
		.address = {flow, 0x0a000001},
		.port = {(uint16_t)(flow >> 7), 443},
		.vlan = bench->ipv6 ? PACKET_KEY_IPV6 : 0,
		.protocol = 17,
	};
	packet->frame_length = FRAME_LENGTH;
	packet->octets = FRAME_LENGTH - 14;
	packet->direction = bench->random >> 31 & 1;
	packet->ttl = 64;
	packet->time = bench->clock;
	packet->clock = bench->clock;
}

static void run(struct bench *bench, uint64_t packets)
{
	const struct flow_record *records;

	bench->push_cycles = 0;
	for (uint64_t done = 0; done < packets; done += FLOW_BURST) {
		struct flow_burst *burst = flow_table_next(bench->table);

		for (uint32_t i = 0; i < FLOW_BURST; i++)
			make_packet(bench, &burst->packets[i]);
		burst->count = FLOW_BURST;

		uint64_t begin = cycles();

		flow_table_push(bench->table);
		bench->push_cycles += cycles() - begin;
		flow_table_taken(bench->table, flow_table_outbox(bench->table, &records));
	}
}

/* One packet of every flow, so that the rounds find them all. */
static void fill(struct bench *bench)
{
	bool new_flows = bench->new_flows;

	bench->new_flows = true;
	run(bench, bench->flows);
	bench->new_flows = new_flows;
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

static int measure(struct bench *bench, uint64_t packets, int rounds)
{
	struct flow_settings settings = {
		.capacity = bench->flows + 2 * FLOW_BURST, /* flows come in whole bursts */
		.active_timeout = 300 * CLOCK_SECOND,
		.inactive_timeout = 30 * CLOCK_SECOND,
		.secret = secret,
	};
	double rate[ROUNDS_MAX], all[ROUNDS_MAX], push[ROUNDS_MAX];

	bench->table = flow_table_create(&settings);
	if (bench->table == NULL)
		return -1;
	flow_table_prefault(bench->table);
	bench->random = 1;
	bench->clock = 1000 * CLOCK_SECOND;
	bench->number = 0;
	fill(bench);
	for (int round = 0; round < rounds; round++) {
		uint64_t ns = clock_monotonic_ns(), begin = cycles();

		run(bench, packets);
		all[round] = (double)(cycles() - begin) / (double)packets;
		rate[round] = (double)packets * 1e3 / (double)(clock_monotonic_ns() - ns);
		push[round] = (double)bench->push_cycles / (double)packets;
	}
	const struct flow_counters *counters = flow_table_counters(bench->table);
	uint64_t overflow = counters->overflow_packets[FLOW_OVERFLOW_TABLE] +
			    counters->overflow_packets[FLOW_OVERFLOW_BUCKET];

	double median_rate = median(rate, rounds), median_push = median(push, rounds);

	printf("%10" PRIu32 " %8.1f %14.1f %8.1f %12" PRIu64 " %10" PRIu64 " %10.1f %10.1f\n",
	       bench->flows, median_rate, median(all, rounds), median_push, counters->created,
	       overflow, rate[rounds - 1], push[0]);
	flow_table_destroy(bench->table);
	return 0;
}

int main(int argc, char **argv)
{
	static const char *const usual[] = {"1000", "65536", "1048576", "8388608"};
	struct bench bench = {0};
	uint64_t packets = 20000000;
	int rounds = 7, option;

	while ((option = getopt(argc, argv, "6np:r:")) != -1) {
		if (option == '6')
			bench.ipv6 = true;
		else if (option == 'n')
			bench.new_flows = true;
		else if (option == 'p')
			packets = strtoull(optarg, NULL, 0);
		else if (option == 'r' && atoi(optarg) > 0 && atoi(optarg) <= ROUNDS_MAX)
			rounds = atoi(optarg);
		else
			return 2;
	}
	const char *const *flows = optind < argc ? (const char *const *)argv + optind : usual;
	int count = optind < argc ? argc - optind : (int)(sizeof(usual) / sizeof(usual[0]));

	packets = (packets + FLOW_BURST - 1) / FLOW_BURST * FLOW_BURST;
	printf("%10s %8s %14s %8s %12s %10s %10s %10s\n", "flows", "Mpps", "cycles/packet", "push",
	       "created", "overflow", "best Mpps", "best push");
	for (int i = 0; i < count; i++) {
		bench.flows = (uint32_t)strtoul(flows[i], NULL, 0);
		if (measure(&bench, packets, rounds) != 0) {
			fprintf(stderr, "bench-table: %s flows: no memory\n", flows[i]);
			return 1;
		}
	}
	return 0;
}
