/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What attacks cost (docs/hostile.md). Cases are run in turn, ROUNDS times each, and the medians
 * compared, so that what else the machine does hits all of them alike.
 *
 *	bench-attack keys		keys that collide for who knows the secret, against
 *					keys nobody chose
 *	bench-attack fragments		other traffic's cost beside a flood of first fragments
 *	bench-attack flood [FLOWS [CAPACITY]]
 *					20 million flows through a table of a million
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/flow.h>

#include "flood.h"
#include "index.h"
#include "attack.h"

#define CAPACITY 65536
#define FLOWS    32768
#define ROUNDS   31

static struct packet plain[FLOWS], chosen[FLOWS], fragments[FLOWS];

/* One way to feed a table, and what it cost in each round. */
struct feeding {
	const char *name;
	const struct packet *measured; /* FLOWS packets, in turn */
	const struct packet *beside;   /* as many before each measured stretch, or NULL */
	struct hash_secret secret;
	struct flow_table *table;
	uint64_t clock;
	double cycles[ROUNDS]; /* a measured packet */
};

/* Time stamp counter on x86, else ns. */
static inline uint64_t cycles(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	return clock_monotonic_ns();
#endif
}

/* Push a burst and return what that took: the copying before is not the table's. */
static uint64_t feed(struct feeding *feeding, const struct packet *packets)
{
	struct flow_burst *burst = flow_table_next(feeding->table);
	const struct flow_record *records;
	uint64_t begin, end;

	memcpy(burst->packets, packets, FLOW_BURST * sizeof(packets[0]));
	burst->count = FLOW_BURST;
	for (uint32_t i = 0; i < FLOW_BURST; i++)
		burst->packets[i].time = burst->packets[i].clock = feeding->clock += 20;
	begin = cycles();
	flow_table_push(feeding->table);
	end = cycles();
	flow_table_taken(feeding->table, flow_table_outbox(feeding->table, &records));
	return end - begin;
}

static int compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * Cycles for a measured packet: the mean over the bursts, without the worst 2%, in which something
 * else had the CPU. What goes beside comes in stretches, so that it can spoil the caches.
 */
static double measure(struct feeding *feeding)
{
	enum { BURSTS = FLOWS / FLOW_BURST, STRETCH = 64, KEPT = BURSTS * 98 / 100 };
	double took[BURSTS], sum = 0;

	for (uint32_t burst = 0; burst < BURSTS; burst++) {
		for (uint32_t i = 0; i < STRETCH && burst % STRETCH == 0; i++)
			if (feeding->beside != NULL)
				feed(feeding, feeding->beside + (burst + i) * FLOW_BURST);
		took[burst] = (double)feed(feeding, feeding->measured + burst * FLOW_BURST);
	}
	qsort(took, BURSTS, sizeof(took[0]), compare_numbers);
	for (uint32_t burst = 0; burst < KEPT; burst++)
		sum += took[burst];
	return sum / KEPT / FLOW_BURST;
}

static void compare(struct feeding *feedings, int count)
{
	struct flow_settings settings = {
		.capacity = CAPACITY,
		.active_timeout = 300 * CLOCK_SECOND,
		.inactive_timeout = 300 * CLOCK_SECOND,
	};

	for (int i = 0; i < count; i++) {
		settings.secret = feedings[i].secret;
		feedings[i].table = flow_table_create(&settings);
		feedings[i].clock = 1000 * CLOCK_SECOND;
		flow_table_prefault(feedings[i].table);
	}
	for (int round = -1; round < ROUNDS; round++) {
		for (int i = 0; i < count; i++) {
			double took = measure(&feedings[i]);

			if (round >= 0) /* the first one makes the flows */
				feedings[i].cycles[round] = took;
		}
	}
	for (int i = 0; i < count; i++) {
		const struct flow_counters *counters = flow_table_counters(feedings[i].table);

		qsort(feedings[i].cycles, ROUNDS, sizeof(double), compare_numbers);
		printf("%-36s %8.1f cycles/packet %6.2f %8" PRIu64 " flows %10" PRIu64
		       " overflowed\n",
		       feedings[i].name, feedings[i].cycles[ROUNDS / 2],
		       feedings[i].cycles[ROUNDS / 2] / feedings[0].cycles[ROUNDS / 2],
		       counters->created,
		       counters->overflow_packets[0] + counters->overflow_packets[1]);
		flow_table_destroy(feedings[i].table);
	}
}

static int bench_keys(const struct hash_secret *drawn)
{
	struct feeding feedings[] = {
		{.name = "keys nobody chose", .measured = plain, .secret = *drawn},
		{.name = "chosen keys", .measured = chosen, .secret = *drawn},
		{.name = "chosen keys, the secret is known", .measured = chosen},
	};

	if (attack_find_keys(CAPACITY, chosen, FLOWS) < FLOWS)
		return 1;
	compare(feedings, 3);
	return 0;
}

static int bench_fragments(const struct hash_secret *drawn)
{
	/* The same packets, whole: so that only what fragments cost differs. */
	static struct packet whole[FLOWS];
	struct feeding feedings[] = {
		{.name = "beside as many whole packets", .beside = whole, .measured = plain},
		{.name = "beside first fragments", .beside = fragments, .measured = plain},
		{.name = "the whole packets themselves", .measured = whole},
		{.name = "the first fragments themselves", .measured = fragments},
	};

	for (uint32_t i = 0; i < FLOWS; i++) {
		whole[i] = fragments[i] = attack_first_fragment(i);
		whole[i].fragment = PACKET_WHOLE;
	}
	for (int i = 0; i < 4; i++)
		feedings[i].secret = *drawn;
	compare(feedings, 4);
	return 0;
}

static int bench_flood(uint32_t flows, uint32_t capacity)
{
	const struct flood_settings settings = {
		.flows = flows, .capacity = capacity, .interval = 1000000};
	struct flood_result result;
	uint32_t right = 0;

	if (!flood_run(&settings, &result))
		return 1;
	for (int flow = 0; flow < FLOOD_HEAVY; flow++)
		right += result.heavy_recorded[flow] == result.heavy_sent[flow];
	printf("%" PRIu32 " flows, %" PRIu32 " records, %" PRIu64 " packets, %.0f ns each with the "
	       "stats core in the same thread\n",
	       flows, capacity, result.packets, result.ns_a_packet);
	printf("sent      %12" PRIu64 " packets %14" PRIu64 " octets\n", result.packets,
	       result.octets);
	printf("records   %12" PRIu64 " packets %14" PRIu64 " octets, %" PRIu64
	       " ended for lack of room, %" PRIu64 " packets overflowed\n",
	       result.ended_packets, result.ended_octets, result.ended[FLOW_END_RESOURCES],
	       result.counters.overflow_packets[0] + result.counters.overflow_packets[1]);
	printf("heavy flows: %" PRIu32 " of %d exact in the records; %" PRIu32 " of %d in the list "
	       "of the stats core, %" PRIu32 " outside of its bound of %" PRIu64 " octets\n",
	       right, FLOOD_HEAVY, result.heavy_listed, FLOOD_HEAVY, result.outside_of_bound,
	       result.error);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct hash_secret drawn;

	if (hash_secret_draw(&drawn) != 0)
		return 1;
	attack_plain_keys(plain, FLOWS);
	if (strcmp(what, "keys") == 0)
		return bench_keys(&drawn);
	if (strcmp(what, "fragments") == 0)
		return bench_fragments(&drawn);
	if (strcmp(what, "flood") == 0)
		return bench_flood(argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 20000000,
				   argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 0) : 1048576);
	fprintf(stderr, "usage: bench-attack keys|fragments|flood [FLOWS [CAPACITY]]\n");
	return 2;
}
