/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/watch.h>

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_ethdev.h>

#include <weir/format.h>
#include <weir/kernel_link.h>

#include "driver.h"
#include "watch_parts.h"

#define LOOK_EVERY CLOCK_SECOND
/* A NIC that was just started needs this long for its link. */
#define LINK_WITHIN  (3 * CLOCK_SECOND)
#define FRAME_WITHIN (10 * CLOCK_SECOND)

_Static_assert(2 * WATCH_SUBJECTS_MAX <= EVENTS_REMARKS, "two remarks for each subject");

/* ---- what is there ---- */

static enum watch_sight look_at_interface(struct watch_subject *subject)
{
	struct kernel_link link;
	int result = kernel_link_read_index(subject->index, &link);

	if (result == -ENODEV)
		return WATCH_GONE;
	if (result != 0)
		return subject->sight; /* nobody knows */
	subject->fed |= link.has_xdp;
	if ((link.flags & IFF_UP) == 0)
		return WATCH_DOWN;
	if ((link.flags & IFF_RUNNING) == 0)
		return WATCH_NO_LINK;
	return subject->sockets && subject->fed && !link.has_xdp ? WATCH_NO_XDP : WATCH_CLEAR;
}

static enum watch_sight look(const struct watch *watch, struct watch_subject *subject,
			     uint64_t clock)
{
	enum watch_sight sight = subject->index != 0 ? look_at_interface(subject)
						     : watch_look_at_device(watch, subject);

	if (sight == WATCH_CLEAR)
		subject->linked = true;
	if (sight == WATCH_NO_LINK && !subject->linked && clock - watch->started < LINK_WITHIN)
		return subject->sight; /* it may come yet */
	return sight;
}

/* One that is made later under the same name is another one. */
static void look_for_another(const struct watch *watch, struct watch_subject *subject,
			     struct clock_reading now)
{
	struct kernel_link link;
	const bool another = kernel_link_read(subject->name, &link) == 0;

	if (another && !subject->another)
		events_add(watch->events, clock_date(now), EVENT_INTERFACE_ADDED, subject->name,
			   "an interface of this name is there, but is not the one that was read; "
			   "start weir again");
	subject->another = another;
}

/* ---- has anything come? ---- */

static uint64_t frames_of(struct watch *watch, const struct watch_subject *subject)
{
	uint64_t frames = 0;

	for (uint64_t left = subject->ports; left != 0; left &= left - 1) {
		struct port_counters counters;

		port_read_counters(&watch->ports[__builtin_ctzll(left)], &counters);
		frames += counters.received + counters.missed + counters.no_mbuf + counters.errors;
	}
	return frames;
}

/* That the kernel counted on the interface since the start. */
static uint64_t kernel_frames(const struct watch_subject *subject)
{
	struct kernel_link link;

	if (subject->index == 0 || kernel_link_read_index(subject->index, &link) != 0)
		return 0;
	return link.rx_packets - subject->kernel_frames;
}

static void say_quiet(struct watch *watch, struct watch_subject *subject, uint64_t date,
		      uint64_t quiet)
{
	uint64_t there = kernel_frames(subject);
	char waited[32];

	format_duration(waited, sizeof(waited), quiet);
	subject->said = true;
	if (there > 0)
		events_add(watch->events, date, EVENT_NO_FRAMES, subject->name,
			   "%" PRIu64 " frames came in %s, and none of them reached weir; try "
			   "--driver af_packet",
			   there, waited);
	else
		events_add(
			watch->events, date, EVENT_NO_FRAMES, subject->name,
			"no frame has come in %s; look at the mirror port or tap that should send",
			waited);
}

static void look_for_frames(struct watch *watch, struct watch_subject *subject,
			    struct clock_reading now)
{
	uint32_t number = 2 * (uint32_t)(subject - watch->subjects) + 1;
	uint64_t quiet = now.clock - RTE_MAX(watch->started, subject->since);

	if (frames_of(watch, subject) > 0 || (watch->filtered && kernel_frames(subject) > 0)) {
		subject->frames = true;
		if (!subject->said)
			return;
		events_add(watch->events, clock_date(now), EVENT_FIRST_FRAME, subject->name,
			   "the first frame is there");
		events_remark(watch->events, number, "%s", "");
	} else if (!subject->said && subject->sight == WATCH_CLEAR && quiet >= FRAME_WITHIN) {
		say_quiet(watch, subject, clock_date(now), quiet);
		events_remark(watch->events, number, "%s: no frame came from it since the start",
			      subject->name);
	}
}

/* ---- life ---- */

static struct watch_subject *subject_for(struct watch *watch, const struct port *port)
{
	bool kernel = port->interface[0] != '\0' && driver_traits(port->driver)->asks_kernel;
	struct watch_subject *subject;

	for (uint32_t s = 0; s < watch->subject_count; s++)
		if (kernel && watch->subjects[s].index == port->interface_index)
			return &watch->subjects[s];
	subject = &watch->subjects[watch->subject_count++];
	snprintf(subject->name, sizeof(subject->name), "%s", kernel ? port->interface : port->name);
	subject->index = kernel ? port->interface_index : 0;
	subject->sockets = port->kernel_family == AF_XDP;
	subject->since = watch->started;
	subject->kernel_frames = kernel_frames(subject);
	subject->number = port->id;
	return subject;
}

void watch_start(struct watch *watch, const struct watch_settings *settings, struct events *events,
		 struct clock_reading now)
{
	struct port *ports = settings->ports;

	*watch = (struct watch){.events = events,
				.pollers = settings->pollers,
				.ports = ports,
				.filtered = settings->filtered,
				.started = now.clock,
				.looked = now.clock - LOOK_EVERY};
	for (uint32_t p = 0; p < RTE_MIN(settings->count, (uint32_t)WATCH_SUBJECTS_MAX); p++)
		subject_for(watch, &ports[p])->ports |= UINT64_C(1) << p;
	watch_listen(watch);
}

void watch_step(struct watch *watch, struct clock_reading now)
{
	if (now.clock - watch->looked < LOOK_EVERY)
		return;
	watch->looked = now.clock;
	for (uint32_t s = 0; s < watch->subject_count; s++) {
		struct watch_subject *subject = &watch->subjects[s];
		enum watch_sight sight = subject->sight;

		if (sight != WATCH_GONE)
			sight = look(watch, subject, now.clock);
		if (sight != subject->sight)
			watch_change(watch, subject, sight, now);
		if (subject->index == 0)
			watch_mend_device(watch, subject, now);
		else if (sight == WATCH_GONE)
			look_for_another(watch, subject, now);
		if (!subject->frames && sight != WATCH_GONE)
			look_for_frames(watch, subject, now);
	}
}

bool watch_is_blind(const struct watch *watch)
{
	for (uint32_t s = 0; s < watch->subject_count; s++)
		if (watch->subjects[s].sight != WATCH_GONE || watch->subjects[s].anew)
			return false;
	return watch->subject_count > 0;
}

void watch_stop(struct watch *watch)
{
	if (watch->subject_count == 0)
		return;
	watch_listen_no_more(watch);
	watch->subject_count = 0;
}
