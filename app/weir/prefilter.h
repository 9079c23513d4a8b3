/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_PREFILTER_H
#define WEIR_APP_WEIR_PREFILTER_H

#include <stdbool.h>

#include <jansson.h>

#include <weir/error.h>
#include <weir/interface.h>
#include <weir/port.h>
#include <weir/prefilter.h>
#include <weir/snapshot.h>

#include "options.h"

/*
 * The XDP program in front of an interface's ports, from its start to its end: always in front of
 * AF_XDP, whose sockets would keep from this host what is for it; in front of AF_PACKET with
 * --prefilter. What the program counts, the sockets refuse and the workers receive must come out
 * even, so counting begins and ends while no frame is on its way. Main thread, which is the stats
 * core.
 */
struct front {
	struct prefilter_rules *rules; /* as in the file; NULL: no --prefilter */
	enum prefilter_mode mode;      /* --xdp-mode */
	struct prefilter *prefilter;   /* NULL: none is attached */
	const struct interface *interface;
	struct port *ports;
	uint32_t port_count;
	bool sockets; /* it stands in front of AF_XDP */
	bool native;
};

/* Before the EAL: read the rules, so that a wrong line is told at once. */
int front_prepare(struct front *front, const struct options *options, struct error *error);

/* For interface_attach(), which puts the program in front of AF_XDP. */
struct interface_front front_of_sockets(struct front *front);

/* When the interface has its driver: put the program in front of AF_PACKET, if there are rules. */
int front_attach(struct front *front, const struct interface *interface, struct error *error);

/* The ports are started, the workers not yet: count and hand over from now on. */
int front_start(struct front *front, struct port *ports, uint32_t count, struct error *error);

/* SIGHUP: read the rules again. A file that is wrong is told, and the rules in force stay. */
void front_reload(struct front *front, const struct options *options);

/*
 * Hand over nothing more: the program comes off. All that it handed over is in the queues then,
 * for the workers to take before they end, and its counts stay as they are. Needs no privilege.
 */
void front_stop(struct front *front);

/* Give everything back. After the ports are closed. */
void front_close(struct front *front);

/* For struct stats_settings; `front` is the context. */
void front_fill(void *front, struct snapshot *snapshot);

/* For telemetry, from the start on; NULL: no --prefilter. */
struct prefilter *front_offer(const struct front *front);

/* For the report: what rules have counted; NULL: no --prefilter, or no memory. */
json_t *front_rules(struct front *front);

#endif
