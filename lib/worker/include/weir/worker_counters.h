/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WORKER_COUNTERS_H
#define WEIR_WORKER_COUNTERS_H

#include <stdint.h>

#include <weir/clock.h>
#include <weir/flow.h>
#include <weir/packet.h>

/* What a worker counts, as plain data. Needs no DPDK. */

/* RMON size classes of a frame with FCS, X(number, octets up to which), and one of larger ones. */
#define SIZE_CLASS_LIST(X) X(0, 64) X(1, 127) X(2, 255) X(3, 511) X(4, 1023) X(5, 1518)
#define SIZE_CLASSES       7
extern const uint32_t size_class_upto[SIZE_CLASSES]; /* UINT32_MAX of the last */

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

#endif
