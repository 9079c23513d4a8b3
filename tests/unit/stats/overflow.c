/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <string.h>

/*
 * Packets that no record has: nobody takes the ended records, so the table fills up. What is said
 * of them by protocol and network is held against what was sent less what the records have.
 */

#define CAPACITY 64

static struct flow_overflow_sum network_sum(const struct snapshot_overflow *overflow,
					    uint32_t address)
{
	struct flow_overflow_sum none = {0};

	for (uint32_t i = 0; i < overflow->network_count; i++) {
		uint8_t bytes[16],
			wanted[16] = {address >> 24, address >> 16 & 255, address >> 8 & 255};
		int version;

		flow_overflow_address(overflow->networks[i].network, &version, bytes);
		cr_assert_eq(version, 4);
		if (memcmp(bytes, wanted, sizeof(bytes)) == 0)
			return overflow->networks[i].sum;
	}
	return none;
}

static struct flow_overflow_sum all_networks(const struct snapshot_overflow *overflow)
{
	struct flow_overflow_sum sum = overflow->other;

	for (uint32_t i = 0; i < overflow->network_count; i++) {
		sum.packets += overflow->networks[i].sum.packets;
		sum.octets += overflow->networks[i].sum.octets;
	}
	return sum;
}

static struct flow_overflow_sum all_protocols(const struct snapshot_overflow *overflow)
{
	struct flow_overflow_sum sum = {0};

	for (unsigned int p = 0; p < FLOW_OVERFLOW_PROTOCOLS; p++) {
		sum.packets += overflow->protocols[p].packets;
		sum.octets += overflow->protocols[p].octets;
	}
	return sum;
}

/* More flows than the table and its outbox hold: from here on all new flows overflow. */
static void fill(struct rig *rig)
{
	for (uint32_t w = 0; w < rig->worker_count; w++)
		for (uint32_t i = 0; i < CAPACITY + FLOW_OUTBOX; i++) {
			struct shot shot = {.source = 0x0a000000 + i,
					    .destination = 0xc0000201,
					    .source_port = 1,
					    .destination_port = 2,
					    .protocol = PROTOCOL_UDP,
					    .octets = 60000};

			rig_send_on(rig, w, &shot, 1);
		}
}

/* The rig counts all packets as packets of flows: here the tables say which were not. */
static const struct snapshot *snapshot_of(struct rig *rig)
{
	for (uint32_t w = 0; w < rig->worker_count; w++) {
		struct worker_counters *counters = &rig->workers[w]->counters;
		const struct flow_counters *flows = flow_table_counters(rig->workers[w]->table);
		uint64_t all = counters->reasons[PACKET_FLOW_IPV4] +
			       counters->reasons[PACKET_OVERFLOW_TABLE];

		counters->reasons[PACKET_OVERFLOW_TABLE] = flows->overflow_packets[0];
		counters->reasons[PACKET_FLOW_IPV4] = all - flows->overflow_packets[0];
	}
	rig->now += CLOCK_SECOND;
	stats_step(rig->stats, rig_clock(rig));
	return stats_acquire(rig->stats);
}

static void expect_sums(const struct snapshot *snapshot)
{
	struct flow_overflow_sum networks = all_networks(&snapshot->overflow);
	struct flow_overflow_sum protocols = all_protocols(&snapshot->overflow);

	cr_expect_eq(networks.packets, snapshot->buckets[PACKET_BUCKET_OVERFLOW]);
	cr_expect_eq(networks.octets, snapshot->flows.overflow_octets);
	cr_expect_eq(protocols.packets, snapshot->buckets[PACKET_BUCKET_OVERFLOW]);
	cr_expect_eq(protocols.octets, snapshot->flows.overflow_octets);
}

Test(overflow, by_protocol_and_network_of_the_sender)
{
	struct rig *rig = rig_open(&(struct rig_settings){.workers = 2, .flow_capacity = CAPACITY});
	struct shot tcp = {.source = 0xc6336401,
			   .destination = 0x0a0a0a0a,
			   .source_port = 5,
			   .destination_port = 80,
			   .protocol = PROTOCOL_TCP,
			   .octets = 100};
	struct shot udp = {.source = 0x01020304,
			   .destination = 0xc6336401,
			   .source_port = 53,
			   .destination_port = 9,
			   .protocol = PROTOCOL_UDP,
			   .octets = 1000};

	fill(rig);
	rig_send_on(rig, 0, &tcp, 7);
	rig_send_on(rig, 1, &udp, 2);
	tcp.source += 200;
	rig_send_on(rig, 1, &tcp, 3);
	const struct snapshot *snapshot = snapshot_of(rig);
	const struct snapshot_overflow *overflow = &snapshot->overflow;

	expect_sums(snapshot);
	cr_expect_eq(overflow->network_count, 2);
	cr_expect_eq(network_sum(overflow, 0xc6336400).packets, 10);
	cr_expect_eq(network_sum(overflow, 0xc6336400).octets, 1000);
	cr_expect_eq(network_sum(overflow, 0x01020300).octets, 2000);
	cr_expect_eq(overflow->networks[0].sum.octets, 2000, "the largest first");
	cr_expect_eq(overflow->protocols[PROTOCOL_TCP].packets, 10);
	cr_expect_eq(overflow->protocols[PROTOCOL_UDP].octets, 2000);
	cr_expect_eq(overflow->other.packets, 0);
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}

/* More networks than there is room for: the rest is one sum, and nothing is lost. */
Test(overflow, networks_beyond_the_room)
{
	struct rig *rig = rig_open(&(struct rig_settings){.workers = 2, .flow_capacity = CAPACITY});
	struct shot shot = {.destination = 0xc0000201,
			    .source_port = 5,
			    .destination_port = 80,
			    .protocol = PROTOCOL_TCP,
			    .octets = 100};

	fill(rig);
	for (uint32_t i = 0; i < 4 * FLOW_OVERFLOW_NETWORKS; i++) {
		shot.source = 0x14000000 + (i << 8) + i % 256;
		rig_send_on(rig, i % 2, &shot, 1 + i % 3);
	}
	const struct snapshot *snapshot = snapshot_of(rig);

	expect_sums(snapshot);
	cr_expect_eq(snapshot->overflow.network_count, FLOW_OVERFLOW_NETWORKS);
	cr_expect_gt(snapshot->overflow.other.packets, 0);
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}

Test(overflow, nothing_of_packets_with_a_record)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});
	struct shot shot = {.source = 1, .destination = 2, .protocol = PROTOCOL_UDP, .octets = 100};

	rig_send(rig, &shot, 100);
	const struct snapshot *snapshot = snapshot_of(rig);

	cr_expect_eq(all_protocols(&snapshot->overflow).packets, 0);
	cr_expect_eq(snapshot->overflow.network_count, 0);
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}
