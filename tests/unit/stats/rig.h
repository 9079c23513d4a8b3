/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_STATS_RIG_H
#define WEIR_TESTS_UNIT_STATS_RIG_H

#include <pthread.h>

#include <criterion/criterion.h>

#include <weir/clock.h>
#include <kit/prng.h>
#include <weir/stats.h>
#include <weir/worker_shared.h>

/*
 * Real flow tables and rings, fed packet by packet as a worker would, and the stats core on top
 * of them. Time is what the test says.
 */

#define RIG_WORKERS 4
#define RIG_START   (UINT64_C(1700000000) * CLOCK_SECOND)

/* One packet, as it was sent: addresses as numbers (192.0.2.1 is 0xc0000201). */
struct shot {
	uint32_t source, destination;
	uint16_t source_port, destination_port;
	uint8_t protocol, tcp_flags;
	uint16_t octets; /* of the IP packet; the frame has 14 more */
	uint16_t vlan;
};

struct rig {
	struct worker_shared *workers[RIG_WORKERS];
	uint32_t worker_count;
	struct stats *stats;
	pthread_t shards[STATS_LCORES_MAX];
	uint32_t shard_count; /* that run, beside the test's own thread */
	uint64_t now;         /* the clock */
	int64_t shift;        /* the wall clock is so far from it: what somebody sets is this */
};

static inline struct clock_reading rig_clock(const struct rig *rig)
{
	return (struct clock_reading){.clock = rig->now, .shift = rig->shift};
}

struct rig_settings {
	uint32_t workers;       /* 0: 1 */
	uint32_t shards;        /* threads of the stats core; 0: 1 */
	uint32_t flow_capacity; /* 0: 1024 */
	uint32_t ended_ring;    /* places of the ring of ended records, a power of two; 0: 4096 */
	uint64_t interval;      /* 0: a second */
	uint32_t top_length;    /* 0: 20 */
	bool capture;
	uint64_t active, inactive; /* timeouts; 0: an hour */
	const struct flow_extension *extensions[FLOW_EXTENSIONS_MAX];
	void (*outlets)(void *context, struct snapshot *snapshot);
};

/* Fails the test when something cannot be made. */
struct rig *rig_open(const struct rig_settings *settings);
void rig_close(struct rig *rig);

/* The other threads of the stats core start, once consumers are there; rig_finish() ends them. */
void rig_run_shards(struct rig *rig);

/* Packets now, on the worker that the flow belongs to: counted when this returns. */
void rig_send(struct rig *rig, const struct shot *shot, uint32_t packets);

/* The same on worker `w`, as an input would that does not keep flows together. */
void rig_send_on(struct rig *rig, uint32_t w, const struct shot *shot, uint32_t packets);

/* The workers move their ended records to the rings. */
void rig_flush(struct rig *rig);

/* Time passes until closed connections have lingered, and the workers' sweeps end them. */
void rig_linger(struct rig *rig);

/* Time goes on by `ns`, records flushed, one step. */
void rig_step(struct rig *rig, uint64_t ns);

/* What a consumer has room for, whatever its context: rig_room, which the test sets. */
extern uint32_t rig_room;
uint32_t rig_room_now(void *context);

/* All flows end, all is drained, the final snapshot is made. */
void rig_finish(struct rig *rig);

/* The row of the newest snapshot's list with this key, zeroes when there is none. */
struct stats_row rig_row(struct rig *rig, enum stats_dimension dimension, enum stats_window window,
			 const struct stats_key *key);

/* A metric over all rows of a list. */
uint64_t rig_sum(struct rig *rig, enum stats_dimension dimension, enum stats_window window,
		 enum stats_metric metric);

/* Keys as the dimensions have them. */
struct stats_key key_source(uint32_t address);
struct stats_key key_destination(uint32_t address);
struct stats_key key_pair(uint32_t source, uint32_t destination);
struct stats_key key_flow(const struct shot *shot);

#endif
