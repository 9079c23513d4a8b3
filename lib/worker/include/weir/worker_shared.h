/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WORKER_SHARED_H
#define WEIR_WORKER_SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ring.h>

#include <weir/clock.h>
#include <weir/flow.h>
#include <weir/packet.h>

/*
 * What a worker shares with the stats core, and nothing else is: its counters and what overflowed
 * (the worker writes, one seqlock), its flow table (flow_table_read()), and the ring of ended
 * records (worker puts, stats core takes). Needs no EAL.
 */

/* RMON size classes of a frame with FCS: 64, 65..127, ..511, ..1023, ..1518, larger. */
#define SIZE_CLASSES 7
extern const uint32_t size_class_upto[SIZE_CLASSES]; /* 64, 127, 255, 511, 1023, 1518, UINT32_MAX */

/*
 * All counts since start. `received` is counted as frames arrive, `reasons` as verdicts fall,
 * and both are published together: they must agree in every copy.
 */
struct worker_counters {
	uint64_t received;                /* frames with a verdict, whatever it is */
	uint64_t reasons[PACKET_REASONS]; /* verdicts by reason */
	/* frames that passed the filter: */
	uint64_t frame_octets;            /* sum of frame lengths without FCS */
	uint64_t sizes[SIZE_CLASSES];     /* frames by length with FCS */
	uint64_t size_min, size_max;      /* length with FCS; 0: no frame yet */
	struct clock_reading first, last; /* of packets, the earliest and latest by the clock */
	uint64_t ip_checksum_bad, l4_checksum_bad; /* as the NIC says */
	/* of all frames, filtered ones too: */
	uint64_t stamps_ignored;  /* times of a NIC more than a second from the wall clock */
	uint64_t filtered_octets; /* frame lengths of filtered frames */
	struct flow_counters flows;
	/* the worker itself: */
	uint64_t cycles_total, cycles_busy; /* since start; busy: polls that found packets */
	uint64_t polls, polls_empty;
	uint64_t records_waiting; /* times the ring of ended records had no room */
};

struct worker_shared {
	/* The worker writes, the stats core reads: */
	/* of `counters`, and of the sums of what overflowed in `table` */
	uint32_t sequence __attribute__((aligned(64)));
	struct worker_counters counters;
	bool done; /* atomic: the worker has left its loop, all is published */
	/* Set before the worker starts: */
	unsigned int index;       /* 0..workers-1 */
	struct flow_table *table; /* owned */
	struct rte_ring *ended;   /* of struct flow_record by value, SPSC; owned */
	uint32_t ended_capacity;
	size_t ended_bytes; /* memory behind `ended` */
};

/* Make the table and a ring for `ended_capacity` - 1 records (a power of two, by value). 0,
 * -ENOMEM. */
int worker_shared_init(struct worker_shared *shared, unsigned int index,
		       const struct flow_settings *settings, uint32_t ended_capacity);
void worker_shared_release(struct worker_shared *shared);

/* Take every page now. From the worker's lcore, whose node they then belong to. */
void worker_shared_prefault(struct worker_shared *shared);

/* Worker: move the outbox to the ring. False: the ring had no room for all of it. */
bool worker_shared_flush(struct worker_shared *shared);

/* Stats core: take up to `count` ended records in the order in which they ended. */
uint32_t worker_shared_take(struct worker_shared *shared, struct flow_record *records,
			    uint32_t count);

/* Worker: show these counters, and what overflowed in the packets that they count. */
void worker_shared_publish(struct worker_shared *shared, const struct worker_counters *counters);

/* Any thread: a whole copy of the counters, whenever a worker without its CPU gets round to it. */
void worker_shared_counters(const struct worker_shared *shared, struct worker_counters *copy);

/*
 * Any thread: a whole copy of both, of one moment; `sums` is left alone while nothing overflowed.
 * False: the worker was in the midst of publishing for some 20 ms, and the copies are torn.
 */
bool worker_shared_read(const struct worker_shared *shared, struct worker_counters *copy,
			struct flow_overflow_sums *sums);

#endif
