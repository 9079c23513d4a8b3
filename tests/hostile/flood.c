/* SPDX-License-Identifier: BSD-3-Clause */
#include "flood.h"

#include <string.h>

#include <kit/prng.h>
#include <weir/clock.h>
#include <weir/stats.h>
#include <weir/worker_shared.h>

#include "attack.h"

#define SMALL 60 /* octets */
#define LARGE 1400
#define TICK  200 /* ns between two packets: 5 Mpps */
#define START (UINT64_C(1767225600) * CLOCK_SECOND)
#define RING  8192

/* Settled flows are numbered from here, and there for so many seconds before the flood. */
#define SETTLED       0x10000000
#define SETTLED_SINCE 5

struct flood {
	const struct flood_settings *settings;
	struct flood_result *result;
	struct worker_shared worker;
	struct stats *stats;
	uint64_t clock;
	struct prng random;
	uint32_t turn; /* of the settled flows */
};

/* Flow n of the flood comes from 11.0.0.0 + n; the first FLOOD_HEAVY are the heavy ones. */
static uint32_t flow_of(const uint8_t source[4])
{
	return (uint32_t)(source[0] - 11) << 24 | source[1] << 16 | source[2] << 8 | source[3];
}

static void take_record(void *context, const struct flow_view *view)
{
	struct flood_result *result = context;
	uint32_t flow = flow_of(view->source);

	result->ended[view->end]++;
	result->ended_packets += view->packets[0] + view->packets[1];
	result->ended_octets += view->octets[0] + view->octets[1];
	if (flow < FLOOD_HEAVY)
		result->heavy_recorded[flow] += view->octets[0];
	if (flow >= SETTLED && view->end == FLOW_END_RESOURCES)
		result->settled_cut++;
}

/* As on a capture: what the ring has no room for waits for the stats core. */
static void flush(struct flood *flood)
{
	while (!worker_shared_flush(&flood->worker))
		stats_step(flood->stats, (struct clock_reading){.clock = flood->clock});
}

static void send_packet(struct flood *flood, uint32_t flow, uint16_t octets, bool reverse)
{
	struct flow_burst *burst = flow_table_next(flood->worker.table);
	struct flood_result *result = flood->result;
	struct packet packet = attack_flood(flow, octets);

	packet.direction ^= reverse;
	packet.time = packet.clock = flood->clock;
	burst->packets[burst->count++] = packet;
	result->packets++;
	result->octets += octets;
	if (flow < FLOOD_HEAVY)
		result->heavy_sent[flow] += octets;
	if (burst->count < FLOW_BURST)
		return;
	flow_table_push(flood->worker.table);
	flush(flood);
	if (result->packets % flood->settings->interval < FLOW_BURST)
		stats_step(flood->stats, (struct clock_reading){.clock = flood->clock});
}

/* The next of the settled flows has its turn: every second, whatever the others do. */
static void send_settled(struct flood *flood)
{
	uint32_t flows = flood->settings->settled;
	uint32_t flow = SETTLED + flood->turn % flows, round = flood->turn / flows;

	send_packet(flood, flow, SMALL, round % 2 == 1);
	flood->turn++;
}

static void send(struct flood *flood, uint32_t flow, uint16_t octets)
{
	uint64_t gap = flood->settings->settled ? CLOCK_SECOND / flood->settings->settled : 0;

	flood->clock += TICK;
	if (gap != 0 && flood->clock - START > flood->turn * gap)
		send_settled(flood);
	send_packet(flood, flow, octets, false);
}

static void settle(struct flood *flood)
{
	for (uint32_t i = 0; i < SETTLED_SINCE * flood->settings->settled; i++) {
		flood->clock += CLOCK_SECOND / flood->settings->settled;
		send_settled(flood);
	}
}

static void send_all(struct flood *flood)
{
	for (uint32_t flow = FLOOD_HEAVY; flow < flood->settings->flows; flow++) {
		uint32_t one = prng_below(&flood->random, FLOOD_HEAVY),
			 other = prng_below(&flood->random, FLOOD_HEAVY);

		for (uint32_t i = 0; i == 0 || i < flood->settings->packets; i++)
			send(flood, flow,
			     flood->settings->octets ? flood->settings->octets : SMALL);
		/* The heavier the smaller its number, down to a 200th of the heaviest. */
		if (prng_one_in(&flood->random, 2))
			send(flood, one < other ? one : other, LARGE);
	}
	while (flow_table_pending(flood->worker.table) > 0 ||
	       flow_table_next(flood->worker.table)->count > 0) {
		flow_table_push(flood->worker.table);
		flush(flood);
	}
}

static void end_all(struct flood *flood)
{
	bool all;

	do {
		all = flow_table_finish(flood->worker.table, flood->clock);
		flush(flood);
	} while (!all);
	stats_finish(flood->stats, (struct clock_reading){.clock = flood->clock});
	flood->result->counters = *flow_table_counters(flood->worker.table);
}

static void read_list(struct flood *flood)
{
	const struct snapshot *snapshot = stats_acquire(flood->stats);
	const struct stats_top *top = &snapshot->top[STATS_FLOW][STATS_OCTETS][STATS_TOTAL];
	struct flood_result *result = flood->result;

	result->exact = top->exact;
	result->error = top->error[STATS_OCTETS];
	for (uint32_t i = 0; i < top->shown; i++) {
		uint64_t octets = top->rows[i].metrics[STATS_OCTETS];
		uint32_t flow = flow_of(top->rows[i].key.source);

		if (flow >= FLOOD_HEAVY)
			continue;
		result->heavy_listed++;
		result->outside_of_bound += octets > result->heavy_sent[flow] ||
					    octets + result->error < result->heavy_sent[flow];
	}
	stats_release(flood->stats, snapshot);
}

static bool open_flood(struct flood *flood)
{
	struct worker_shared *const workers[] = {&flood->worker};
	const unsigned int lcores[] = {1};
	struct flow_settings flows = {
		.capacity = flood->settings->capacity,
		.active_timeout = 300 * CLOCK_SECOND,
		.inactive_timeout = 30 * CLOCK_SECOND,
	};
	struct stats_settings core = {
		.interval = (uint64_t)flood->settings->interval * TICK,
		.top_length = FLOOD_HEAVY,
		.workers = workers,
		.lcores = lcores,
		.worker_count = 1,
		.flow_capacity = flows.capacity,
	};
	struct stats_consumer consumer = {.record = take_record, .context = flood->result};

	return hash_secret_draw(&flows.secret) == 0 && hash_secret_draw(&core.secret) == 0 &&
	       worker_shared_init(&flood->worker, 0, &flows, RING) == 0 &&
	       stats_create(&core, (struct clock_reading){.clock = START}, &flood->stats) == 0 &&
	       stats_add_consumer(flood->stats, &consumer) == 0;
}

bool flood_run(const struct flood_settings *settings, struct flood_result *result)
{
	struct flood flood = {
		.settings = settings, .result = result, .clock = START, .random = {7}};
	bool opened;

	memset(result, 0, sizeof(*result));
	opened = open_flood(&flood);
	if (opened) {
		uint64_t begin = clock_monotonic_ns();

		settle(&flood);
		send_all(&flood);
		end_all(&flood);
		result->ns_a_packet =
			(double)(clock_monotonic_ns() - begin) / (double)result->packets;
		read_list(&flood);
	}
	stats_destroy(flood.stats);
	worker_shared_release(&flood.worker);
	return opened;
}
