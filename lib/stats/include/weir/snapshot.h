/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SNAPSHOT_H
#define WEIR_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/clock.h>
#include <weir/dimensions.h>
#include <weir/flow.h>
#include <weir/limits.h>
#include <weir/outlet_ledger.h>
#include <weir/packet.h>
#include <weir/port_counters.h>
#include <weir/worker_counters.h>

/*
 * Everything weir says about the traffic at one instant. Made by the stats core once per
 * interval, immutable afterwards; the report and the telemetry callbacks read nothing else. Plain
 * data: needs no DPDK.
 *
 * Lengths of time are by the clock that never steps. Dates (ns since 1970) are reckoned from it by
 * the wall clock as it stood when the snapshot was made, those of the past too: when somebody sets
 * the wall clock all of them move with it, and keep their distances.
 */

/*
 * What a row is about; only the members of its dimension are set, the others are 0. For all
 * dimensions but the flow, "source" is who sent the packets counted: packets of both
 * directions of a biflow count, each for its own sender. A flow is one row, source being the sender
 * of the first packet of its earliest record counted (a conversation that was idle, or
 * closed and begun anew, has several). A port's row is of one protocol: tcp/443, udp/443.
 */
struct stats_key {
	uint8_t version; /* 4 or 6; 0 where the dimension has no address */
	uint8_t protocol;
	uint16_t vlan;
	uint16_t source_port, destination_port; /* host order */
	uint8_t source[16], destination[16];    /* IPv4 in the first 4 bytes */
};

struct stats_row {
	struct stats_key key;
	/* octets (IP), packets, and flow records first counted for this key in the window */
	uint64_t metrics[STATS_METRICS];
};

/* The largest rows of one dimension, by one metric, over one window. */
struct stats_top {
	uint32_t shown; /* rows */
	uint32_t keys;  /* distinct keys known; a lower bound unless exact */
	bool exact;     /* all sums exact; else each may be low by up to `error` */
	uint64_t error[STATS_METRICS];
	const struct stats_row *rows; /* into the snapshot */
};

/* Rates over a stretch of time, of frames that passed the filter. */
struct stats_rates {
	uint64_t packets_per_second;
	uint64_t l2_bits_per_second; /* frames without FCS */
	uint64_t ip_bits_per_second; /* IP octets */
	uint64_t flows_per_second;   /* made */
};

/* One second (or interval, when longer) of history. */
struct stats_history {
	uint64_t time;                                     /* its end, a date */
	uint64_t duration;                                 /* ns */
	uint64_t packets, frame_octets, ip_octets, missed; /* packets: that passed the filter */
	uint64_t flows;                                    /* made */
	uint64_t received, lost; /* frames: that came, and that were missed or found no mbuf */
};
#define STATS_HISTORY_MAX 3600

/*
 * Throughput of a capture over its own time, by its clock: there at its end. Stretches without
 * frames are left out, so that a gap of years takes no room; with these gaps, too, there are no
 * more than STATS_OVER_TIME_MAX.
 */
#define STATS_OVER_TIME_MAX 40
struct stats_over_time {
	bool present;
	uint64_t width; /* of each stretch, ns; they begin at multiples of it */
	uint32_t count;
	struct stats_history stretches[STATS_OVER_TIME_MAX]; /* oldest first; `lost` is 0 */
	/*
	 * Of all seconds from the first to the last, also those without frames (`second` is longer
	 * where a capture has frames in more seconds than are kept): for each rate the highest,
	 * when that began, and what 95% of the seconds did not exceed.
	 */
	uint64_t second; /* ns */
	struct stats_rates peak, p95;
	struct stats_rates peak_begin; /* dates: of each rate of `peak` */
};

/* Of what an entry counts, over the time that it covers. */
static inline struct stats_rates stats_history_rates(const struct stats_history *entry)
{
	uint64_t ns = entry->duration;

	return (struct stats_rates){
		.packets_per_second = clock_per_second(entry->packets, ns),
		.l2_bits_per_second = clock_per_second(entry->frame_octets * 8, ns),
		.ip_bits_per_second = clock_per_second(entry->ip_octets * 8, ns),
		.flows_per_second = clock_per_second(entry->flows, ns),
	};
}

/* Flows of which several workers had a piece, made one record again (lib/stats/split.h). */
struct snapshot_split {
	bool possible;    /* nothing keeps a flow's packets on one worker */
	uint64_t records; /* given to the consumers of ended records */
	uint64_t merged;  /* of these, made of several pieces */
	uint64_t pieces;  /* ended records that those were made of */
	uint64_t early;   /* left before their time, for lack of room: a piece may be missing */
	uint64_t waiting; /* for other pieces, now */
};

/* The packets of the bucket `overflow`, which are in no record; the sums are exact. */
struct snapshot_overflow {
	struct flow_overflow_sum protocols[FLOW_OVERFLOW_PROTOCOLS];
	struct flow_overflow_network networks[FLOW_OVERFLOW_NETWORKS]; /* largest first */
	uint32_t network_count;
	struct flow_overflow_sum other;
};

struct snapshot_worker {
	struct worker_counters counters;
	unsigned int lcore;
	uint32_t table_capacity;
	/* Over the last interval; in the final snapshot since the start. */
	uint64_t cycles_per_packet; /* busy cycles / packets */
	double busy;                /* share of the cycles, 0..1 */
	/*
	 * Ended records that the stats core had not taken yet as the interval ended: many of them,
	 * and it is behind. And the longest time that it left them alone in that interval, ns.
	 */
	uint64_t ring_records, ring_pause;
	unsigned int stats_lcore; /* that takes them */
};

/* When frames were lost, in steps of intervals; all 0: none was. */
struct stats_loss {
	uint64_t first; /* begin of the first interval with loss, a date */
	uint64_t last;  /* end of the last one */
	uint64_t time;  /* length of all of them, ns */
};

struct snapshot_port {
	char name[64], driver[32];
	enum port_symmetry symmetry;
	struct port_counters counters;
	struct stats_loss loss; /* of missed and no_mbuf */
	/* of missed, as far as the driver tells it by queue: */
	struct stats_loss queue_loss[PORT_QUEUES_MAX];
};

/*
 * What the XDP program in front of a kernel interface decided. Once nothing is on its way:
 *
 *	seen = analysed + passed + dropped + limited + sampled_out + xsk_full
 *	analysed = received + missed + in_flight
 *
 * A frame is counted by the prefilter first and by a worker last, and the counters are read in
 * the other order: so in_flight never falls below 0.
 */
struct snapshot_prefilter {
	bool present;  /* else all of it is 0 */
	bool rules;    /* it has some, --prefilter: else only the ledger tells of it */
	bool sockets;  /* frames go to AF_XDP sockets, else to AF_PACKET */
	bool native;   /* run by the driver, else by the kernel behind it (generic) */
	bool attached; /* the interface is there */
	uint64_t seen, analysed, passed, dropped, limited, sampled_out;
	uint64_t xsk_full;  /* to be analysed, but the socket had no room or no buffer */
	uint64_t no_socket; /* among passed: to be analysed, but the queue had no socket */
	uint64_t host;      /* among passed: to be analysed, but for this host */
	uint64_t received;  /* by the workers */
	uint64_t missed;    /* lost between prefilter and weir: AF_PACKET's ring was full */
	uint64_t in_flight; /* analysed, but not yet received; 0 when the run is over */
	uint64_t merged;    /* AF_PACKET, at the end: made one frame with others by the kernel */
	uint64_t analysed_octets, passed_octets, dropped_octets, limited_octets;
	uint64_t sampled_out_octets;
	bool balanced;
	bool sampling;         /* some rule samples or did: what weir counts is a sample */
	uint32_t sample_every; /* all IP packets analysed in the run stand for so many; 0: they
				* differ */
};

#define SNAPSHOT_OUTLETS_MAX 128

/* What a window came to hold: whole seconds (or intervals), as many as come nearest to its name. */
struct snapshot_window {
	uint64_t time;             /* that it covers, ns; less than its name says at the start */
	uint32_t entries;          /* of the history, older than the newest */
	uint32_t missed_share_ppm; /* frames that never came, of a million that might have */
};

struct snapshot {
	uint64_t number;      /* 1, 2, ... */
	uint64_t clock;       /* when it was made, by the clock */
	uint64_t time;        /* when it was made, a date; so are the next three */
	uint64_t started;     /* when weir started to receive */
	uint64_t first, last; /* packet times, once size_packets > 0 */
	uint64_t interval;    /* ns between snapshots, when nothing holds the stats core up */
	double seconds;       /* captures: first to last, by their clock; live: since start */
	bool final;           /* nothing comes after it: all flows have ended */

	/* the ledger: sums over workers, each worker's part from one instant */
	uint64_t received;
	uint64_t buckets[PACKET_BUCKETS];
	uint64_t reasons[PACKET_REASONS];
	bool balanced;                        /* received = sum of buckets, in every worker */
	uint64_t missed, no_mbuf, nic_errors; /* sums over ports */
	uint64_t missed_by_capture;           /* what captures say they lost; at their end */
	uint64_t fragments;                   /* frames that were fragments, first or later */

	uint32_t sample; /* of so many frames one was drawn to be analysed; 0, 1: all are */

	uint64_t frame_octets; /* of frames that passed the filter, without FCS */
	uint64_t ip_octets;    /* of flow and overflow */
	uint64_t sizes[SIZE_CLASSES];
	uint64_t size_packets;       /* these frames: received - sampled - filtered */
	uint64_t size_min, size_max; /* with FCS */

	struct stats_rates now;     /* over the last interval */
	struct stats_rates average; /* over `seconds` */
	struct stats_history history[STATS_HISTORY_MAX];
	uint32_t history_count; /* newest last */
	struct stats_over_time over_time;

	struct flow_counters flows;
	uint64_t flows_active;
	/* Times that the walk for the top lists found a live record in change for milliseconds:
	 * what came to it counts a walk later. */
	uint64_t unread;
	struct snapshot_split split;
	struct snapshot_overflow overflow;

	struct snapshot_window windows[STATS_WINDOWS];
	struct stats_top top[STATS_DIMENSIONS][STATS_METRICS][STATS_WINDOWS];
	/* All that the lists of the whole time were made of, with what is in no row: read as they
	 * were, so a little later than the counters of the ledger. */
	uint64_t top_counted[STATS_METRICS];
	bool top_pending;    /* a capture is still being read: the lists are empty until its end */
	uint32_t top_length; /* most rows a list can have */
	/*
	 * Distinct keys up to which `now` and `total` are exact; and per interval, up to which 10s
	 * and 60s are. An address or port is one key as source and destination, a pair both ways.
	 */
	uint32_t top_capacity, top_window_capacity;

	struct snapshot_worker workers[WORKERS_MAX];
	uint32_t worker_count;
	struct snapshot_port ports[PORTS_MAX];
	uint32_t port_count;
	struct snapshot_prefilter prefilter;
	struct outlet_ledger outlets[SNAPSHOT_OUTLETS_MAX];
	uint32_t outlet_count;
};

/*
 * For how many frames each that was analysed stands, as an estimate: by the worker's draw, and that
 * of a prefilter's rules. 1: for itself; 0: rules differ, and there is no one rate.
 */
static inline uint64_t snapshot_one_in(const struct snapshot *snapshot)
{
	const struct snapshot_prefilter *prefilter = &snapshot->prefilter;
	const uint64_t drawn = snapshot->sample > 1 ? snapshot->sample : 1;

	return prefilter->sampling ? drawn * prefilter->sample_every : drawn;
}

#endif
