/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WATCH_H
#define WEIR_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/clock.h>
#include <weir/events.h>
#include <weir/port.h>

/*
 * Does weir see anything? Once a second the watch looks whether what the ports stand for is there,
 * up and has a link, and whether any frame came since the start. What changes is an event, and what
 * a reader of the report must know a remark. Stats thread, off the data path.
 */

#define WATCH_SUBJECTS_MAX 64 /* twice as many remarks: EVENTS_REMARKS */

/* What hinders the view, from nothing to all. */
enum watch_sight { WATCH_CLEAR, WATCH_NO_XDP, WATCH_NO_LINK, WATCH_DOWN, WATCH_GONE, WATCH_SIGHTS };

/* A kernel interface, however many ports it is, or a port of a device. */
struct watch_subject {
	char name[64];
	unsigned int index; /* the kernel's; 0: a device of DPDK's own */
	bool sockets;       /* AF_XDP's */
	uint64_t ports;     /* one bit each, of watch->ports */
	bool removal;       /* atomic: its driver says that it is going */
	enum watch_sight sight;
	uint64_t since;         /* clock: when that began */
	bool linked, fed;       /* there was a link once, an XDP program */
	uint32_t blind;         /* how often it was */
	uint64_t blind_time;    /* in all, without the present one */
	uint64_t blind_began;   /* the last time; 0: never */
	bool frames, said;      /* one came; that none did was said */
	uint64_t kernel_frames; /* that the interface had counted at the start */
};

struct watch {
	struct events *events;
	struct port *ports;
	bool filtered; /* something in front of weir may take all frames */
	uint64_t started, looked;
	uint32_t subject_count;
	struct watch_subject subjects[WATCH_SUBJECTS_MAX];
};

/* Begin, when the ports have started; `watch` stays where it is, as do the ports and `events`. */
void watch_start(struct watch *watch, struct port *ports, uint32_t count, bool filtered,
		 struct events *events, struct clock_reading now);

/* Look, if a second has passed since the last time. */
void watch_step(struct watch *watch, struct clock_reading now);

/* All that there was to see is gone for good. */
bool watch_is_blind(const struct watch *watch);

/* Before the ports are closed. Again and again does nothing. */
void watch_stop(struct watch *watch);

#endif
