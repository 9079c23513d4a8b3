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

static enum flow_end count_tcp(struct flow_hot *hot, uint8_t flags, unsigned int direction)
{
	unsigned int state = (hot->key.zero & FLOW_STATE_TCP) >> FLOW_STATE_TCP_SHIFT;
	int event = flags & TCP_FIN ? FIN : flags & TCP_ACK ? ACK : OTHER;

	state = flags & TCP_RST ? TCP_CLOSED : tcp_next[state][direction][event];
	if (state == TCP_CLOSED)
		return FLOW_END_CLOSED;
	hot->key.zero &= (uint8_t)~FLOW_STATE_TCP;
	hot->key.zero |= (uint8_t)(state << FLOW_STATE_TCP_SHIFT);
	return FLOW_LIVE;
}

static void count_reordered(struct flow_hot *hot, struct flow_cold *cold,
			    const struct packet *packet, uint64_t seen)
{
	/* Until now every packet's time was the clock, so the latest was the newest. */
	if ((hot->key.zero & FLOW_STATE_REORDERED) == 0) {
		hot->key.zero |= FLOW_STATE_REORDERED;
		cold->last = seen;
	}
	if (packet->time < cold->first)
		cold->first = packet->time;
	if (packet->time > cold->last)
		cold->last = packet->time;
}

static void count_extremes(struct flow_hot *hot, const struct packet *packet)
{
	uint16_t size = packet_size(packet);

	if (size < hot->size_min)
		hot->size_min = size;
	if (size > hot->size_max)
		hot->size_max = size;
	if (packet->ttl < hot->ttl_min)
		hot->ttl_min = packet->ttl;
	if (packet->ttl > hot->ttl_max)
		hot->ttl_max = packet->ttl;
}

enum flow_end record_update(struct flow_hot *hot, struct flow_cold *cold,
			    const struct packet *packet)
{
	unsigned int direction = (packet->direction ^ hot->key.zero) & FLOW_STATE_FORWARD1;
	uint64_t seen = hot->seen;
	enum flow_end end = FLOW_LIVE;

	seqlock_write_begin(&hot->sequence);
	if (packet->clock > seen)
		hot->seen = packet->clock;
	hot->words[direction] += packet->octets;
	hot->packets[direction]++;
	hot->link_octets += packet_link_octets(packet);
	hot->tcp_flags[direction] |= packet->tcp_flags;
	/* Forward never is 1 here: the first packet was record_start()'s. */
	if (hot->packets[direction] == 1) {
		cold->tos[1] = packet->tos;
		cold->icmp[1] = packet->icmp;
	}
	count_extremes(hot, packet);
	if (packet->time != packet->clock || (hot->key.zero & FLOW_STATE_REORDERED))
		count_reordered(hot, cold, packet, seen);
	else if (packet->clock < seen && packet->time < cold->first)
		cold->first = packet->time;
	if ((packet->tcp_flags & (TCP_FIN | TCP_RST)) || (hot->key.zero & FLOW_STATE_TCP))
		end = count_tcp(hot, packet->tcp_flags, direction);
	if ((hot->packets[direction] | hot->link_octets) >> FLOW_PACKETS_LIMIT_SHIFT ||
	    hot->words[direction] >> FLOW_OCTETS_LIMIT_SHIFT & 1)
		end = FLOW_END_ACTIVE;
	seqlock_write_end(&hot->sequence);
	return end;
}

enum flow_end record_passed(const struct flow_hot *hot, const struct flow_timeouts *timeouts)
{
	/* `seen` is less than a wrap of `started` later, and says what its upper bits were. */
	uint64_t ticks = hot->seen >> FLOW_STARTED_SHIFT;
	uint64_t started = ticks - (uint32_t)((uint32_t)ticks - hot->started);
	uint64_t idle = hot->seen + timeouts->inactive + 1;
	uint64_t active = (started + timeouts->active + 1) << FLOW_STARTED_SHIFT;

	return idle <= active ? FLOW_END_IDLE : FLOW_END_ACTIVE;
}

enum flow_end record_start(struct flow_hot *hot, struct flow_cold *cold,
			   const struct packet *packet, int64_t shift)
{
	static const uint8_t no_prefix[2][12];
	uint32_t link_octets = packet_link_octets(packet);
	uint16_t size = packet_size(packet);
	enum flow_end end = FLOW_LIVE;

	seqlock_write_begin(&hot->sequence);
	hot->started = (uint32_t)(packet->clock >> FLOW_STARTED_SHIFT) - FLOW_REORDER_UNITS;
	hot->seen = packet->clock;
	hot->octets0 = packet->octets;
	hot->octets1 = 0;
	hot->size_min = size;
	hot->size_max = size;
	hot->packets[0] = 1;
	hot->packets[1] = 0;
	hot->link_octets = link_octets;
	hot->key = packet->key;
	hot->key.zero = packet->direction ? FLOW_STATE_FORWARD1 : 0;
	hot->tcp_flags[0] = packet->tcp_flags;
	hot->tcp_flags[1] = 0;
	hot->ttl_min = packet->ttl;
	hot->ttl_max = packet->ttl;
	memcpy(cold->prefix, packet_is_ipv6(packet) ? packet->prefix : no_prefix,
	       sizeof(cold->prefix));
	cold->first = packet->time;
	cold->shift = shift;
	memcpy(cold->mac, packet->mac, sizeof(cold->mac));
	cold->icmp[0] = packet->icmp;
	cold->icmp[1] = 0;
	cold->tos[0] = packet->tos;
	cold->tos[1] = 0;
	cold->instance++;
	if (packet->time != packet->clock) {
		hot->key.zero |= FLOW_STATE_REORDERED;
		cold->last = packet->time;
	}
	if (packet->tcp_flags & (TCP_FIN | TCP_RST))
		end = count_tcp(hot, packet->tcp_flags, 0);
	if (link_octets >> FLOW_PACKETS_LIMIT_SHIFT)
		end = FLOW_END_ACTIVE;
	seqlock_write_end(&hot->sequence);
	return end;
}
