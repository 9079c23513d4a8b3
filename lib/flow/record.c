/* SPDX-License-Identifier: BSD-3-Clause */
#include "record.h"

/*
 * [state][direction][packet]. A repeated FIN changes nothing, so that lost and
 * duplicated packets of the close stay in the flow. RST closes from everywhere, and what is closed
 * stays so.
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

static void count_tcp(struct flow_hot *hot, uint8_t flags, unsigned int direction)
{
	enum tcp_state state = record_tcp(hot);
	int event = flags & TCP_FIN ? FIN : flags & TCP_ACK ? ACK : OTHER;

	if (flags & TCP_RST)
		state = TCP_CLOSED;
	else if (state != TCP_CLOSED)
		state = tcp_next[state][direction][event];
	hot->key.zero &= (uint8_t)~FLOW_STATE_TCP;
	hot->key.zero |= (uint8_t)(state << FLOW_STATE_TCP_SHIFT);
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

static inline void count_octets(struct flow_hot *hot, struct flow_cold *cold,
				const struct packet *packet, unsigned int direction)
{
	uint64_t link_octets = (uint64_t)hot->link_octets + packet_link_octets(packet);

	hot->words[direction] += packet->octets;
	hot->packets[direction]++;
	if (unlikely(hot->packets[direction] >> FLOW_PACKETS_LIMIT_SHIFT)) {
		hot->packets[direction] -= FLOW_CARRY;
		cold->carried_packets[direction]++;
	}
	if (unlikely(link_octets >> FLOW_PACKETS_LIMIT_SHIFT)) {
		cold->carried_link += link_octets / FLOW_CARRY;
		link_octets %= FLOW_CARRY;
	}
	hot->link_octets = (uint32_t)link_octets;
}

/* The one place that counts all of a packet. */
static inline __attribute__((always_inline)) void count(struct flow_hot *hot,
							struct flow_cold *cold,
							const struct packet *packet,
							unsigned int direction)
{
	uint64_t seen = hot->seen;

	if (packet->clock > seen)
		hot->seen = packet->clock;
	if (hot->packets[direction] == 0) {
		cold->tos[direction] = packet->tos;
		cold->icmp[direction] = packet->icmp;
	}
	count_octets(hot, cold, packet, direction);
	hot->tcp_flags[direction] |= packet->tcp_flags;
	count_extremes(hot, packet);
	if (packet->time != packet->clock || (hot->key.zero & FLOW_STATE_REORDERED))
		count_reordered(hot, cold, packet, seen);
	else if (packet->clock < seen && packet->time < cold->first)
		cold->first = packet->time;
	if ((packet->tcp_flags & (TCP_FIN | TCP_RST)) || (hot->key.zero & FLOW_STATE_TCP))
		count_tcp(hot, packet->tcp_flags, direction);
}

void record_update(struct flow_hot *hot, struct flow_cold *cold, const struct packet *packet)
{
	count(hot, cold, packet, record_direction(hot, packet));
}

enum flow_end record_passed(const struct flow_hot *hot, const struct flow_timeouts *timeouts,
			    uint64_t clock)
{
	/* `seen` is less than a wrap of `started` later, and says what its upper bits were. */
	uint64_t ticks = hot->seen >> FLOW_STARTED_SHIFT;
	uint64_t started = ticks - (uint32_t)((uint32_t)ticks - hot->started);
	uint64_t idle = hot->seen + timeouts->inactive + 1;
	uint64_t active = (started + timeouts->active + 1) << FLOW_STARTED_SHIFT;

	if (record_dormant(hot))
		return clock >= idle ? FLOW_END_IDLE : FLOW_LIVE;
	if (record_tcp(hot) != TCP_CLOSED)
		return idle <= active ? FLOW_END_IDLE : FLOW_END_ACTIVE;
	/* The active timeout does not cut off what follows the close; it bounds it. */
	if (clock > hot->seen + timeouts->linger || clock >= active + timeouts->linger)
		return FLOW_END_CLOSED;
	return FLOW_LIVE;
}

void record_start(struct flow_hot *restrict hot, struct flow_cold *restrict cold,
		  const struct packet *restrict packet, struct flow_origin origin, int64_t shift)
{
	static const uint8_t no_prefix[2][12];
	bool turned = (packet->direction ^ origin.state) & FLOW_STATE_FORWARD1;

	hot->started = (uint32_t)(packet->clock >> FLOW_STARTED_SHIFT) - FLOW_REORDER_UNITS;
	hot->seen = packet->clock;
	memset(hot->words, 0, sizeof(hot->words));
	memset(hot->packets, 0, sizeof(hot->packets));
	memset(hot->tcp_flags, 0, sizeof(hot->tcp_flags));
	hot->size_min = UINT16_MAX;
	hot->ttl_min = UINT8_MAX;
	hot->ttl_max = 0;
	hot->link_octets = 0;
	hot->key = packet->key;
	hot->key.zero = origin.state;
	memcpy(cold->prefix, packet_is_ipv6(packet) ? packet->prefix : no_prefix,
	       sizeof(cold->prefix));
	cold->first = packet->time;
	cold->shift = shift;
	if (packet->time != packet->clock) {
		hot->key.zero |= FLOW_STATE_REORDERED;
		cold->last = packet->time;
	}
	memcpy(cold->mac, packet->mac + (turned ? 6 : 0), 6);
	memcpy(cold->mac + 6, packet->mac + (turned ? 0 : 6), 6);
	memset(cold->icmp, 0, sizeof(cold->icmp));
	memset(cold->tos, 0, sizeof(cold->tos));
	memset(cold->carried_packets, 0, sizeof(cold->carried_packets));
	cold->carried_link = 0;
	cold->continues = origin.continues;
	cold->instance++;
	/* Constants, and the compiler sees that there is nothing to add to. */
	if (turned)
		count(hot, cold, packet, 1);
	else
		count(hot, cold, packet, 0);
}
