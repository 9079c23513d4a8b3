/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_SOURCE_H
#define WEIR_APP_WEIR_SOURCE_H

#include <weir/error.h>
#include <weir/interface.h>
#include <weir/port.h>
#include <weir/reader.h>
#include <weir/snapshot.h>
#include <weir/worker.h>

#include "options.h"
#include "prefilter.h"

/*
 * Where packets come from, whatever it is: in the end a set of opened ports, and for each
 * worker the queues that it polls. Main thread.
 */
struct source {
	struct port_fields fields;
	struct port ports[SNAPSHOT_PORTS_MAX];
	uint32_t port_count;
	struct reader *reader;      /* captures only, else NULL */
	struct interface interface; /* --interface only: port_count 0 otherwise */
	struct front front;         /* the XDP program in front of the interface */
	struct keeper keeper;       /* --interface only, else without a process */
	uint16_t worker_count;
	bool placed_by_hand; /* --config */
	bool trust_time;     /* a port replays a capture: its times are right */
	bool handed_frames;  /* see struct worker */
};

/*
 * Before the EAL: open captures and read rules, so that a wrong file is told at once; start the
 * keeper, which is to be there before all threads.
 */
int source_prepare(struct source *source, const struct options *options, struct error *error);

/* How many workers there can be before the EAL is asked: for making its arguments. */
uint16_t source_workers_wanted(const struct options *options);

/*
 * After the EAL: make and open the ports, decide how many workers there are, and place queues and
 * lcores into `workers` (room for SNAPSHOT_WORKERS_MAX).
 */
int source_open(struct source *source, const struct options *options, struct worker *workers,
		struct error *error);

/* Where all queues of the worker have a socket that tells of frames, it may sleep until then. */
void source_rest(const struct source *source, struct worker *worker);

/* Let packets come: from ports, and then from captures, whose thread takes no signals. */
int source_start(struct source *source, struct error *error);
int source_read(struct source *source, struct error *error);

/* After the start: may the packets of one flow meet several workers? */
bool source_may_split(const struct source *source);

/* No more packets; the counters stay readable. Workers have left their loops. */
void source_stop(struct source *source);

/* Give everything back. */
void source_close(struct source *source);

#endif
