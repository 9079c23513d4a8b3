/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_H
#define WEIR_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <weir/flow_extension.h>
#include <weir/hash.h>
#include <weir/packet.h>

/*
 * The per-core flow table. One thread, the worker, owns a table: single writer, no
 * locks, no system calls, no allocation after flow_table_create(). Any other thread may
 * read live records with flow_table_read().
 *
 *	packets --hash, prefetch bucket--> --compare signatures, prefetch record--> --update-->
 *
 * The three stages run across three bursts, so that two dependent cache misses overlap
 * with other packets' work (measured in docs/benchmarks.md).
 */

/* Why a record ended: IPFIX flowEndReason (136). 0: it lives. */
enum flow_end {
	FLOW_LIVE,
	FLOW_END_IDLE,   /* inactive timeout */
	FLOW_END_ACTIVE, /* active timeout */
	FLOW_END_CLOSED, /* TCP: RST, or FIN both ways and its ACK; a new connection on its ports */
	FLOW_END_FORCED, /* weir stops */
	FLOW_END_RESOURCES, /* table full: made room for another flow; or a counter is full */
	FLOW_ENDS
};

/*
 * One biflow (RFC 5103): index 0 of a pair is forward, the direction of the first packet seen of
 * the flow (a record that goes on with it may have none), index 1 reverse. Two cache lines, and a
 * packet of an IPv4 flow changes the hot one only. So the table keeps them in two arrays: CPUs
 * fetch lines in pairs, and next to each other the cold one would be fetched in vain (1M flows: 37
 * instead of 43 Mpps). Written by the worker under `sequence`, which is of both.
 */
struct flow_hot {
	uint32_t sequence; /* seqlock; in an ended copy: the slot it had */
	uint32_t started;  /* FLOW_REORDER before the clock of the first packet, in 2^20 ns
			    * (1.05 ms), wraps after 52 days */
	uint64_t seen;     /* clock of the newest packet: the largest, ns */
	union {
		struct {
			uint64_t octets0 : 48;  /* IP octets forward */
			uint64_t size_min : 16; /* frame length without FCS, both directions ... */
			uint64_t octets1 : 48;  /* IP octets reverse */
			uint64_t size_max : 16; /* ... 65535: that or more */
		};
		uint64_t words[2]; /* the same, for the packet path */
	};
	uint32_t packets[2];   /* without what was carried: flow_packets() */
	uint32_t link_octets;  /* frame bytes beyond the IP octets, both directions; likewise */
	struct packet_key key; /* key.zero holds the state byte, FLOW_STATE_* */
	uint8_t tcp_flags[2];  /* OR of all seen */
	uint8_t ttl_min, ttl_max;
} __attribute__((aligned(64)));

/* Written at creation, at the first reverse packet, out of order, or at a carry. */
struct flow_cold {
	uint8_t prefix[2][12]; /* IPv6 only: see struct packet_key */
	uint64_t first;        /* packet times, ns: the earliest ... */
	union {
		int64_t shift; /* ... and what makes dates of them, as the record began */
		uint64_t last; /* once FLOW_STATE_REORDERED: the latest; shift is 0 then */
	};
	uint8_t mac[12];  /* of the first packet: those of the flow's destination and source */
	uint16_t icmp[2]; /* type << 8 | code of the first packet each way */
	uint8_t tos[2];   /* of the first packet each way */
	uint8_t carried_packets[2]; /* of the hot line's counters, in units of FLOW_CARRY */
	uint32_t carried_link : 13;
	uint32_t continues : 1; /* the flow has had a record before */
	uint32_t instance : 18; /* which of the records that this slot has held: counts up, wraps */
} __attribute__((aligned(64)));

/*
 * A copy of both, live or ended, and of the lines of the extensions that are on: to copy it on,
 * copy flow_record_bytes().
 */
struct flow_record {
	struct flow_hot hot;
	struct flow_cold cold;
	struct flow_line lines[]; /* in the order of the settings */
};
_Static_assert(sizeof(struct flow_hot) == 64 && sizeof(struct flow_cold) == 64 &&
		       sizeof(struct flow_line) == 64,
	       "a cache line each");

static inline size_t flow_record_bytes(uint32_t extensions)
{
	return sizeof(struct flow_record) + extensions * sizeof(struct flow_line);
}

/* Of records that lie one behind the other, each of `bytes`, that with this number. */
static inline const struct flow_record *flow_record_at(const struct flow_record *records,
						       size_t bytes, uint32_t number)
{
	return (const struct flow_record *)((const uint8_t *)records + number * bytes);
}

/* Room for any record. */
union flow_copy {
	struct flow_record record;
	struct flow_line lines[2 + FLOW_EXTENSIONS_MAX];
};

/*
 * A hot counter that comes to 2^31 gives so much of itself to the cold line; it keeps 1, as 0 would
 * say that there was nothing. So a record holds 2^39 packets each way, 2^44 octets around the IP
 * packets and 2^47 IP octets each way: at 400 Gbit/s those last for 15, 6 and 47 minutes at least.
 */
#define FLOW_CARRY INT32_MAX

/* Of one slot so many records can be on their way at once: more than any ring of them holds. */
#define FLOW_INSTANCES (1u << 18)

/* Of the state byte: the flow's first packet was sent by endpoint 1. */
#define FLOW_STATE_FORWARD1 0x01

/* Which endpoint of the key is the flow's source, who sent its first packet. */
static inline unsigned int flow_source(const struct flow_record *record)
{
	return record->hot.key.zero & FLOW_STATE_FORWARD1;
}

static inline uint64_t flow_packets(const struct flow_record *record, unsigned int direction)
{
	return record->hot.packets[direction] +
	       (uint64_t)record->cold.carried_packets[direction] * FLOW_CARRY;
}

struct flow_settings {
	uint32_t capacity;         /* records; at least 64 */
	uint64_t active_timeout;   /* ns, at most FLOW_ACTIVE_TIMEOUT_MAX; kept in units of 2^20 */
	uint64_t inactive_timeout; /* ns */
	/*
	 * How the clock moves. True: by itself, and each burst tells it. False (captures): only
	 * with the packets, and what the table does depends on them alone, not on how they are cut
	 * into bursts.
	 */
	bool live;
	struct hash_secret secret; /* drawn at start, the same for all workers */
	/* Those that are on, and after them NULL. */
	const struct flow_extension *extensions[FLOW_EXTENSIONS_MAX];
};
#define FLOW_ACTIVE_TIMEOUT_MAX (UINT64_C(20) * 86400 * 1000000000) /* 20 days, see `started` */
#define FLOW_REORDER                                                                               \
	(UINT64_C(2) * 1000000000) /* ns that a packet's clock may be late, see below */

/* Why a packet of a new flow is in no record: the index of overflow_packets. */
enum flow_overflow {
	FLOW_OVERFLOW_TABLE,  /* no slot free, and the outbox is full: nothing can leave */
	FLOW_OVERFLOW_BUCKET, /* no index entry within the probe limit */
	FLOW_OVERFLOWS
};

/* Written by the worker only; the worker publishes a copy (lib/worker). */
struct flow_counters {
	uint64_t created;
	uint64_t ended[FLOW_ENDS]; /* by reason; [0] unused. created - sum(ended) are live */
	uint64_t continued; /* records that left full, their flow going on: in neither of these */
	uint64_t packets;   /* counted in records: the ledger's `flow` */
	uint64_t packets_ipv6;                     /* of those */
	uint64_t octets;                           /* IP octets of those */
	uint64_t overflow_packets[FLOW_OVERFLOWS]; /* by reason */
	uint64_t overflow_octets; /* IP octets of packets that found no room in the table */
	uint64_t fragments_first; /* packets that were first fragments */
	uint64_t fragments_tiny;  /* of those, shorter than their protocol's shortest header */
	uint64_t fragments_later; /* ... and later ones, whether or not their flow was remembered */
	uint64_t fragments_unmatched; /* later ones whose first was not remembered: ports 0/0 */
	uint64_t relookups; /* packets whose early look-up no longer held: a health figure */
};

/*
 * What the packets in no record were: by protocol, and by the sender's network (/24 of IPv4, /48 of
 * IPv6) as far as there is room, the others as one sum. Both come to overflow_packets and
 * overflow_octets as these were at the last flow_table_settle().
 */
#define FLOW_OVERFLOW_PROTOCOLS 256
#define FLOW_OVERFLOW_NETWORKS  512

struct flow_overflow_sum {
	uint64_t packets, octets;
};

struct flow_overflow_network {
	uint64_t network; /* see flow_overflow_address(); 0: none */
	struct flow_overflow_sum sum;
};

struct flow_overflow_sums {
	struct flow_overflow_sum protocols[FLOW_OVERFLOW_PROTOCOLS];
	struct flow_overflow_network networks[FLOW_OVERFLOW_NETWORKS];
	struct flow_overflow_sum other; /* of networks that found no room */
};

/* The network's first address, as in struct flow_view; *version: 4 or 6. */
void flow_overflow_address(uint64_t network, int *version, uint8_t address[16]);

struct flow_table;

/* How many extensions are on. */
uint32_t flow_extensions_on(const struct flow_settings *settings);

/* All memory of a table, in bytes: about 139 a flow, 64 for each extension, and 0.6 MB. */
size_t flow_table_bytes(const struct flow_settings *settings);

/*
 * Allocate a table (not touched yet; call flow_table_prefault() from the worker's thread
 * where page faults on the packet path must not be). NULL: no memory. Free with
 * flow_table_destroy() when no reader is left.
 */
struct flow_table *flow_table_create(const struct flow_settings *settings);
void flow_table_destroy(struct flow_table *table);
void flow_table_prefault(struct flow_table *table);

/* ---- the worker's calls ---- */

#define FLOW_BURST 32

/* Packets on their way through the stages. Filled by the worker, owned by the table. */
struct flow_burst {
	uint32_t count;
	uint64_t clock; /* of a live table: the worker's, now; never goes back */
	int64_t shift;  /* what makes dates of the packets' times; 0 in captures */
	struct packet packets[FLOW_BURST];
};

/*
 * The burst to fill next: up to FLOW_BURST packets of the bucket FLOW, with `time` and
 * `clock` set. Filling it is always allowed. A live table takes packets whose clock is up to
 * FLOW_REORDER before that of others, but to captures clock never goes back.
 */
struct flow_burst *flow_table_next(struct flow_table *table);

/*
 * Hand over the filled burst (also an empty one, which moves the older ones on) and run the
 * stages: the packets handed over two calls ago are counted when this returns. Expires
 * a bounded slice of the table: a live one by the clock of the burst counted, whether or not it
 * has packets, else by the clock of the packets, for every 32 counted.
 * The counters then include exactly the packets counted so far.
 */
void flow_table_push(struct flow_table *table);

/* Packets handed over and not yet counted (0 after two pushes of empty bursts). */
uint32_t flow_table_pending(const struct flow_table *table);

/*
 * Expire a bounded slice when no frames come, by `clock` (ns; the worker's, never going back).
 * True: the sweep is behind the clock; call again before you sleep. The stages should be empty:
 * a packet still in them would come too late for a flow that ends here. Not for captures: there
 * only packets move time.
 */
bool flow_table_expire(struct flow_table *table, uint64_t clock);

/*
 * Captures, where an interval of their time ends: end all records whose timeout has passed by
 * `clock`, with as much as fits the outbox, and say whether all are out: call, empty the outbox,
 * until true. No packet to come has an earlier clock; the stages must be empty.
 */
bool flow_table_end_due(struct flow_table *table, uint64_t clock);

/*
 * End all live flows with as much as fits the outbox, and say whether all are out: call,
 * empty the outbox, until true. A flow whose timeout passed before `clock` ends idle or
 * active, the others with FLOW_END_FORCED. The stages must be empty.
 */
bool flow_table_finish(struct flow_table *table, uint64_t clock);

/*
 * Ended records wait in the outbox until the worker takes them, in the order in which they
 * ended: *records points to all of them (flow_record_at()), their number is returned, and
 * flow_table_taken() gives back the first `taken`. An emptied outbox holds whatever one call ends,
 * so a worker that empties it after every call loses nothing and waits for nothing. When it is
 * full, ended flows keep their record in the table, so none is lost; when that fills the table, new
 * flows overflow.
 */
uint32_t flow_table_outbox(struct flow_table *table, const struct flow_record **records);
void flow_table_taken(struct flow_table *table, uint32_t taken);
#define FLOW_OUTBOX 256

/*
 * The slot of the record that a packet has just been counted in: one of the burst that the last
 * flow_table_push() counted, which is still in flow_table_next() until that is filled.
 * FLOW_NO_SLOT: none; the packet overflowed, or its record has ended since.
 */
uint32_t flow_table_slot(const struct flow_table *table, const struct packet *packet);
#define FLOW_NO_SLOT UINT32_MAX

const struct flow_counters *flow_table_counters(const struct flow_table *table);

/*
 * What overflowed so far comes into the sums that other threads read: where the counters are made
 * visible, so that both are of one moment (lib/worker), and before more than FLOW_OVERFLOW_NOTES
 * packets have come since the last time.
 */
void flow_table_settle(struct flow_table *table);
#define FLOW_OVERFLOW_NOTES 256

/* ---- any thread ---- */

/* Slots below this number have ever been used. */
uint32_t flow_table_used(const struct flow_table *table);

/* Copy what overflowed; torn, unless the worker's seqlock says that it did not settle meanwhile. */
void flow_table_overflow_sums(const struct flow_table *table, struct flow_overflow_sums *copy);

/* What a reader finds in a slot. */
enum flow_slot {
	FLOW_SLOT_EMPTY, /* no live record */
	FLOW_SLOT_LIVE,
	FLOW_SLOT_BUSY /* a record in change, live or not: come back to it later */
};

/* How many extensions are on: a copy of a record, live or ended, has as many lines. */
uint32_t flow_table_extensions(const struct flow_table *table);

/*
 * Copy the live record of `slot` (below flow_table_used()) with its lines. Busy is what was in
 * change at every one of a few looks: a worker changes a record within nanoseconds, but it may be
 * interrupted right there, and where it has to share its CPU that lasts for milliseconds.
 */
enum flow_slot flow_table_read(const struct flow_table *table, uint32_t slot,
			       union flow_copy *copy);

/* ---- one other thread: what changed since it last looked ---- */

/*
 * After each change of a live record the worker marks the group of slots that it is in. The other
 * thread takes marks off and then looks, so every change is found by the first look after it: a
 * mark that was taken off too late stands for a change that is seen, and a change that comes later
 * marks anew. Neither waits.
 */
#define FLOW_GROUP  8  /* slots a mark is for */
#define FLOW_MARKED 64 /* slots whose marks are taken at once */

/*
 * From `*slot` on (a multiple of FLOW_MARKED) to the next slots, so many, in which something is
 * marked; take the marks off. Returns the groups: bit n for the nth from `*slot` on. 0: there is
 * none below flow_table_used().
 */
uint32_t flow_table_take_marks(struct flow_table *table, uint32_t *slot);

/* It is to be looked at again. */
void flow_table_mark(struct flow_table *table, uint32_t slot);

/*
 * Octets of the records in the group that begins at `slot`, whatever these are, not as of one
 * moment. And ask memory for what the next calls about these slots will read: for
 * flow_table_peek(), for flow_table_read().
 */
void flow_table_peek(const struct flow_table *table, uint32_t slot, uint64_t octets[FLOW_GROUP][2]);
void flow_table_prefetch_group(const struct flow_table *table, uint32_t slot);
void flow_table_prefetch(const struct flow_table *table, uint32_t slot);

/* ---- a record as its consumers read it: any copy, live or ended ---- */

struct flow_view {
	int version;                         /* 4 or 6 */
	uint8_t source[16], destination[16]; /* network order; IPv4 in the first 4 bytes, rest 0 */
	uint16_t source_port, destination_port; /* host order */
	uint16_t vlan;
	uint8_t protocol;
	enum flow_end end;
	uint8_t continues;    /* 1: the flow has had a record before */
	uint64_t first, last; /* packet times, ns since 1970 ... */
	int64_t shift;        /* ... which is so much later than the clock (0 in captures) */
	uint64_t packets[2], octets[2]; /* forward, reverse; IP octets */
	uint64_t frame_octets;          /* sum of frame lengths without FCS, both directions */
	uint32_t frame_min, frame_max;
	uint8_t tcp_flags[2], tos[2], ttl_min, ttl_max;
	uint16_t icmp[2]; /* type << 8 | code */
	uint8_t mac_source[6], mac_destination[6];
	const struct flow_line *lines; /* the record's own; NULL: it was joined of several */
};

void flow_view(const struct flow_record *record, struct flow_view *view);

/* The view is kept for longer than its record: so are its lines, in `lines`. */
static inline void flow_view_keep(struct flow_view *view, struct flow_line *lines,
				  uint32_t extensions)
{
	memcpy(lines, view->lines, extensions * sizeof(*lines));
	view->lines = lines;
}

#endif
