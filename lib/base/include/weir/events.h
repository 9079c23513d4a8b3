/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EVENTS_H
#define WEIR_EVENTS_H

#include <pthread.h>
#include <stdint.h>

#include <weir/log.h>

/*
 * What happens to the ports while weir runs: a list of events, of which the newest are kept, and
 * sentences that stand in reports for as long as they are so. Any thread but a worker: a lock is
 * held for as long as it takes to copy.
 */

#define EVENTS_KEPT    1024
#define EVENTS_REMARKS 128

enum event_kind {
	EVENT_INTERFACE_DOWN, /* somebody set it down, and up again */
	EVENT_INTERFACE_UP,
	EVENT_INTERFACE_REMOVED,
	EVENT_INTERFACE_ADDED, /* another one, of the same name */
	EVENT_LINK_DOWN,       /* no carrier */
	EVENT_LINK_UP,
	EVENT_PORT_REMOVED, /* DPDK's device is gone, or its driver is being unbound */
	EVENT_PORT_ADDED,
	EVENT_PORT_RESET,      /* its driver asks for one */
	EVENT_PORT_RECOVERING, /* its driver mends it */
	EVENT_PORT_RECOVERED,
	EVENT_PORT_FAILED, /* it cannot be reset, or taken again */
	EVENT_XDP_REMOVED, /* the program that feeds AF_XDP sockets was taken off */
	EVENT_XDP_ATTACHED,
	EVENT_NO_FRAMES, /* none since the start */
	EVENT_FIRST_FRAME,
	EVENT_KINDS
};

/* "interface_down", ..., and how loud the log says it. */
struct event_kind_traits {
	const char *name;
	enum log_level level;
};
extern const struct event_kind_traits event_kinds[EVENT_KINDS];

struct event {
	uint64_t id;   /* 1, 2, ... */
	uint64_t time; /* a date, as the wall clock stood then */
	enum event_kind kind;
	char port[64];
	char text[128]; /* what a string of rte_telemetry has room for */
};

/* All zero but for the lock, see events_init(); memory is touched as it is used. */
struct events {
	pthread_mutex_t lock;
	uint64_t added;
	struct event ring[EVENTS_KEPT];
	char remarks[EVENTS_REMARKS][256];
};

void events_init(struct events *events);

/* Add one, and log it as "port: text". */
void events_add(struct events *events, uint64_t date, enum event_kind kind, const char *port,
		const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * The newest first: up to `count` of them, without the newest `skip`. Returns how many; `*added` is
 * how many there ever were. The oldest beyond EVENTS_KEPT are lost.
 */
uint32_t events_newest(struct events *events, uint64_t skip, uint32_t count, struct event *copies,
		       uint64_t *added);

/* From now on remark `number` (below EVENTS_REMARKS) says so; "" takes it back. */
void events_remark(struct events *events, uint32_t number, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Call `each` for every remark there is, in their order, with the lock held. */
void events_each_remark(struct events *events, void (*each)(void *context, const char *text),
			void *context);

#endif
