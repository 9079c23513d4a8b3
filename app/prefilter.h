/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_PREFILTER_H
#define WEIR_APP_PREFILTER_H

#include <stdbool.h>

#include <jansson.h>

#include <weir/error.h>
#include <weir/interface.h>
#include <weir/port.h>
#include <weir/prefilter.h>
#include <weir/snapshot.h>
#include <weir/telemetry.h>

#include "options.h"

/*
 * --prefilter: the XDP program in front of an interface's ports, from its start to its end.
 * What the program counts, the sockets refuse and the workers receive must come out even, so
 * counting begins and ends while no frame is on its way. Main thread, which is the stats core.
 */
struct front {
	struct prefilter_rules *rules; /* as in the file; NULL: no --prefilter */
	struct prefilter *prefilter;   /* NULL: not attached */
	struct prefilter_change *prepared; /* the rules, until the start */
	const struct interface *interface;
	struct port *ports;
	uint32_t port_count;
	bool native;
	/* counted before the start: it is not this run's */
	struct prefilter_totals before;
	struct telemetry_prefilter offer;
	uint64_t refused_before;
};

/* Before the EAL: read the rules, so that a wrong line is told at once. */
int front_prepare(struct front *front, const struct options *options, struct error *error);

/* Attach to the interface, before its ports are opened: their sockets look for the program. */
int front_attach(struct front *front, const struct options *options,
		 const struct interface *interface, struct error *error);

/* Each of the interface's ports, when it is open: no frame comes to it before the start. */
void front_hold(const struct front *front, uint16_t queue);

/* The ports are started, the workers not yet: count and hand over from now on. */
int front_start(struct front *front, struct port *ports, uint32_t count, struct error *error);

/* SIGHUP: read the rules again. A file that is wrong is told, and the rules in force stay. */
void front_reload(struct front *front, const struct options *options);

/*
 * Hand over nothing more: the program comes off. All that it handed over is in the queues then,
 * for the workers to take before they end, and its counts stay as they are.
 */
void front_stop(struct front *front);

/* Give everything back. After the ports are closed. */
void front_close(struct front *front);

/* For struct stats_settings; `front` is the context. */
void front_fill(void *front, struct snapshot *snapshot);

/* For telemetry, from the start on; NULL: no --prefilter. */
const struct telemetry_prefilter *front_offer(const struct front *front);

/* For the report: what rules have counted; NULL: no --prefilter, or no memory. */
json_t *front_rules(struct front *front);

#endif
