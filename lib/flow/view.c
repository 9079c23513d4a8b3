/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <endian.h>

#define READ_ATTEMPTS 16 /* most records take one, the busiest a few */

uint32_t flow_table_used(const struct flow_table *table)
{
	return __atomic_load_n(&table->used, __ATOMIC_ACQUIRE);
}

enum flow_slot flow_table_read(const struct flow_table *table, uint32_t slot, union flow_copy *copy)
{
	struct flow_record *record = &copy->record;
	const struct flow_hot *hot = &table->hot[slot];

	for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
		uint32_t sequence = seqlock_read_begin(&hot->sequence);

		seqlock_copy(&record->hot, hot, sizeof(record->hot));
		seqlock_copy(&record->cold, &table->cold[slot], sizeof(record->cold));
		extensions_copy(&table->extensions, slot, record->lines);
		if (seqlock_read_valid(&hot->sequence, sequence))
			return record_live(&record->hot) ? FLOW_SLOT_LIVE : FLOW_SLOT_EMPTY;
	}
	return FLOW_SLOT_BUSY;
}

uint32_t flow_table_extensions(const struct flow_table *table)
{
	return table->extensions.count;
}

void flow_table_overflow_sums(const struct flow_table *table, struct flow_overflow_sums *copy)
{
	seqlock_copy(copy, &table->overflow.sums, sizeof(*copy));
}

/* Eight marks, each a byte of 0 or 1, as eight bits. */
static uint32_t gather(uint64_t marks)
{
	return (uint32_t)(marks * UINT64_C(0x0102040810204080) >> 56);
}

uint32_t flow_table_take_marks(struct flow_table *table, uint32_t *slot)
{
	uint32_t used = flow_table_used(table);

	_Static_assert(FLOW_MARKED / FLOW_GROUP == sizeof(uint64_t), "a byte for each group");
	for (; *slot < used; *slot += FLOW_MARKED) {
		uint64_t *marks = (uint64_t *)&table->marks[*slot / FLOW_GROUP];

		/* An exchange, so that none that is set just now is lost. */
		if (__atomic_load_n(marks, __ATOMIC_RELAXED) != 0)
			return gather(__atomic_exchange_n(marks, 0, __ATOMIC_ACQ_REL));
	}
	return 0;
}

void flow_table_mark(struct flow_table *table, uint32_t slot)
{
	table_mark(table, &table->hot[slot]);
}

void flow_table_peek(const struct flow_table *table, uint32_t slot, uint64_t octets[FLOW_GROUP][2])
{
	for (uint32_t i = 0; i < FLOW_GROUP; i++) {
		struct flow_hot hot;

		seqlock_copy(hot.words, table->hot[slot + i].words, sizeof(hot.words));
		octets[i][0] = hot.octets0;
		octets[i][1] = hot.octets1;
	}
}

void flow_table_prefetch_group(const struct flow_table *table, uint32_t slot)
{
	for (uint32_t i = 0; i < FLOW_GROUP; i++)
		__builtin_prefetch(&table->hot[slot + i]);
}

void flow_table_prefetch(const struct flow_table *table, uint32_t slot)
{
	__builtin_prefetch(&table->cold[slot]);
	extensions_prefetch_all(&table->extensions, slot);
}

static void view_address(uint8_t out[16], const struct flow_record *record, unsigned int endpoint)
{
	unsigned int prefix = 0;

	if (record->hot.key.vlan & PACKET_KEY_IPV6) {
		prefix = sizeof(record->cold.prefix[endpoint]);
		memcpy(out, record->cold.prefix[endpoint], prefix);
	}
	memcpy(out + prefix, &record->hot.key.address[endpoint],
	       sizeof(record->hot.key.address[endpoint]));
}

void flow_view(const struct flow_record *record, struct flow_view *view)
{
	const struct flow_hot *hot = &record->hot;
	const struct flow_cold *cold = &record->cold;
	const struct packet_key *key = &hot->key;
	unsigned int source = flow_source(record);
	uint64_t octets = hot->octets0 + hot->octets1;
	bool reordered = key->zero & FLOW_STATE_REORDERED;
	uint64_t shift = reordered ? 0 : (uint64_t)cold->shift;

	*view = (struct flow_view){
		.version = key->vlan & PACKET_KEY_IPV6 ? 6 : 4,
		.source_port = be16toh(key->port[source]),
		.destination_port = be16toh(key->port[!source]),
		.vlan = key->vlan & 0x0fff,
		.protocol = key->protocol,
		.end = record_end(hot),
		.continues = cold->continues,
		.first = cold->first + shift,
		.last = reordered ? cold->last : hot->seen + shift,
		.shift = (int64_t)shift,
		.packets = {flow_packets(record, 0), flow_packets(record, 1)},
		.octets = {hot->octets0, hot->octets1},
		.frame_octets =
			octets + hot->link_octets + (uint64_t)cold->carried_link * FLOW_CARRY,
		.frame_min = hot->size_min,
		.frame_max = hot->size_max,
		.tcp_flags = {hot->tcp_flags[0], hot->tcp_flags[1]},
		.tos = {cold->tos[0], cold->tos[1]},
		.ttl_min = hot->ttl_min,
		.ttl_max = hot->ttl_max,
		.icmp = {cold->icmp[0], cold->icmp[1]},
		.lines = record->lines,
	};
	view_address(view->source, record, source);
	view_address(view->destination, record, !source);
	memcpy(view->mac_destination, cold->mac, sizeof(view->mac_destination));
	memcpy(view->mac_source, cold->mac + 6, sizeof(view->mac_source));
}
