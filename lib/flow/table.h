/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_TABLE_H
#define WEIR_FLOW_TABLE_H

#include "extensions.h"
#include "fragment.h"
#include "index.h"
#include "overflow.h"
#include "record.h"
#include "slot_ring.h"

/*
 * The inside of struct flow_table, for the files of this folder:
 *
 *	table.c		memory, bursts and outbox as the worker sees them
 *	stages.c lookup.h	the packet path: look up, insert, count
 *	expire.c	every way for a record to end: sweep, eviction, finish
 *	index.[ch] slot_ring.h record.[ch] extensions.[ch] fragment.[ch] overflow.[ch]	the parts
 *	view.c		any thread: live records, and records decoded
 */

#define STAGES 3 /* bursts: being filled or hashed, compared, counted */

/* For functions that do nothing but prefetch: GCC leaves out calls of what changes nothing. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

struct burst_counts {
	uint64_t octets;
	uint32_t ipv6;
	struct fragment_counts fragments;
};

/* A burst and what the stages found out about it so far. */
struct stage {
	struct flow_burst burst;
	struct flow_hot *candidate[FLOW_BURST]; /* worth a full comparison, or NULL */
	struct burst_counts counts;
};

/*
 * The sweep looks at SWEEP_SLICE records at most per slice, and there is a slice for every
 * SWEEP_PACKETS packets counted, or in a live table for every push. So one push ends no more
 * records than the outbox holds: each packet can end one, the old one of its key or an evicted one.
 */
#define SWEEP_PACKETS 32
#define SWEEP_SLICE   128
_Static_assert(SWEEP_PACKETS >= FLOW_BURST, "at most one slice a push");
_Static_assert(SWEEP_SLICE + FLOW_BURST <= FLOW_OUTBOX, "an emptied outbox holds one push");

struct sweep {
	uint32_t cursor;           /* slot to look at next */
	uint32_t packets;          /* packets to count before the next slice */
	uint64_t clock;            /* of the last slice, ns */
	uint64_t credit;           /* records still to look at, in 1 / 2^SWEEP_PASS_SHIFT */
	uint32_t due_count;        /* found due by the last slice ... */
	uint32_t due[SWEEP_SLICE]; /* ... in these slots, their buckets on the way to the cache */
};

/* Chosen this many evictions ahead: about as long as memory takes. */
#define VICTIMS 4

struct eviction {
	uint32_t cursor; /* first slot of the next group */
	uint32_t next;   /* the victim to go next: an index, modulo VICTIMS */
	struct {
		uint32_t slot;
		uint64_t seen; /* it goes if it still has this clock */
	} victims[VICTIMS];
};

struct flow_table {
	/*
	 * Set by flow_table_create(): any thread reads it, so nothing beside it may change. The
	 * records, by slot, the worker writes under the seqlock in the hot line of each, and any
	 * thread reads them; what is in the index and the fragments is the worker's alone.
	 */
	struct flow_hot *hot;
	struct flow_cold *cold;
	struct flow_index index;
	struct fragment_set *fragments;
	uint8_t *marks; /* by group, atomic: the worker sets them, another thread takes them off */
	uintptr_t mark; /* of a record at address A: at this + A / MARK_REACH, see table_mark() */
	struct flow_timeouts timeouts;
	struct hash_secret secret;
	size_t bytes;        /* of the arrays, from `hot` on */
	size_t record_bytes; /* of a copy */
	uint32_t capacity;
	bool live; /* the sweep goes by pushes, not by packets */
	struct extensions extensions;

	/* Slots below were ever used. Atomic: the worker writes, any thread reads. */
	uint32_t used __attribute__((aligned(64)));

	/* All else is the worker's own, but for the sums in `overflow`. */
	struct slot_ring vacant __attribute__((aligned(64)));
	uint32_t missing; /* packets compared, without a candidate, and not yet counted */
	uint32_t general; /* packets that the burst now being counted took to the cold line */
	uint32_t filling; /* the stage that flow_table_next() gives out */
	struct eviction evict;
	uint32_t whole_cursor; /* slot at which flow_table_end_due() or _finish() goes on */
	uint64_t clock;        /* live: of the worker; else of the newest packet counted */
	int64_t shift;         /* what makes dates of the packets being counted */
	struct flow_counters counters;
	struct sweep sweep;
	struct stage stages[STAGES];

	/* Ended records: those from outbox_first to before outbox_end wait for the worker. */
	uint32_t outbox_first, outbox_end;
	struct flow_record *outbox; /* room for FLOW_OUTBOX of record_bytes */

	struct overflow overflow;
};

static inline struct flow_cold *table_cold(const struct flow_table *table,
					   const struct flow_hot *hot)
{
	return &table->cold[hot - table->hot];
}

/* Octets of hot lines that a mark is for. Each packet sets one: the address gives it in a step. */
#define MARK_REACH (FLOW_GROUP * sizeof(struct flow_hot))

/* After a change of the record: released, so who finds the mark finds the change. */
static inline void table_mark(const struct flow_table *table, const struct flow_hot *hot)
{
	__atomic_store_n((uint8_t *)(table->mark + (uintptr_t)hot / MARK_REACH), 1,
			 __ATOMIC_RELEASE);
}

static inline uint64_t table_hash(const struct flow_table *table, uint32_t slot)
{
	struct packet_key key = table->hot[slot].key;

	key.zero = 0;
	return record_hash(&table->secret, &key, table->cold[slot].prefix);
}

static inline struct flow_record *outbox_at(const struct flow_table *table, uint32_t place)
{
	return (struct flow_record *)((uint8_t *)table->outbox + place * table->record_bytes);
}

static inline bool outbox_full(const struct flow_table *table)
{
	return table->outbox_end - table->outbox_first == FLOW_OUTBOX;
}

/*
 * End the record in use in `slot`, whose key has this hash: out of the index, its copy into the
 * outbox, the slot free. If the outbox is full the record waits in its slot. A dormant one has left
 * before: it is forgotten.
 */
void table_end(struct flow_table *table, uint32_t slot, uint64_t hash, enum flow_end reason);

/*
 * The same for a live record that is full, and whose flow goes on: that is not counted as its end.
 */
void table_end_full(struct flow_table *table, uint32_t slot, uint64_t hash);

/*
 * Move records that wait to the outbox while it has room: first thing in every call of the
 * worker that can end records, so that they leave in the order in which they ended.
 */
void table_release_waiting(struct flow_table *table);

/*
 * Make room in a table without a free slot, for a packet of this clock. False: the outbox is
 * full, and so nothing can leave.
 */
bool table_evict(struct flow_table *table, uint64_t clock);

/* End what the last slice found, and look through the next slice, as far as `clock` has come. */
void table_sweep(struct flow_table *table, uint64_t clock);

#endif
