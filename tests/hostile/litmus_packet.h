/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_HOSTILE_LITMUS_PACKET_H
#define WEIR_TESTS_HOSTILE_LITMUS_PACKET_H

#include <string.h>

#include <weir/flow.h>

/* Packets whose parts all say which flow they are of, and records that are sums of them. */

#define LITMUS_OCTETS 100
#define LITMUS_FRAME  118
#define LITMUS_START  UINT64_C(1700000000000000000)
#define LITMUS_UDP    17

static inline struct packet litmus_packet(uint32_t flow, unsigned int direction, uint64_t clock)
{
	struct packet packet = {
		.key = {.address = {flow, ~flow},
			.port = {(uint16_t)flow, 53},
			.vlan = (flow & 1 ? PACKET_KEY_IPV6 : 0),
			.protocol = LITMUS_UDP},
		.frame_length = LITMUS_FRAME,
		.octets = LITMUS_OCTETS,
		.icmp = (uint16_t)flow,
		.direction = (uint8_t)direction,
		.ttl = (uint8_t)flow,
		.tos = (uint8_t)flow,
		.time = clock,
		.clock = clock,
	};

	memset(packet.prefix, (uint8_t)flow, sizeof(packet.prefix));
	memset(packet.mac, (uint8_t)flow, sizeof(packet.mac));
	return packet;
}

static inline bool litmus_bytes_are(const uint8_t *bytes, size_t count, uint8_t value)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

/* What does not fit together in a record of such packets; NULL if all does. */
static inline const char *litmus_record_wrong(const struct flow_record *record)
{
	uint64_t packets = (uint64_t)record->hot.packets[0] + record->hot.packets[1];
	uint32_t flow = record->hot.key.address[0];
	bool ipv6 = flow & 1;

	if (record->hot.octets0 != LITMUS_OCTETS * (uint64_t)record->hot.packets[0] ||
	    record->hot.octets1 != LITMUS_OCTETS * (uint64_t)record->hot.packets[1])
		return "octets of one packet more or less";
	if (record->hot.link_octets != (LITMUS_FRAME - LITMUS_OCTETS) * packets)
		return "frame octets of one packet more or less";
	if (record->hot.size_min != LITMUS_FRAME || record->hot.size_max != LITMUS_FRAME)
		return "sizes that no packet had";
	/* Every packet of a flow comes one tick after the one before. */
	if (record->hot.seen != record->cold.first + packets - 1)
		return "time of another packet";
	if (record->hot.key.address[1] != ~flow || record->hot.key.port[0] != (uint16_t)flow ||
	    record->hot.key.port[1] != 53 || !!(record->hot.key.vlan & PACKET_KEY_IPV6) != ipv6)
		return "a key of two flows";
	if (!litmus_bytes_are(record->cold.prefix[0], sizeof(record->cold.prefix),
			      ipv6 ? (uint8_t)flow : 0))
		return "addresses of two flows";
	if (!litmus_bytes_are(record->cold.mac, sizeof(record->cold.mac), (uint8_t)flow) ||
	    record->hot.ttl_min != (uint8_t)flow || record->hot.ttl_max != (uint8_t)flow ||
	    record->cold.tos[0] != (uint8_t)flow || record->cold.icmp[0] != (uint16_t)flow)
		return "attributes of two flows";
	return NULL;
}

static inline void litmus_feed(struct flow_table *table, const struct packet *packet)
{
	struct flow_burst *burst = flow_table_next(table);

	burst->packets[burst->count++] = *packet;
	if (burst->count == FLOW_BURST)
		flow_table_push(table);
}

/* All packets are counted. */
static inline void litmus_settle(struct flow_table *table)
{
	while (flow_table_next(table)->count > 0 || flow_table_pending(table) > 0)
		flow_table_push(table);
}

#endif
