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
 * a reader of the report must know a remark. A device that is unplugged is given back, and taken
 * again when it is there again; one whose driver asks for it is reset. Stats thread, off the data
 * path.
 */

#define WATCH_SUBJECTS_MAX 64 /* twice as many remarks: EVENTS_REMARKS */

/* What hinders the view, from nothing to all. */
enum watch_sight {
	WATCH_CLEAR,
	WATCH_NO_XDP,
	WATCH_NO_LINK,
	WATCH_DOWN,
	WATCH_RECOVERING, /* from here on devices alone, which are not asked for anything */
	WATCH_RESETTING,
	WATCH_GONE, /* or an interface */
	WATCH_SIGHTS
};

/* What bus and driver have said of a device, and nobody has looked at yet; atomic. */
struct watch_told {
	bool removed, added, reset, recovers;
	uint32_t recoveries; /* begun since the start */
};

/* Who polls the ports, and leaves one alone whose device goes. */
struct watch_pollers {
	/* True: nobody polls `port` any more; false: somebody may still, ask again. */
	bool (*let_go)(void *context, uint16_t port);
	/* Poll it again, though it is port `id` of ethdev by now. */
	void (*take_up)(void *context, uint16_t port, uint16_t id);
	void *context;
};

struct watch_settings {
	struct port *ports;
	uint32_t count;
	bool filtered;                /* something in front of weir may take all frames */
	struct watch_pollers pollers; /* all NULL: nobody polls */
};

/* A kernel interface, however many ports it is, or a port of a device. */
struct watch_subject {
	char name[64];
	unsigned int index; /* the kernel's; 0: a device of DPDK's own */
	bool sockets;       /* AF_XDP's */
	uint64_t ports;     /* one bit each, of watch->ports */
	uint16_t number;    /* of a device's port: its id at the start, as pollers know it */
	struct watch_told told;
	enum watch_sight sight;
	uint64_t since; /* clock: when that began */
	/* clock: since when it is an event that has not ended; 0: it is none */
	uint64_t told_since[WATCH_SIGHTS];
	bool linked, fed;       /* there was a link once, an XDP program */
	uint32_t blind;         /* how often it was */
	uint64_t blind_time;    /* in all, without the present one */
	uint64_t blind_began;   /* the last time; 0: never */
	bool frames, said;      /* one came; that none did was said */
	uint64_t kernel_frames; /* that the interface had counted at the start */
	uint32_t recoveries;    /* told, as far as they are events */
	bool left;              /* the device was given back */
	bool anew;              /* its reset failed: at the next look it is taken again */
	bool failed;            /* it was said that it could not be taken again */
	uint64_t try_again;     /* clock: not before */
	bool another;           /* so it was of another interface of this name */
};

struct watch {
	struct events *events;
	struct watch_pollers pollers;
	struct port *ports;
	bool filtered, monitors; /* ... the kernel's uevents */
	uint64_t started, looked;
	uint32_t subject_count;
	struct watch_subject subjects[WATCH_SUBJECTS_MAX];
};

/* Begin, when the ports have started; `watch` stays where it is, as do the ports and `events`. */
void watch_start(struct watch *watch, const struct watch_settings *settings, struct events *events,
		 struct clock_reading now);

/* Look, if a second has passed since the last time. */
void watch_step(struct watch *watch, struct clock_reading now);

/* All that there was to see is gone for good. */
bool watch_is_blind(const struct watch *watch);

/* Before the ports are closed. Again and again does nothing. */
void watch_stop(struct watch *watch);

#endif
