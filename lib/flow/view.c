/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <endian.h>

/* The worker changes a record for a few nanoseconds: that many failures are a storm. */
#define READ_ATTEMPTS 16

uint32_t flow_table_used(const struct flow_table *table)
{
	return __atomic_load_n(&table->used, __ATOMIC_ACQUIRE);
}

bool flow_table_read(const struct flow_table *table, uint32_t slot, struct flow_record *copy)
{
	const struct flow_record *record = &table->records[slot];

	for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
		uint32_t sequence = seqlock_read_begin(&record->sequence);

		seqlock_copy(copy, record, sizeof(*copy));
		if (seqlock_read_valid(&record->sequence, sequence))
			return record_live(copy);
	}
	return false;
}

void flow_table_overflow_sums(const struct flow_table *table, struct flow_overflow_sums *copy)
{
	overflow_copy(copy, &table->overflow);
}

static void view_address(uint8_t out[16], const struct flow_record *record, unsigned int endpoint)
{
	unsigned int prefix = 0;

	if (record->key.vlan & PACKET_KEY_IPV6) {
		prefix = sizeof(record->prefix[endpoint]);
		memcpy(out, record->prefix[endpoint], prefix);
	}
	memcpy(out + prefix, &record->key.address[endpoint], sizeof(record->key.address[endpoint]));
}

void flow_view(const struct flow_record *record, struct flow_view *view)
{
	const struct packet_key *key = &record->key;
	unsigned int source = key->zero & FLOW_STATE_FORWARD1; /* who sent the first packet */
	uint64_t octets = record->octets0 + record->octets1;

	*view = (struct flow_view){
		.version = key->vlan & PACKET_KEY_IPV6 ? 6 : 4,
		.source_port = be16toh(key->port[source]),
		.destination_port = be16toh(key->port[!source]),
		.vlan = key->vlan & 0x0fff,
		.protocol = key->protocol,
		.end = record_end(record),
		.first = record->first,
		.last = key->zero & FLOW_STATE_REORDERED ? record->last : record->seen,
		.packets = {record->packets[0], record->packets[1]},
		.octets = {record->octets0, record->octets1},
		.frame_octets = octets + record->link_octets,
		.frame_min = record->size_min,
		.frame_max = record->size_max,
		.tcp_flags = {record->tcp_flags[0], record->tcp_flags[1]},
		.tos = {record->tos[0], record->tos[1]},
		.ttl_min = record->ttl_min,
		.ttl_max = record->ttl_max,
		.icmp = {record->icmp[0], record->icmp[1]},
	};
	view_address(view->source, record, source);
	view_address(view->destination, record, !source);
	memcpy(view->mac_destination, record->mac, sizeof(view->mac_destination));
	memcpy(view->mac_source, record->mac + 6, sizeof(view->mac_source));
}
