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

static enum watch_sight look_at_device(const struct watch_subject *subject, const struct port *port)
{
	struct rte_eth_link link;

	if (__atomic_load_n(&subject->removal, __ATOMIC_ACQUIRE) ||
	    !rte_eth_dev_is_valid_port(port->id) || rte_eth_dev_is_removed(port->id) == 1)
		return WATCH_GONE;
	if (port->link_known && rte_eth_link_get_nowait(port->id, &link) == 0 &&
	    link.link_status == RTE_ETH_LINK_DOWN)
		return WATCH_NO_LINK;
	return WATCH_CLEAR;
}

static struct port *first_port(const struct watch *watch, const struct watch_subject *subject)
{
	return &watch->ports[__builtin_ctzll(subject->ports)];
}

static enum watch_sight look(const struct watch *watch, struct watch_subject *subject,
			     uint64_t clock)
{
	enum watch_sight sight = subject->index != 0
					 ? look_at_interface(subject)
					 : look_at_device(subject, first_port(watch, subject));

	if (sight == WATCH_CLEAR)
		subject->linked = true;
	if (sight == WATCH_NO_LINK && !subject->linked && clock - watch->started < LINK_WITHIN)
		return subject->sight; /* it may come yet */
	return sight;
}

/* ---- what is said of it ---- */

static const struct {
	enum event_kind begins, ends;
	const char *now; /* for a remark */
} sights[WATCH_SIGHTS] = {
	[WATCH_NO_XDP] = {EVENT_XDP_REMOVED, EVENT_XDP_ATTACHED, "has no XDP program"},
	[WATCH_NO_LINK] = {EVENT_LINK_DOWN, EVENT_LINK_UP, "has no link"},
	[WATCH_DOWN] = {EVENT_INTERFACE_DOWN, EVENT_INTERFACE_UP, "is down"},
};

static void say_begin(const struct watch *watch, const struct watch_subject *subject, uint64_t date)
{
	struct events *events = watch->events;
	const char *name = subject->name;

	switch (subject->sight) {
	case WATCH_NO_XDP:
		events_add(events, date, EVENT_XDP_REMOVED, name,
			   "its XDP program was taken off, so nothing comes any more; start weir "
			   "again");
		break;
	case WATCH_NO_LINK:
		events_add(events, date, EVENT_LINK_DOWN, name,
			   "no link, so nothing comes; look at the cable and the other end");
		break;
	case WATCH_DOWN:
		events_add(events, date, EVENT_INTERFACE_DOWN, name,
			   "the interface is down, so nothing comes; \"ip link set %.20s up\" "
			   "brings it "
			   "up",
			   name);
		break;
	case WATCH_GONE:
		if (subject->index != 0)
			events_add(events, date, EVENT_INTERFACE_REMOVED, name,
				   "the interface was removed, lost its driver or is in another "
				   "namespace; nothing comes any more");
		else
			events_add(events, date, EVENT_PORT_REMOVED, name,
				   "the device was removed or is losing its driver; nothing comes "
				   "any more");
		break;
	default:
		break;
	}
}

static void say_end(const struct watch *watch, const struct watch_subject *subject,
		    struct clock_reading now)
{
	char lasted[32];

	events_add(watch->events, clock_date(now), sights[subject->sight].ends, subject->name,
		   "%s after %s",
		   subject->sight == WATCH_DOWN      ? "the interface is up again"
		   : subject->sight == WATCH_NO_LINK ? "the link is up"
						     : "an XDP program is there again",
		   format_duration(lasted, sizeof(lasted), now.clock - subject->since));
}

/* What the report says of the view: as it is, or how often it was not clear. */
static void remark_sight(const struct watch *watch, const struct watch_subject *subject,
			 struct clock_reading now)
{
	uint32_t number = 2 * (uint32_t)(subject - watch->subjects);
	char from[40], to[40], lasted[32];

	format_rfc3339(from, sizeof(from), subject->blind_began + (uint64_t)now.shift);
	format_rfc3339(to, sizeof(to), clock_date(now));
	if (subject->sight == WATCH_GONE)
		events_remark(watch->events, number,
			      "%s is gone since %.19sZ; what it counted before stays",
			      subject->name, to);
	else if (subject->sight != WATCH_CLEAR)
		events_remark(watch->events, number, "%s %s since %.19sZ: nothing comes from it",
			      subject->name, sights[subject->sight].now, from);
	else
		events_remark(watch->events, number,
			      "%s was blind %u time%s, %s in all, the last from %.19sZ to %.19sZ; "
			      "nothing came from it then",
			      subject->name, subject->blind, subject->blind == 1 ? "" : "s",
			      format_duration(lasted, sizeof(lasted), subject->blind_time), from,
			      to);
}

static void change(const struct watch *watch, struct watch_subject *subject, enum watch_sight sight,
		   struct clock_reading now)
{
	if (subject->sight != WATCH_CLEAR && sight != WATCH_GONE)
		say_end(watch, subject, now);
	if (subject->sight == WATCH_CLEAR) {
		subject->blind++;
		subject->blind_began = now.clock;
	}
	if (sight == WATCH_CLEAR)
		subject->blind_time += now.clock - subject->blind_began;
	subject->sight = sight;
	subject->since = now.clock;
	say_begin(watch, subject, clock_date(now));
	remark_sight(watch, subject, now);
	if (sight == WATCH_GONE && subject->index == 0) /* registers of a device that is gone lie */
		first_port(watch, subject)->gone = true;
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

static int on_removal(uint16_t port, enum rte_eth_event_type event, void *context, void *more)
{
	struct watch_subject *subject = context;

	(void)port, (void)event, (void)more;
	__atomic_store_n(&subject->removal, true, __ATOMIC_RELEASE);
	return 0;
}

/* Somebody unbinds the driver, and waits until the device is closed. */
static void on_device(const char *name, enum rte_dev_event_type event, void *context)
{
	struct watch *watch = context;

	for (uint32_t s = 0; s < watch->subject_count && event == RTE_DEV_EVENT_REMOVE; s++)
		if (strcmp(watch->subjects[s].name, name) == 0)
			__atomic_store_n(&watch->subjects[s].removal, true, __ATOMIC_RELEASE);
}

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
	if (!kernel)
		(void)rte_eth_dev_callback_register(port->id, RTE_ETH_EVENT_INTR_RMV, on_removal,
						    subject);
	return subject;
}

void watch_start(struct watch *watch, struct port *ports, uint32_t count, bool filtered,
		 struct events *events, struct clock_reading now)
{
	*watch = (struct watch){.events = events,
				.ports = ports,
				.filtered = filtered,
				.started = now.clock,
				.looked = now.clock - LOOK_EVERY};
	for (uint32_t p = 0; p < RTE_MIN(count, (uint32_t)WATCH_SUBJECTS_MAX); p++)
		subject_for(watch, &ports[p])->ports |= UINT64_C(1) << p;
	(void)rte_dev_event_callback_register(NULL, on_device, watch);
}

void watch_step(struct watch *watch, struct clock_reading now)
{
	if (now.clock - watch->looked < LOOK_EVERY)
		return;
	watch->looked = now.clock;
	for (uint32_t s = 0; s < watch->subject_count; s++) {
		struct watch_subject *subject = &watch->subjects[s];
		enum watch_sight sight;

		if (subject->sight == WATCH_GONE)
			continue;
		sight = look(watch, subject, now.clock);
		if (sight != subject->sight)
			change(watch, subject, sight, now);
		if (!subject->frames)
			look_for_frames(watch, subject, now);
	}
}

bool watch_is_blind(const struct watch *watch)
{
	for (uint32_t s = 0; s < watch->subject_count; s++)
		if (watch->subjects[s].sight != WATCH_GONE)
			return false;
	return watch->subject_count > 0;
}

void watch_stop(struct watch *watch)
{
	if (watch->subject_count == 0)
		return;
	(void)rte_dev_event_callback_unregister(NULL, on_device, watch);
	for (uint32_t s = 0; s < watch->subject_count; s++)
		if (watch->subjects[s].index == 0 &&
		    rte_eth_dev_is_valid_port(first_port(watch, &watch->subjects[s])->id))
			(void)rte_eth_dev_callback_unregister(
				first_port(watch, &watch->subjects[s])->id, RTE_ETH_EVENT_INTR_RMV,
				on_removal, &watch->subjects[s]);
	watch->subject_count = 0;
}
