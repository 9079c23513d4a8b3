/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench-stats: what the stats core takes for flows that live and for flows that end.
 *
 *	bench-stats live WORKERS FLOWS ACTIVE LCORES ROUNDS
 *	bench-stats ended FLOWS ROUNDS
 *
 * FLOWS of each worker, of which ACTIVE had a packet since the snapshot before. LCORES are those of
 * the stats core: so many threads. Each flow is between endpoints of its own, drawn at random. The
 * top lists' ring of a minute is full before anything is measured. Prints JSON: the ms of each
 * snapshot, and the longest time without draining in it; or the ns of each ended record, round by
 * round. Both are CPU time, of all threads; the time without draining is as it passes.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <weir/clock.h>
#include <weir/memory.h>
#include <weir/stats.h>
#include <weir/worker_shared.h>

#define WORKERS_MOST 16
#define ROUNDS_MAX   99
#define RING_ROUNDS  60   /* snapshots until the ring is full ... */
#define RING_FLOWS   6000 /* ... of so many flows each: more than a slice of it holds */
#define ENDED_RING   65536

static const struct hash_secret secret = {
	{0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93}};

struct bench {
	struct worker_shared workers[WORKERS_MOST];
	uint32_t count, flows; /* workers; flows of each */
	uint32_t lcores;       /* of the stats core */
	struct stats *stats;
	uint64_t now;           /* what the clock says */
	uint64_t drained, stop; /* ns: when it was drained last, and the longest between */
};

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * CLOCK_SECOND + (uint64_t)now.tv_nsec;
}

/* Asked before each draining. */
static uint32_t note_drain(void *context)
{
	struct bench *bench = context;
	uint64_t now = clock_monotonic_ns();

	if (now - bench->drained > bench->stop)
		bench->stop = now - bench->drained;
	bench->drained = now;
	return UINT32_MAX;
}

static uint64_t mix(uint64_t number)
{
	return hash_2words(&secret, number, number);
}

/* A packet of the flow with this number: random endpoints, sizes, TCP or UDP. */
static struct packet packet_of(uint32_t worker, uint32_t flow, uint64_t now)
{
	uint64_t ends = mix((uint64_t)worker << 32 | flow), rest = mix(ends);
	uint16_t octets = (uint16_t)(46 + (rest >> 32) % 1455);

	return (struct packet){
		.key = {.address = {(uint32_t)ends, (uint32_t)(ends >> 32)},
			.port = {(uint16_t)rest, (uint16_t)(rest >> 16)},
			.protocol = rest >> 63 ? 6 : 17},
		.frame_length = octets + 14u,
		.octets = octets,
		.ttl = 64,
		.time = now,
		.clock = now,
	};
}

/*
 * A packet of `active` of the worker's flows, far from each other, counted and published as the
 * worker would. `turn` says which.
 */
static void touch(struct bench *bench, struct worker_shared *worker, uint32_t active, uint32_t turn)
{
	struct worker_counters counters = worker->counters;
	const uint32_t every = bench->flows / active;
	uint32_t sent = 0;

	while (sent < active || flow_table_pending(worker->table) > 0) {
		struct flow_burst *burst = flow_table_next(worker->table);

		for (burst->count = 0; burst->count < FLOW_BURST && sent < active; sent++)
			burst->packets[burst->count++] =
				packet_of(worker->index, sent * every + turn % every, bench->now);
		flow_table_push(worker->table);
	}
	counters.flows = *flow_table_counters(worker->table);
	counters.received = counters.flows.packets;
	counters.reasons[PACKET_FLOW_IPV4] = counters.flows.packets;
	worker_shared_publish(worker, &counters);
}

/* A second passes, in which `active` flows of each worker have a packet: the ms of its snapshot. */
static double snapshot(struct bench *bench, uint32_t active, uint32_t turn)
{
	uint64_t begin;

	bench->now += CLOCK_SECOND;
	for (uint32_t w = 0; w < bench->count; w++)
		touch(bench, &bench->workers[w], active, turn);
	bench->drained = clock_monotonic_ns();
	bench->stop = 0;
	begin = cpu_ns();
	stats_step(bench->stats, (struct clock_reading){.clock = bench->now});
	begin = cpu_ns() - begin;
	note_drain(bench);
	return (double)begin / CLOCK_MILLISECOND;
}

static void *run_shard(void *shard)
{
	stats_run_shard(shard);
	return NULL;
}

/* They end with the program. */
static int run_shards(const struct bench *bench)
{
	pthread_t thread;
	int result = 0;

	for (uint32_t s = 1; s < stats_shards(bench->stats) && result == 0; s++)
		result = -pthread_create(&thread, NULL, run_shard, stats_shard(bench->stats, s));
	return result;
}

static int make(struct bench *bench)
{
	const struct flow_settings table = {.capacity = bench->flows + bench->flows / 8 + 64,
					    .active_timeout = 3600 * CLOCK_SECOND,
					    .inactive_timeout = 3600 * CLOCK_SECOND,
					    .secret = secret};
	struct worker_shared *pointers[WORKERS_MOST];
	unsigned int lcores[WORKERS_MOST];
	const struct stats_settings settings = {.interval = CLOCK_SECOND,
						.top_length = 100,
						.secret = secret,
						.workers = pointers,
						.lcores = lcores,
						.worker_count = bench->count,
						.stats_lcore_count = bench->lcores,
						.flow_capacity = table.capacity};
	const struct stats_consumer drains = {.room = note_drain, .context = bench};
	int result = 0;

	/* As the program that runs for long. */
	memory_take_all();
	bench->now = CLOCK_SECOND;
	for (uint32_t w = 0; w < bench->count && result == 0; w++) {
		result = worker_shared_init(&bench->workers[w], w, &table, ENDED_RING);
		pointers[w] = &bench->workers[w];
		lcores[w] = w + 1;
	}
	if (result == 0)
		result = stats_create(&settings, (struct clock_reading){.clock = bench->now},
				      &bench->stats);
	if (result == 0)
		result = stats_add_consumer(bench->stats, &drains);
	return result == 0 ? run_shards(bench) : result;
}

/* All flows are made, and the ring is filled. */
static void warm_up(struct bench *bench)
{
	snapshot(bench, bench->flows, 0);
	for (uint32_t i = 0; i < RING_ROUNDS; i++)
		snapshot(bench, bench->flows < RING_FLOWS ? bench->flows : RING_FLOWS, i);
}

static void show(const char *name, const double *values, int count)
{
	printf("\"%s\": [", name);
	for (int i = 0; i < count; i++)
		printf("%s%.3f", i > 0 ? ", " : "", values[i]);
	printf("], ");
}

static void live(struct bench *bench, uint32_t active, int rounds)
{
	double ms[ROUNDS_MAX], stops[ROUNDS_MAX];
	const struct snapshot *last;

	warm_up(bench);
	for (int round = 0; round < rounds; round++) {
		ms[round] = snapshot(bench, active, (uint32_t)round);
		stops[round] = (double)bench->stop / CLOCK_MILLISECOND;
	}
	last = stats_acquire(bench->stats);
	printf("{");
	show("ms", ms, rounds);
	show("stop_ms", stops, rounds);
	printf("\"flows\": %" PRIu64 ", \"packets\": %" PRIu64 "}\n", last->flows_active,
	       last->now.packets_per_second);
	stats_release(bench->stats, last);
}

/* End all flows of the worker, as many at a time as the ring holds: the ns for each. */
static double end_all(struct bench *bench)
{
	struct worker_shared *worker = &bench->workers[0];
	uint64_t taken = 0, ns = 0;
	bool all = false;

	while (!all) {
		bool room = true;

		while (room && !all) {
			all = flow_table_finish(worker->table, bench->now);
			room = worker_shared_flush(worker);
		}
		for (uint32_t drained = 1; drained > 0; taken += drained) {
			uint64_t begin = cpu_ns();

			drained = stats_step(bench->stats,
					     (struct clock_reading){.clock = bench->now});
			ns += drained > 0 ? cpu_ns() - begin : 0;
		}
		all = all && worker_shared_flush(worker);
	}
	return (double)ns / (double)taken;
}

/* Each has been looked at alive, and has one more packet when it ends. */
static void ended(struct bench *bench, int rounds)
{
	double ns[ROUNDS_MAX];

	warm_up(bench);
	for (int round = 0; round < rounds; round++) {
		snapshot(bench, bench->flows, 0);
		touch(bench, &bench->workers[0], bench->flows, 0);
		ns[round] = end_all(bench);
	}
	snapshot(bench, 1, 0);

	const struct snapshot *last = stats_acquire(bench->stats);

	printf("{");
	show("ns", ns, rounds);
	printf("\"ended\": %" PRIu64 ", \"packets\": %" PRIu64 ", \"counted\": %" PRIu64 "}\n",
	       last->flows.ended[FLOW_END_FORCED], last->flows.packets,
	       last->top_counted[STATS_PACKETS]);
	stats_release(bench->stats, last);
}

int main(int argc, char **argv)
{
	static struct bench bench;
	bool is_live = argc == 7 && strcmp(argv[1], "live") == 0;
	bool is_ended = argc == 4 && strcmp(argv[1], "ended") == 0;
	uint32_t active = is_live ? (uint32_t)atoi(argv[4]) : 1;
	int rounds = atoi(is_live || is_ended ? argv[argc - 1] : "0");

	bench.count = is_live ? (uint32_t)atoi(argv[2]) : 1;
	bench.flows = is_live || is_ended ? (uint32_t)atoi(argv[is_live ? 3 : 2]) : 0;
	bench.lcores = is_live ? (uint32_t)atoi(argv[5]) : 1;
	if (bench.count == 0 || bench.count > WORKERS_MOST || active == 0 || active > bench.flows ||
	    bench.lcores == 0 || bench.lcores > STATS_LCORES_MAX || rounds < 1 ||
	    rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench-stats live WORKERS FLOWS ACTIVE LCORES ROUNDS\n"
				"       bench-stats ended FLOWS ROUNDS\n");
		return 2;
	}
	if (make(&bench) != 0) {
		fprintf(stderr, "bench-stats: no memory\n");
		return 1;
	}
	if (is_live)
		live(&bench, active, rounds);
	else
		ended(&bench, rounds);
	return 0;
}
