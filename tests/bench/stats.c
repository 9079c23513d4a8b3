/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench-stats: how long the stats core takes for a snapshot, when every flow of every worker was
 * active since the last one.
 *
 *	bench-stats WORKERS FLOWS ROUNDS
 *
 * FLOWS of each worker. Prints JSON: the flows that the last snapshot counted, and the ms of each
 * snapshot but the first, which also touches memory for the first time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <weir/clock.h>
#include <weir/stats.h>
#include <weir/worker_shared.h>

#define WORKERS_MOST 16
#define ROUNDS_MAX   99

static const struct hash_secret secret = {
	{0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93}};

/* A packet of each of the worker's flows, counted and published as the worker would. */
static void touch(struct worker_shared *worker, uint32_t flows, uint64_t now)
{
	struct worker_counters counters = worker->counters;
	uint32_t sent = 0;

	while (sent < flows || flow_table_pending(worker->table) > 0) {
		struct flow_burst *burst = flow_table_next(worker->table);

		for (burst->count = 0; burst->count < FLOW_BURST && sent < flows; sent++)
			burst->packets[burst->count++] = (struct packet){
				.key = {.address = {sent * 2654435761u | 1u, 0},
					.port = {(uint16_t)sent, 443},
					.vlan = (uint16_t)worker->index,
					.protocol = 17},
				.frame_length = 60,
				.octets = 46,
				.ttl = 64,
				.time = now,
				.clock = now,
			};
		flow_table_push(worker->table);
	}
	counters.flows = *flow_table_counters(worker->table);
	counters.received = counters.flows.packets;
	counters.reasons[PACKET_FLOW_IPV4] = counters.flows.packets;
	worker_shared_publish(worker, &counters);
}

static struct stats *make(struct worker_shared *workers, uint32_t count, uint32_t flows)
{
	const struct flow_settings table = {.capacity = flows + flows / 8 + 64,
					    .active_timeout = 3600 * CLOCK_SECOND,
					    .inactive_timeout = 3600 * CLOCK_SECOND,
					    .secret = secret};
	struct worker_shared *pointers[WORKERS_MOST];
	unsigned int lcores[WORKERS_MOST];
	struct stats_settings settings = {.interval = CLOCK_SECOND,
					  .top_length = 100,
					  .secret = secret,
					  .workers = pointers,
					  .lcores = lcores,
					  .worker_count = count,
					  .flow_capacity = table.capacity};
	struct stats *stats;

	for (uint32_t w = 0; w < count; w++) {
		if (worker_shared_init(&workers[w], w, &table, 4096) != 0)
			return NULL;
		pointers[w] = &workers[w];
		lcores[w] = w + 1;
	}
	return stats_create(&settings, (struct clock_reading){.clock = CLOCK_SECOND}, &stats) == 0
		       ? stats
		       : NULL;
}

int main(int argc, char **argv)
{
	static struct worker_shared workers[WORKERS_MOST];
	uint32_t count = argc == 4 ? (uint32_t)atoi(argv[1]) : 0;
	uint32_t flows = argc == 4 ? (uint32_t)atoi(argv[2]) : 0;
	int rounds = argc == 4 ? atoi(argv[3]) : 0;
	uint64_t now = CLOCK_SECOND;

	if (count == 0 || count > WORKERS_MOST || flows == 0 || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench-stats WORKERS FLOWS ROUNDS (at most %d workers)\n",
			WORKERS_MOST);
		return 2;
	}
	struct stats *stats = make(workers, count, flows);

	if (stats == NULL) {
		fprintf(stderr, "bench-stats: no memory\n");
		return 1;
	}
	printf("{\"ms\": [");
	for (int round = 0; round <= rounds; round++) {
		now += CLOCK_SECOND;
		for (uint32_t w = 0; w < count; w++)
			touch(&workers[w], flows, now);

		uint64_t begin = clock_monotonic_ns();

		stats_step(stats, (struct clock_reading){.clock = now});
		if (round > 0)
			printf("%s%.1f", round > 1 ? ", " : "",
			       (double)(clock_monotonic_ns() - begin) / CLOCK_MILLISECOND);
	}
	const struct snapshot *snapshot = stats_acquire(stats);

	printf("], \"flows\": %" PRIu64 ", \"packets\": %" PRIu64 "}\n", snapshot->flows_active,
	       snapshot->now.packets_per_second);
	stats_release(stats, snapshot);
	return 0;
}
