/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <weir/clock.h>

#define START (UINT64_C(1767323045) * CLOCK_SECOND) /* 2026-01-02T03:04:05Z */

static const char *const sources[] = {"web.pcap", "dns.pcap"};
static const char *const remarks[] = {"dns.pcap: cut in mid-record; analysed up to there"};

struct document_info fixture_info = {
	.version = "1.2.3",
	.sources = sources,
	.source_count = 2,
	.started = START,
	.remarks = remarks,
	.remark_count = 1,
};

__attribute__((constructor)) static void make_settings(void)
{
	fixture_info.settings = json_pack("{s:s, s:s}", "workers", "2", "filter", "ip or ip6");
}

const struct flow_view fixture_flow = {
	.version = 4,
	.source = {192, 0, 2, 1},
	.destination = {198, 51, 100, 255},
	.source_port = 54321,
	.destination_port = 443,
	.vlan = 7,
	.protocol = 6,
	.end = FLOW_END_CLOSED,
	.first = START + 1999999,
	.last = START + CLOCK_SECOND,
	.packets = {10, 12},
	.octets = {1000, 15000},
	.frame_octets = 16308,
	.frame_min = 60,
	.frame_max = 1514,
	.tcp_flags = {0x1b, 0x13},
	.tos = {0xb8, 0x28},
	.ttl_min = 57,
	.ttl_max = 64,
	.icmp = {0x0800, 0x0000},
	.mac_source = {0x02, 0x00, 0x5e, 0x10, 0xab, 0xff},
	.mac_destination = {0x02, 0x00, 0x5e, 0x10, 0x00, 0x01},
};

const struct snapshot_prefilter fixture_prefilter = {
	.present = true,
	.rules = true,
	.sockets = true,
	.attached = true,
	.seen = 10000,
	.analysed = 990,
	.xsk_full = 10,
	.passed = 1500,
	.dropped = 400,
	.limited = 100,
	.sampled_out = 7000,
	.received = 980,
	.in_flight = 10,
	.analysed_octets = 64000,
	.sampled_out_octets = 576000,
	.balanced = true,
	.sampling = true,
	.sample_every = 8,
};

struct snapshot *fixture_empty(void)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	cr_assert_not_null(snapshot);
	snapshot->number = 1;
	snapshot->time = START;
	snapshot->started = START;
	snapshot->balanced = true;
	snapshot->interval = CLOCK_SECOND;
	snapshot->clock = START;
	for (int w = 0; w < STATS_WINDOWS; w++)
		snapshot->windows[w].time = 60 * CLOCK_SECOND;
	for (int d = 0; d < STATS_DIMENSIONS; d++)
		for (int m = 0; m < STATS_METRICS; m++)
			for (int w = 0; w < STATS_WINDOWS; w++)
				snapshot->top[d][m][w].exact = true;
	return snapshot;
}

static void count(struct snapshot *snapshot, enum packet_reason reason, uint64_t frames)
{
	snapshot->reasons[reason] = frames;
	snapshot->buckets[packet_reason_bucket(reason)] += frames;
	snapshot->received += frames;
}

/* One row in every list: 192.0.2.1:1024 > 198.51.100.2:53 by UDP. */
static void fill_lists(struct snapshot *snapshot, const struct stats_row *rows, uint32_t shown)
{
	for (int d = 0; d < STATS_DIMENSIONS; d++)
		for (int m = 0; m < STATS_METRICS; m++)
			for (int w = 0; w < STATS_WINDOWS; w++) {
				struct stats_top *top = &snapshot->top[d][m][w];

				top->rows = rows;
				top->shown = shown;
				top->keys = shown;
			}
}

struct snapshot *fixture_snapshot(void)
{
	static const struct stats_row rows[] = {
		{{4, 17, 5, 1024, 53, {192, 0, 2, 1}, {198, 51, 100, 2}}, {600000000, 900000, 30}},
		{{6,
		  6,
		  0,
		  443,
		  50000,
		  {0x20, 1, 0xd, 0xb8, [15] = 1},
		  {0x20, 1, 0xd, 0xb8, [15] = 2}},
		 {60000000, 300000, 12}},
	};
	static const uint64_t sizes[SIZE_CLASSES] = {234500, 200000, 300000, 100000,
						     50000,  350000, 10};
	struct snapshot *snapshot = fixture_empty();

	snapshot->first = START + 123456789;
	snapshot->last = snapshot->first + 60 * CLOCK_SECOND;
	snapshot->seconds = 60;
	snapshot->final = true;
	count(snapshot, PACKET_FLOW_IPV4, 1000000);
	count(snapshot, PACKET_FLOW_IPV6, 200000);
	count(snapshot, PACKET_NON_IP_ARP, 30000);
	count(snapshot, PACKET_TRUNCATED_PORTS, 500);
	count(snapshot, PACKET_MALFORMED_IPV4_LENGTH, 4000);
	count(snapshot, PACKET_FILTERED_EXPRESSION, 60);
	count(snapshot, PACKET_OVERFLOW_TABLE, 10);
	snapshot->size_packets = snapshot->received - 60;
	snapshot->frame_octets = 700000000;
	snapshot->ip_octets = 660000000;
	snapshot->size_min = 64;
	snapshot->size_max = 9018;
	memcpy(snapshot->sizes, sizes, sizeof(sizes));
	snapshot->top_counted[STATS_OCTETS] = 660000000;
	snapshot->top_counted[STATS_PACKETS] = 1200000;
	snapshot->top_counted[STATS_FLOWS] = 42;
	snapshot->average = (struct stats_rates){20576, 93333333, 88000000, 411};
	snapshot->now = (struct stats_rates){7, 8, 9, 10};
	snapshot->flows.created = 42;
	snapshot->flows.ended[FLOW_END_IDLE] = 20;
	snapshot->flows.ended[FLOW_END_ACTIVE] = 1;
	snapshot->flows.ended[FLOW_END_CLOSED] = 15;
	snapshot->flows.ended[FLOW_END_FORCED] = 4;
	snapshot->flows.ended[FLOW_END_RESOURCES] = 2;
	fill_lists(snapshot, rows, 2);
	return snapshot;
}

static struct stats_row huge_row(uint8_t last_byte)
{
	struct stats_row row = {.key = {6, 136, 4095, 65535, 65535, {0}, {0}}};

	/* The longest text an address has: no zero group, four digits each. */
	memset(row.key.source, 0xfd, sizeof(row.key.source));
	memset(row.key.destination, 0xfe, sizeof(row.key.destination));
	row.key.source[15] = last_byte;
	for (int m = 0; m < STATS_METRICS; m++)
		row.metrics[m] = INT64_MAX;
	return row;
}

static void huge_machine(struct snapshot *snapshot)
{
	snapshot->worker_count = 2;
	snapshot->port_count = 2;
	for (int i = 0; i < 2; i++) {
		struct snapshot_worker *worker = &snapshot->workers[i];
		struct snapshot_port *port = &snapshot->ports[i];

		worker->lcore = 127;
		worker->counters.received = INT64_MAX;
		worker->counters.frame_octets = INT64_MAX;
		worker->counters.flows.created = INT64_MAX;
		worker->table_capacity = UINT32_MAX;
		worker->cycles_per_packet = INT64_MAX;
		worker->busy = 1;
		memset(port->name, 'n', sizeof(port->name) - 1);
		memset(port->driver, 'd', 16);
		port->symmetry = PORT_NOT_SYMMETRIC;
		port->counters = (struct port_counters){INT64_MAX, INT64_MAX, INT64_MAX,
							INT64_MAX, INT64_MAX, true,
							400000,    4,         {{0}}};
		port->loss = (struct stats_loss){1, INT64_MAX, INT64_MAX};
		for (int q = 0; q < 4; q++) {
			port->counters.queue[q] =
				(struct port_queue_counters){INT64_MAX, INT64_MAX, INT64_MAX};
			port->queue_loss[q] = port->loss;
		}
	}
}

static void huge_overflow(struct snapshot_overflow *overflow)
{
	const struct flow_overflow_sum sum = {INT64_MAX / 1024, INT64_MAX / 1024};

	for (unsigned int p = 0; p < FLOW_OVERFLOW_PROTOCOLS; p++)
		overflow->protocols[p] = sum;
	for (unsigned int n = 0; n < FLOW_OVERFLOW_NETWORKS; n++) {
		uint8_t bytes[8] = {6, 0, 0xfd, 0xfd, 0xfd, 0xfd, (uint8_t)(n >> 8), (uint8_t)n};

		memcpy(&overflow->networks[n].network, bytes, sizeof(bytes));
		overflow->networks[n].sum = sum;
	}
	overflow->network_count = FLOW_OVERFLOW_NETWORKS;
	overflow->other = sum;
}

static void huge_outlets(struct snapshot *snapshot)
{
	for (int i = 0; i < SNAPSHOT_OUTLETS_MAX; i++)
		snapshot->outlets[i] = (struct outlet_ledger){.option = "flows",
							      .name = "flows.jsonl",
							      .what = "flow records",
							      .given = INT64_MAX,
							      .sent = INT64_MAX / 4,
							      .waiting = INT64_MAX / 4,
							      .lost_full = INT64_MAX / 4,
							      .lost_remote = INT64_MAX / 4 + 3,
							      .failure = ENOSPC};
	snapshot->outlet_count = SNAPSHOT_OUTLETS_MAX;
}

static const struct stats_rates huge_rates = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};

/* Over years, and told apart by ms. */
static void huge_over_time(struct stats_over_time *over_time)
{
	over_time->present = true;
	over_time->width = CLOCK_MILLISECOND;
	over_time->count = STATS_OVER_TIME_MAX;
	for (uint32_t i = 0; i < STATS_OVER_TIME_MAX; i++)
		over_time->stretches[i] = (struct stats_history){
			.time = (i + 1) * (UINT64_C(150) * 86400 * CLOCK_SECOND),
			.duration = over_time->width,
			.packets = UINT32_MAX,
			.frame_octets = UINT32_MAX,
			.ip_octets = UINT32_MAX,
			.flows = UINT32_MAX,
		};
	over_time->second = UINT64_C(86400) * CLOCK_SECOND;
	over_time->peak = over_time->p95 = over_time->peak_begin = huge_rates;
}

struct snapshot *fixture_huge(void)
{
	enum { ROWS = 100 };
	static struct stats_row rows[ROWS];
	struct snapshot *snapshot = fixture_empty();
	uint64_t share = (uint64_t)INT64_MAX / PACKET_REASONS;

	for (uint8_t i = 0; i < ROWS; i++)
		rows[i] = huge_row(0x80 + i);
	fill_lists(snapshot, rows, ROWS);
	for (int d = 0; d < STATS_DIMENSIONS; d++) {
		struct stats_top *top = &snapshot->top[d][STATS_OCTETS][STATS_TOTAL];

		top->exact = false;
		top->keys = UINT32_MAX;
		for (int m = 0; m < STATS_METRICS; m++)
			top->error[m] = INT64_MAX;
	}
	for (int reason = 0; reason < PACKET_REASONS; reason++)
		count(snapshot, reason, share);
	snapshot->first = 1;
	snapshot->last = INT64_MAX;
	snapshot->seconds = 9.2e9;
	snapshot->missed = snapshot->no_mbuf = snapshot->nic_errors = INT64_MAX / 4;
	snapshot->frame_octets = snapshot->ip_octets = INT64_MAX;
	snapshot->size_packets = INT64_MAX / 8;
	snapshot->size_min = snapshot->size_max = 65535;
	for (int i = 0; i < SIZE_CLASSES; i++)
		snapshot->sizes[i] = INT64_MAX / 8 / SIZE_CLASSES;
	snapshot->average = snapshot->now = huge_rates;
	for (int end = FLOW_END_IDLE; end < FLOW_ENDS; end++)
		snapshot->flows.ended[end] = INT64_MAX / 8;
	snapshot->flows.created = snapshot->flows_active = INT64_MAX;
	snapshot->flows.fragments_first = snapshot->flows.fragments_later = INT64_MAX;
	snapshot->flows.fragments_unmatched = snapshot->flows.fragments_tiny = INT64_MAX;
	huge_outlets(snapshot);
	for (int w = 0; w < STATS_WINDOWS; w++)
		snapshot->windows[w].missed_share_ppm = 999999;
	snapshot->split = (struct snapshot_split){true,      INT64_MAX, INT64_MAX,
						  INT64_MAX, INT64_MAX, INT64_MAX};
	snapshot->unread = INT64_MAX;
	huge_over_time(&snapshot->over_time);
	huge_overflow(&snapshot->overflow);
	huge_machine(snapshot);
	return snapshot;
}

void fixture_free(struct snapshot *snapshot)
{
	free(snapshot);
}
