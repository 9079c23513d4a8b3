/* SPDX-License-Identifier: BSD-3-Clause */
#include "record.h"

/* How far the close of a TCP connection has come. */
enum tcp_state {
	TCP_OPEN,
	TCP_FORWARD_FIN, /* one side has sent its FIN */
	TCP_REVERSE_FIN,
	TCP_FORWARD_LAST, /* both have, this side second: the other's ACK closes */
	TCP_REVERSE_LAST,
	TCP_CLOSED
};
_Static_assert(TCP_CLOSED < 8, "three bits of the state byte");

/*
 * [state][direction][packet]. A repeated FIN changes nothing, so that lost and
 * duplicated packets of the close stay in the flow. RST closes from everywhere.
 */
enum { OTHER, FIN, ACK, TCP_EVENTS };

static const uint8_t tcp_next[TCP_CLOSED][2][TCP_EVENTS] = {
	[TCP_OPEN] = {{TCP_OPEN, TCP_FORWARD_FIN, TCP_OPEN}, {TCP_OPEN, TCP_REVERSE_FIN, TCP_OPEN}},
	[TCP_FORWARD_FIN] = {{TCP_FORWARD_FIN, TCP_FORWARD_FIN, TCP_FORWARD_FIN},
			     {TCP_FORWARD_FIN, TCP_REVERSE_LAST, TCP_FORWARD_FIN}},
	[TCP_REVERSE_FIN] = {{TCP_REVERSE_FIN, TCP_FORWARD_LAST, TCP_REVERSE_FIN},
			     {TCP_REVERSE_FIN, TCP_REVERSE_FIN, TCP_REVERSE_FIN}},
	[TCP_FORWARD_LAST] = {{TCP_FORWARD_LAST, TCP_FORWARD_LAST, TCP_FORWARD_LAST},
			      {TCP_FORWARD_LAST, TCP_FORWARD_LAST, TCP_CLOSED}},
	[TCP_REVERSE_LAST] = {{TCP_REVERSE_LAST, TCP_REVERSE_LAST, TCP_CLOSED},
			      {TCP_REVERSE_LAST, TCP_REVERSE_LAST, TCP_REVERSE_LAST}},
};

static enum flow_end count_tcp(struct flow_record *record, uint8_t flags, unsigned int direction)
{
	unsigned int state = (record->key.zero & FLOW_STATE_TCP) >> FLOW_STATE_TCP_SHIFT;
	int event = flags & TCP_FIN ? FIN : flags & TCP_ACK ? ACK : OTHER;

	state = flags & TCP_RST ? TCP_CLOSED : tcp_next[state][direction][event];
	if (state == TCP_CLOSED)
		return FLOW_END_CLOSED;
	record->key.zero &= (uint8_t)~FLOW_STATE_TCP;
	record->key.zero |= (uint8_t)(state << FLOW_STATE_TCP_SHIFT);
	return FLOW_LIVE;
}

static void count_reordered(struct flow_record *record, const struct packet *packet, uint64_t seen)
{
	/* Until now every packet's time was the clock, so the latest was the newest. */
	if ((record->key.zero & FLOW_STATE_REORDERED) == 0) {
		record->key.zero |= FLOW_STATE_REORDERED;
		record->last = seen;
	}
	if (packet->time < record->first)
		record->first = packet->time;
	if (packet->time > record->last)
		record->last = packet->time;
}

static void count_extremes(struct flow_record *record, const struct packet *packet)
{
	uint16_t size = packet_size(packet);

	if (size < record->size_min)
		record->size_min = size;
	if (size > record->size_max)
		record->size_max = size;
	if (packet->ttl < record->ttl_min)
		record->ttl_min = packet->ttl;
	if (packet->ttl > record->ttl_max)
		record->ttl_max = packet->ttl;
}

enum flow_end record_update(struct flow_record *record, const struct packet *packet)
{
	unsigned int direction = (packet->direction ^ record->key.zero) & FLOW_STATE_FORWARD1;
	uint64_t seen = record->seen;
	enum flow_end end = FLOW_LIVE;

	seqlock_write_begin(&record->sequence);
	record->seen = packet->clock;
	record->words[direction] += packet->octets;
	record->packets[direction]++;
	record->link_octets += packet_link_octets(packet);
	record->tcp_flags[direction] |= packet->tcp_flags;
	/* Forward never is 1 here: the first packet was record_start()'s. */
	if (record->packets[direction] == 1) {
		record->tos[1] = packet->tos;
		record->icmp[1] = packet->icmp;
	}
	count_extremes(record, packet);
	if (packet->time != packet->clock || (record->key.zero & FLOW_STATE_REORDERED))
		count_reordered(record, packet, seen);
	if ((packet->tcp_flags & (TCP_FIN | TCP_RST)) || (record->key.zero & FLOW_STATE_TCP))
		end = count_tcp(record, packet->tcp_flags, direction);
	if ((record->packets[direction] | record->link_octets) >> FLOW_PACKETS_LIMIT_SHIFT ||
	    record->words[direction] >> FLOW_OCTETS_LIMIT_SHIFT & 1)
		end = FLOW_END_ACTIVE;
	seqlock_write_end(&record->sequence);
	return end;
}

enum flow_end record_passed(const struct flow_record *record, const struct flow_timeouts *timeouts)
{
	/* `seen` is less than a wrap of `started` later, and says what its upper bits were. */
	uint64_t ticks = record->seen >> FLOW_STARTED_SHIFT;
	uint64_t started = ticks - (uint32_t)((uint32_t)ticks - record->started);
	uint64_t idle = record->seen + timeouts->inactive + 1;
	uint64_t active = (started + timeouts->active + 1) << FLOW_STARTED_SHIFT;

	return idle <= active ? FLOW_END_IDLE : FLOW_END_ACTIVE;
}

enum flow_end record_start(struct flow_record *record, const struct packet *packet)
{
	static const uint8_t no_prefix[2][12];
	uint32_t link_octets = packet_link_octets(packet);
	uint16_t size = packet_size(packet);
	enum flow_end end = FLOW_LIVE;

	seqlock_write_begin(&record->sequence);
	record->started = (uint32_t)(packet->clock >> FLOW_STARTED_SHIFT);
	record->seen = packet->clock;
	record->octets0 = packet->octets;
	record->octets1 = 0;
	record->size_min = size;
	record->size_max = size;
	record->packets[0] = 1;
	record->packets[1] = 0;
	record->link_octets = link_octets;
	record->key = packet->key;
	record->key.zero = packet->direction ? FLOW_STATE_FORWARD1 : 0;
	record->tcp_flags[0] = packet->tcp_flags;
	record->tcp_flags[1] = 0;
	record->ttl_min = packet->ttl;
	record->ttl_max = packet->ttl;
	memcpy(record->prefix, packet_is_ipv6(packet) ? packet->prefix : no_prefix,
	       sizeof(record->prefix));
	record->first = packet->time;
	record->last = packet->time;
	memcpy(record->mac, packet->mac, sizeof(record->mac));
	record->icmp[0] = packet->icmp;
	record->icmp[1] = 0;
	record->tos[0] = packet->tos;
	record->tos[1] = 0;
	record->instance++;
	if (packet->time != packet->clock)
		record->key.zero |= FLOW_STATE_REORDERED;
	if (packet->tcp_flags & (TCP_FIN | TCP_RST))
		end = count_tcp(record, packet->tcp_flags, 0);
	if (link_octets >> FLOW_PACKETS_LIMIT_SHIFT)
		end = FLOW_END_ACTIVE;
	seqlock_write_end(&record->sequence);
	return end;
}
