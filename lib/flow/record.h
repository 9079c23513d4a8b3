/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_RECORD_H
#define WEIR_FLOW_RECORD_H

#include <string.h>

#include <weir/flow.h>
#include <weir/seqlock.h>

/*
 * One record: what a packet changes in it, and when it ends. Every time in here is the packet's
 * `clock`; its own `time` only becomes first and last. Live packets bring one time, both clock and
 * time, which may be a little less than that of the packet before (stamps of a NIC). In captures
 * clock never goes back, and time may be anything.
 */

#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/* The state byte, key.zero of a record. */
/* 0x01 is FLOW_STATE_FORWARD1 */
#define FLOW_STATE_REORDERED 0x02 /* a packet's time was not its clock: `last` counts */
#define FLOW_STATE_TCP       0x1c /* enum tcp_state */
#define FLOW_STATE_END       0xe0 /* enum flow_end */
#define FLOW_STATE_TCP_SHIFT 2
#define FLOW_STATE_END_SHIFT 5
_Static_assert(FLOW_ENDS <= 8, "three bits of the state byte");

/* What a record that goes on with a flow has from the one before. */
#define FLOW_STATE_KEPT (FLOW_STATE_FORWARD1 | FLOW_STATE_TCP)

/* How far the close of a TCP connection has come. */
enum tcp_state {
	TCP_OPEN,
	TCP_FORWARD_FIN, /* one side has sent its FIN */
	TCP_REVERSE_FIN,
	TCP_FORWARD_LAST, /* both have, this side second: the other's ACK closes */
	TCP_REVERSE_LAST,
	TCP_CLOSED /* the record lingers */
};
_Static_assert(TCP_CLOSED < 8, "three bits of the state byte");

/* Counters reaching these limits are for the general way, which carries, or ends the record. */
#define FLOW_PACKETS_LIMIT_SHIFT 31 /* also of link_octets */
#define FLOW_OCTETS_LIMIT_SHIFT  47

/* In words[] the octets are the lower 48 bits, a frame size the upper 16. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bit-fields start at bit 0");

/* `started` counts in this many ns, as a power of two. */
#define FLOW_STARTED_SHIFT 20
/* ... and a packet may be this much older than the record's first. */
#define FLOW_REORDER_UNITS ((uint32_t)(FLOW_REORDER >> FLOW_STARTED_SHIFT) + 1)

/*
 * A closed TCP connection's record stays for so long, ns, to take what follows the close: repeated
 * FINs, their ACKs, RSTs, segments in flight. Counted from its last packet, as the inactive
 * timeout.
 */
#define FLOW_LINGER (UINT64_C(2) * 1000000000)

/* As the records count: all at most FLOW_ACTIVE_TIMEOUT_MAX, so that no difference wraps. */
struct flow_timeouts {
	uint64_t inactive; /* ns */
	uint64_t linger;   /* ns, at most `inactive` */
	uint32_t active;   /* units of `started`, since it: FLOW_REORDER_UNITS more */
};

/* How a record begins: as the first of its flow, or as the next of one that goes on. */
struct flow_origin {
	uint8_t state; /* of FLOW_STATE_KEPT */
	bool continues;
};

/*
 * Fill a record that is not in use with its first packet. `shift` makes dates of its times. Under
 * the record's seqlock, as all that changes one.
 */
void record_start(struct flow_hot *hot, struct flow_cold *cold, const struct packet *packet,
		  struct flow_origin origin, int64_t shift);

/* The part of record_due() that most packets do not need. */
enum flow_end record_passed(const struct flow_hot *hot, const struct flow_timeouts *timeouts,
			    uint64_t clock);

static inline bool packet_is_ipv6(const struct packet *packet)
{
	return packet->key.vlan & PACKET_KEY_IPV6;
}

static inline enum flow_end record_end(const struct flow_hot *hot)
{
	return (enum flow_end)(hot->key.zero >> FLOW_STATE_END_SHIFT);
}

/*
 * A slot is never used (all zero), live, dormant, or ended: then it keeps its reason until used
 * again. A dormant record has left by the active timeout, and its flow may go on: all that it still
 * says is direction and close of the flow, when it was seen and what it was worth. No packet has
 * the TTL that it is marked by, so that none is counted in it on the short way. Readers see none.
 */
static inline bool record_in_use(const struct flow_hot *hot)
{
	return (hot->packets[0] | hot->packets[1]) != 0 && record_end(hot) == FLOW_LIVE;
}

static inline bool record_dormant(const struct flow_hot *hot)
{
	return hot->ttl_min > hot->ttl_max;
}

static inline bool record_live(const struct flow_hot *hot)
{
	return record_in_use(hot) && !record_dormant(hot);
}

static inline enum tcp_state record_tcp(const struct flow_hot *hot)
{
	return (enum tcp_state)((hot->key.zero & FLOW_STATE_TCP) >> FLOW_STATE_TCP_SHIFT);
}

/*
 * The full comparison of an IPv4 flow, and of all of an IPv6 flow that lies in the hot line. All
 * but the end reason is masked out of the state byte: the packet's is 0, so a record that has ended
 * equals no packet. `hot` must have been used.
 */
static inline bool record_key_is(const struct flow_hot *hot, const struct packet *packet)
{
	static const struct packet_key compared = {
		.address = {UINT32_MAX, UINT32_MAX},
		.port = {UINT16_MAX, UINT16_MAX},
		.vlan = UINT16_MAX,
		.protocol = UINT8_MAX,
		.zero = FLOW_STATE_END,
	};
	uint64_t a[2], b[2], mask[2];

	memcpy(a, &hot->key, sizeof(a));
	memcpy(b, &packet->key, sizeof(b));
	memcpy(mask, &compared, sizeof(mask));
	return ((a[0] ^ b[0]) | ((a[1] ^ b[1]) & mask[1])) == 0;
}

/* The rest of the comparison with an IPv6 packet; an IPv4 flow's cold line is left alone. */
static inline bool record_prefix_is(const struct flow_cold *cold, const struct packet *packet)
{
	uint64_t c[3], d[3];

	memcpy(c, cold->prefix, sizeof(c));
	memcpy(d, packet->prefix, sizeof(d));
	return ((c[0] ^ d[0]) | (c[1] ^ d[1]) | (c[2] ^ d[2])) == 0;
}

static inline bool record_is(const struct flow_hot *hot, const struct flow_cold *cold,
			     const struct packet *packet)
{
	return record_key_is(hot, packet) &&
	       (!packet_is_ipv6(packet) || record_prefix_is(cold, packet));
}

/* The keyed hash of a key whose state byte is 0, and of its prefixes when it is IPv6. */
static inline uint64_t record_hash(const struct hash_secret *secret, const struct packet_key *key,
				   const uint8_t prefix[2][12])
{
	uint64_t word[2], high[3];

	memcpy(word, key, sizeof(word));
	if (key->vlan & PACKET_KEY_IPV6) {
		memcpy(high, prefix, sizeof(high));
		word[0] ^= hash_fold(high[0] ^ secret->word[0], high[1] ^ secret->word[1]);
		word[0] ^= hash_fold(high[2] ^ secret->word[2], word[1] ^ secret->word[3]);
	}
	return hash_2words(secret, word[0], word[1]);
}

/* How long the record's newest packet is ago at `clock`; negative: it came later. */
static inline int64_t record_idle(const struct flow_hot *hot, uint64_t clock)
{
	return (int64_t)(clock - hot->seen);
}

/* Units since FLOW_REORDER_UNITS before the first packet: so that it is not negative. */
static inline uint32_t record_age(const struct flow_hot *hot, uint64_t clock)
{
	return (uint32_t)(clock >> FLOW_STARTED_SHIFT) - hot->started;
}

/* Has a timeout of a live record passed at `clock`? */
static inline bool record_is_due(const struct flow_hot *hot, const struct flow_timeouts *timeouts,
				 uint64_t clock)
{
	/* The age may have wrapped when nothing was seen for a month: then idleness tells. */
	return (record_idle(hot, clock) > (int64_t)timeouts->inactive) |
	       (record_age(hot, clock) > timeouts->active);
}

/*
 * The same, and which: FLOW_END_IDLE or FLOW_END_ACTIVE, whichever deadline came first; of a closed
 * connection FLOW_END_CLOSED; FLOW_LIVE: neither. The packet path, the sweep, eviction and the end
 * all ask here, so it makes no difference which of them comes first.
 */
static inline enum flow_end record_due(const struct flow_hot *hot,
				       const struct flow_timeouts *timeouts, uint64_t clock)
{
	if (likely(!record_is_due(hot, timeouts, clock)) && likely(record_tcp(hot) != TCP_CLOSED))
		return FLOW_LIVE;
	return record_passed(hot, timeouts, clock);
}

/* Does the packet begin a new connection on the ports of one that was closing? */
static inline bool record_reopens(const struct flow_hot *hot, const struct packet *packet)
{
	return (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && record_tcp(hot) != TCP_OPEN;
}

/* How the next record begins when this packet of its flow finds it at its end, or dormant. */
static inline struct flow_origin record_origin(const struct flow_hot *hot,
					       const struct flow_timeouts *timeouts,
					       const struct packet *packet)
{
	if (record_idle(hot, packet->clock) > (int64_t)timeouts->inactive ||
	    record_tcp(hot) == TCP_CLOSED || record_reopens(hot, packet))
		return (struct flow_origin){.state = packet->direction};
	return (struct flow_origin){.state = hot->key.zero & FLOW_STATE_KEPT, .continues = true};
}

/* Which way a packet of the flow goes: 0 forward, 1 reverse. */
static inline unsigned int record_direction(const struct flow_hot *hot, const struct packet *packet)
{
	return (packet->direction ^ hot->key.zero) & FLOW_STATE_FORWARD1;
}

/* Bytes of the frame around the IP packet: headers, padding. */
static inline uint32_t packet_link_octets(const struct packet *packet)
{
	return packet->frame_length - packet->octets;
}

/* As records keep it: 65535 stands for that or more. */
static inline uint16_t packet_size(const struct packet *packet)
{
	return packet->frame_length < UINT16_MAX ? (uint16_t)packet->frame_length : UINT16_MAX;
}

/*
 * May a counter have no room for the packet? A little early: the most that a packet can carry is
 * left. What fills one is beyond all links, or claims gigabytes in each of thousands of frames.
 */
static inline bool record_full(const struct flow_hot *hot, const struct flow_cold *cold,
			       const struct packet *packet)
{
	unsigned int direction = record_direction(hot, packet);
	uint64_t octets = hot->words[direction] + packet->octets;

	return cold->carried_packets[direction] == UINT8_MAX ||
	       cold->carried_link >= (1 << 13) - 4 || (octets >> FLOW_OCTETS_LIMIT_SHIFT & 1) != 0;
}

/*
 * Count a packet of a live record. The caller has asked record_due(), record_reopens() and
 * record_full() before.
 */
void record_update(struct flow_hot *hot, struct flow_cold *cold, const struct packet *packet);

/* What a packet makes of the counters, if that is all that it changes. */
struct record_usual {
	unsigned int direction; /* 0: forward */
	uint8_t tcp_flags;
	uint32_t packets, link_octets;
	uint64_t word, seen;
};

/* Is the cold line likely needed to count the packet in this record? */
static inline bool record_needs_cold(const struct flow_hot *hot, const struct packet *packet)
{
	return (hot->packets[record_direction(hot, packet)] == 0) |
	       ((hot->key.zero & (FLOW_STATE_REORDERED | FLOW_STATE_TCP)) != 0);
}

/*
 * Is it such a packet, as nearly all of a long flow are? Then record_count_usual() counts it as
 * record_update() would. False: it is another packet, or its record is due.
 */
static inline bool record_is_usual(const struct flow_hot *hot, const struct flow_timeouts *timeouts,
				   const struct packet *packet, struct record_usual *usual)
{
	const uint64_t clock = packet->clock, seen = hot->seen;
	const uint32_t length = packet->frame_length, around = packet_link_octets(packet);
	const uint8_t state = hot->key.zero, ttl = packet->ttl, tcp_flags = packet->tcp_flags;
	const unsigned int direction = record_direction(hot, packet);
	const uint64_t word = hot->words[direction] + packet->octets;
	const uint32_t link_octets = hot->link_octets + around;
	const uint32_t packets = hot->packets[direction];

	if (unlikely(record_is_due(hot, timeouts, clock)) || unlikely(packet->time != clock))
		return false;
	if (unlikely(tcp_flags & (TCP_FIN | TCP_RST)) ||
	    unlikely(state & (FLOW_STATE_REORDERED | FLOW_STATE_TCP)))
		return false;
	if (unlikely(length < hot->size_min) || unlikely(length > hot->size_max) ||
	    unlikely(ttl < hot->ttl_min) || unlikely(ttl > hot->ttl_max))
		return false;
	/* The first one of its direction, or a counter at its limit. */
	if (unlikely(packets == 0) ||
	    unlikely(((packets + 1) | link_octets | around) >> FLOW_PACKETS_LIMIT_SHIFT) ||
	    unlikely(word >> FLOW_OCTETS_LIMIT_SHIFT & 1))
		return false;
	/* It may be older than the first one: that is in the cold line. */
	if (unlikely(record_age(hot, clock) <= FLOW_REORDER_UNITS) && clock < seen)
		return false;
	*usual = (struct record_usual){
		.direction = direction,
		.tcp_flags = tcp_flags,
		.packets = packets + 1,
		.link_octets = link_octets,
		.word = word,
		.seen = clock > seen ? clock : seen,
	};
	return true;
}

static inline void record_count_usual(struct flow_hot *hot, const struct record_usual *usual)
{
	hot->seen = usual->seen;
	hot->words[usual->direction] = usual->word;
	hot->packets[usual->direction] = usual->packets;
	hot->link_octets = usual->link_octets;
	hot->tcp_flags[usual->direction] |= usual->tcp_flags;
}

#endif
