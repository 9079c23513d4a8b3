/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

struct flow_settings usual_settings(uint32_t capacity)
{
	return (struct flow_settings){
		.capacity = capacity,
		.active_timeout = 64 * SECOND,
		.inactive_timeout = 16 * SECOND,
		.secret = {{0x0123456789abcdef, 0xfedcba9876543210, 0x55aa55aa12345678,
			    0xa5a5a5a5deadbeef}},
	};
}

/* The fixed order of endpoints: by address, then by port. */
static int compare_endpoints(const struct endpoint *a, const struct endpoint *b)
{
	int order = memcmp(a->address, b->address, sizeof(a->address));

	return order != 0 ? order : (int)a->port - (int)b->port;
}

static void set_endpoint(struct packet *packet, unsigned int which, int version,
			 const struct endpoint *endpoint)
{
	packet->key.port[which] = htons(endpoint->port);
	if (version == 4) {
		memcpy(&packet->key.address[which], endpoint->address, 4);
		/* The parser leaves it undefined: it must not matter. */
		memset(packet->prefix[which], 0xee, sizeof(packet->prefix[which]));
		return;
	}
	memcpy(packet->prefix[which], endpoint->address, 12);
	memcpy(&packet->key.address[which], endpoint->address + 12, 4);
}

struct packet make_packet(int version, const struct endpoint *from, const struct endpoint *to,
			  uint8_t protocol, uint64_t clock)
{
	struct packet packet = {
		.key = {.protocol = protocol, .vlan = version == 6 ? PACKET_KEY_IPV6 : 0},
		.mac = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1},
		.frame_length = 100,
		.octets = 86,
		.ttl = 64,
		.reason = version == 6 ? PACKET_FLOW_IPV6 : PACKET_FLOW_IPV4,
		.direction = compare_endpoints(from, to) > 0,
		.time = clock,
		.clock = clock,
	};

	set_endpoint(&packet, packet.direction, version, from);
	set_endpoint(&packet, !packet.direction, version, to);
	return packet;
}

struct packet numbered_packet(uint32_t number, bool reverse, uint64_t clock)
{
	struct endpoint client = {.address = {10, 0, (uint8_t)(number >> 16), 1},
				  .port = (uint16_t)(1000 + number)};
	struct endpoint server = {.address = {10, 1, 0, 2}, .port = 53};

	return reverse ? make_packet(4, &server, &client, UDP, clock)
		       : make_packet(4, &client, &server, UDP, clock);
}

void feeder_open(struct feeder *feeder, const struct flow_settings *settings, uint32_t cut)
{
	*feeder = (struct feeder){.table = flow_table_create(settings), .cut = cut};
	cr_assert_not_null(feeder->table);
}

void feeder_close(struct feeder *feeder)
{
	flow_table_destroy(feeder->table);
	free(feeder->ended);
}

void feeder_push(struct feeder *feeder)
{
	flow_table_push(feeder->table);
}

void feeder_packet(struct feeder *feeder, const struct packet *packet)
{
	struct flow_burst *burst = flow_table_next(feeder->table);

	burst->packets[burst->count++] = *packet;
	feeder->packets++;
	feeder->octets += packet->octets;
	if (burst->count >= feeder->cut)
		feeder_push(feeder);
}

static size_t record_bytes(const struct feeder *feeder)
{
	return flow_record_bytes(flow_table_extensions(feeder->table));
}

const struct flow_record *feeder_ended(const struct feeder *feeder, uint32_t index)
{
	return flow_record_at(feeder->ended, record_bytes(feeder), index);
}

/* realloc() does not keep the alignment of records. */
static void grow_ended(struct feeder *feeder, uint32_t room)
{
	size_t bytes = record_bytes(feeder);
	struct flow_record *larger = aligned_alloc(_Alignof(struct flow_record), room * bytes);

	cr_assert_not_null(larger);
	if (feeder->ended_count > 0)
		memcpy(larger, feeder->ended, feeder->ended_count * bytes);
	free(feeder->ended);
	feeder->ended = larger;
	feeder->ended_room = room;
}

void feeder_take(struct feeder *feeder)
{
	const struct flow_record *records;
	uint32_t count = flow_table_outbox(feeder->table, &records);
	size_t bytes = record_bytes(feeder);

	if (feeder->ended_count + count > feeder->ended_room)
		grow_ended(feeder, 2 * (feeder->ended_count + count));
	if (count > 0)
		memcpy((uint8_t *)feeder->ended + feeder->ended_count * bytes, records,
		       count * bytes);
	feeder->ended_count += count;
	flow_table_taken(feeder->table, count);
}

void feeder_flush(struct feeder *feeder)
{
	if (flow_table_next(feeder->table)->count > 0)
		feeder_push(feeder);
	while (flow_table_pending(feeder->table) > 0) {
		feeder_take(feeder);
		feeder_push(feeder);
	}
	feeder_take(feeder);
}

void feeder_drain(struct feeder *feeder)
{
	uint32_t before;

	feeder_flush(feeder);
	do {
		before = feeder->ended_count;
		feeder_push(feeder);
		feeder_take(feeder);
	} while (feeder->ended_count > before);
}

void feeder_finish(struct feeder *feeder, uint64_t clock)
{
	bool all;

	feeder_flush(feeder);
	do {
		all = flow_table_finish(feeder->table, clock);
		feeder_take(feeder);
	} while (!all);
}

struct flow_view feeder_view(const struct feeder *feeder, uint32_t index)
{
	struct flow_view view;

	cr_assert_lt(index, feeder->ended_count);
	flow_view(feeder_ended(feeder, index), &view);
	return view;
}

uint32_t feeder_live(const struct feeder *feeder)
{
	uint32_t live = 0, used = flow_table_used(feeder->table);
	union flow_copy copy;

	for (uint32_t slot = 0; slot < used; slot++)
		live += flow_table_read(feeder->table, slot, &copy) == FLOW_SLOT_LIVE;
	return live;
}

static void add_record(const struct flow_record *record, uint64_t *packets, uint64_t *octets)
{
	struct flow_view view;

	flow_view(record, &view);
	*packets += view.packets[0] + view.packets[1];
	*octets += view.octets[0] + view.octets[1];
}

void feeder_check_conserved(const struct feeder *feeder)
{
	const struct flow_counters *counters = flow_table_counters(feeder->table);
	uint32_t used = flow_table_used(feeder->table), live = 0;
	uint64_t packets = 0, octets = 0, ended = 0;
	uint64_t overflow = counters->overflow_packets[FLOW_OVERFLOW_TABLE] +
			    counters->overflow_packets[FLOW_OVERFLOW_BUCKET];
	union flow_copy copy;

	for (uint32_t i = 0; i < feeder->ended_count; i++)
		add_record(feeder_ended(feeder, i), &packets, &octets);
	for (uint32_t slot = 0; slot < used; slot++) {
		if (flow_table_read(feeder->table, slot, &copy) != FLOW_SLOT_LIVE)
			continue;
		add_record(&copy.record, &packets, &octets);
		live++;
	}
	for (int reason = 1; reason < FLOW_ENDS; reason++)
		ended += counters->ended[reason];
	cr_assert_eq(packets, counters->packets);
	cr_assert_eq(octets, counters->octets);
	cr_assert_eq(packets + overflow, feeder->packets);
	cr_assert_eq(octets + counters->overflow_octets, feeder->octets);
	cr_assert_eq(ended + counters->continued, feeder->ended_count);
	cr_assert_eq(counters->created, ended + live);
}
