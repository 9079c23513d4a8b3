/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_HOSTILE_FLOOD_H
#define WEIR_TESTS_HOSTILE_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/flow.h>

/*
 * Far more flows than the table has records: a flood of flows of few packets, and a hundred heavy
 * flows that begin with it, through a worker's table and ring into a stats core, all in one thread.
 */

#define FLOOD_HEAVY 100

struct flood_settings {
	uint32_t capacity; /* records of the table */
	uint32_t flows;    /* of the flood */
	uint32_t packets;  /* of each of them, one after the other; 0: as 1 */
	uint16_t octets;   /* of such a packet; 0: 60 */
	uint32_t interval; /* of the stats core, in packets */
	uint32_t
		settled; /* flows that were there before: a packet each second in turn, both ways */
};

struct flood_result {
	/* what was sent */
	uint64_t packets, octets;
	uint64_t heavy_sent[FLOOD_HEAVY]; /* octets of each heavy flow */
	/* what all ended records say */
	uint64_t ended_packets, ended_octets, ended[FLOW_ENDS];
	uint64_t heavy_recorded[FLOOD_HEAVY];
	uint64_t settled_cut; /* records of the settled flows that ended to make room */
	struct flow_counters counters;
	/* what the stats core's list of flows says: by octets, all the time */
	bool exact;
	uint32_t heavy_listed;     /* heavy flows among the FLOOD_HEAVY rows */
	uint32_t outside_of_bound; /* ... whose sum and error do not enclose what was sent */
	uint64_t error;            /* octets: how much a sum may be low */
	double ns_a_packet;        /* table and stats core together */
};

/* False: no memory. */
bool flood_run(const struct flood_settings *settings, struct flood_result *result);

#endif
