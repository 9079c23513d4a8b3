/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FRONT_H
#define WEIR_FRONT_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/error.h>
#include <weir/port.h>
#include <weir/prefilter.h>

/*
 * The XDP program in front of an interface's ports: always in front of AF_XDP, whose sockets would
 * keep from this host what is for it; in front of AF_PACKET if there are rules. Main thread.
 */
struct front {
	const char *path;              /* of the rules; NULL: none */
	enum prefilter_mode mode;      /* wanted */
	struct prefilter_rules *rules; /* as in the file; NULL: none */
	struct prefilter *prefilter;   /* NULL: none is attached */
	bool sockets;                  /* it stands in front of AF_XDP */
	bool native;                   /* as it is run */
};

/* Read the rules (`path` NULL: none). Needs no EAL. 0 or negative errno with the line. */
int front_prepare(struct front *front, const char *path, enum prefilter_mode mode,
		  struct error *error);

/* Its rules pass frames to this host; AF_PACKET would see them all the same. */
bool front_passes(const struct front *front);

/*
 * Put the program on interface `index`, called `name`. It passes every frame to the kernel until
 * front_count(). `queues`: of TO_SOCKETS. On failure, which may be a reason against AF_XDP, nothing
 * is attached.
 */
int front_attach(struct front *front, const char *name, unsigned int index,
		 enum prefilter_target target, uint16_t queues, struct error *error);

/*
 * The ports are started, nobody polls them yet: throw away what they have received, and begin to
 * count and hand over, while no frame is on its way. Port i has RX queue i of the interface, if the
 * program hands frames to sockets.
 */
int front_count(struct front *front, struct port *ports, uint32_t count, struct error *error);

/*
 * Hand over nothing more. All that it handed over is in the queues then, for the workers to take
 * before they end, and its counts stay as they are. Then take the program off. Neither needs a
 * privilege.
 */
void front_quiet(struct front *front);
void front_detach(struct front *front);

/* As it was before front_attach(). */
void front_remove(struct front *front);

/* Read the rules again. A file that is wrong is told, and the rules in force stay. */
void front_reload(struct front *front);

/* What clients may change and ask for: the program with rules; NULL: there are none. */
struct prefilter *front_offer(const struct front *front);

/* Give everything back. After the ports are closed. */
void front_close(struct front *front);

#endif
