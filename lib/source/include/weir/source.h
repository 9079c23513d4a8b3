/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SOURCE_H
#define WEIR_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/error.h>
#include <weir/front.h>
#include <weir/interface.h>
#include <weir/keeper.h>
#include <weir/limits.h>
#include <weir/options.h>
#include <weir/plan.h>
#include <weir/port.h>
#include <weir/reader.h>

/*
 * Where packets come from: captures, a kernel interface or DPDK ports. In the end it is a set of
 * opened ports, and a plan that says which worker polls which of their queues. Main thread, if
 * nothing else is said.
 */

enum source_kind {
	SOURCE_CAPTURES,  /* files that the reader reads */
	SOURCE_INTERFACE, /* of the kernel, by AF_XDP or AF_PACKET */
	SOURCE_PORTS      /* all that the EAL finds */
};

struct source_settings {
	enum source_kind kind;
	uint16_t workers; /* wanted; 0: one, for SOURCE_PORTS as many as possible */
	unsigned int stats_lcores[STATS_LCORES_MAX]; /* taken: no worker gets one of these */
	unsigned int stats_lcore_count;
	/* SOURCE_CAPTURES: */
	struct option_list captures; /* paths, "-": standard input */
	/* SOURCE_INTERFACE: */
	const char *interface;
	enum interface_driver driver;
	bool outgoing;                /* also what this host sends */
	const char *prefilter;        /* file of rules; NULL: none */
	enum prefilter_mode xdp_mode; /* how they are run */
	/* SOURCE_PORTS: */
	struct plan_place places[PLAN_PLACES_MAX]; /* by hand, without `workers` */
	unsigned int place_count;                  /* 0: in turn */
	/* SOURCE_INTERFACE and SOURCE_PORTS: */
	bool nic_timestamps; /* see struct port_settings */
};

struct source {
	const struct source_settings *settings;
	struct port_fields fields;
	struct port ports[PORTS_MAX];
	uint32_t port_count;
	struct reader *reader;      /* SOURCE_CAPTURES, else NULL */
	struct interface interface; /* SOURCE_INTERFACE: port_count 0 otherwise */
	struct front front;         /* ... the XDP program in front of it */
	struct keeper keeper;       /* ... else without a process */
	bool trust_time;            /* a port replays a capture: its times are right */
	bool handed_frames;         /* another core has filled the mbufs */
};

/*
 * Before the EAL: open captures and read rules, so that a wrong file is told at once; start the
 * keeper, which is to be there before all threads. `settings` stays as it is until
 * source_close(), which is to be called also when source_open() fails.
 */
int source_prepare(struct source *source, const struct source_settings *settings,
		   struct error *error);

/*
 * How many workers there can be before the EAL is asked, and how many lcores beside the main one:
 * for making its arguments.
 */
uint16_t source_workers_wanted(const struct source_settings *settings);
uint16_t source_lcores_wanted(const struct source_settings *settings);

/* After the EAL: make and open the ports, and plan who polls them. */
int source_open(struct source *source, struct plan *plan, struct error *error);

/* port_queue_socket() of a queue in the plan. */
int source_queue_socket(const struct source *source, const struct plan_queue *queue);

/*
 * Let packets come: from ports, whose counts begin together with those of a program in front; and
 * then from captures, whose thread takes no signals.
 */
int source_start(struct source *source, struct error *error);
int source_read(struct source *source, struct error *error);

/* After the start: may the packets of one flow meet several workers? */
bool source_may_split(const struct source *source, const struct plan *plan);

/*
 * Workers still poll: a program in front hands over nothing more, and comes off. What it handed
 * over is in the queues.
 */
void source_end_front(struct source *source);

/* No more packets; the counters stay readable. Workers have left their loops. */
void source_stop(struct source *source);

/* Give everything back. */
void source_close(struct source *source);

#endif
