/* SPDX-License-Identifier: BSD-3-Clause */
#include "watch_parts.h"

#include <stdio.h>
#include <string.h>

#include <weir/format.h>

static const struct {
	enum event_kind begins, ends; /* of a device, if both can be */
	const char *now, *over;       /* for a remark, for the event that ends it */
} sights[WATCH_SIGHTS] = {
	[WATCH_NO_XDP] = {EVENT_XDP_REMOVED, EVENT_XDP_ATTACHED, "has no XDP program",
			  "an XDP program is there again"},
	[WATCH_NO_LINK] = {EVENT_LINK_DOWN, EVENT_LINK_UP, "has no link", "the link is up"},
	[WATCH_DOWN] = {EVENT_INTERFACE_DOWN, EVENT_INTERFACE_UP, "is down",
			"the interface is up again"},
	[WATCH_RECOVERING] = {EVENT_PORT_RECOVERING, EVENT_PORT_RECOVERED, "recovers from an error",
			      "the device works again"},
	[WATCH_RESETTING] = {EVENT_PORT_RESET, EVENT_PORT_RECOVERED, "is being reset",
			     "the device was reset and is read on"},
	[WATCH_GONE] = {EVENT_PORT_REMOVED, EVENT_PORT_ADDED, "is gone",
			"the device is there again and is read on"},
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
			   "brings it up",
			   name);
		break;
	case WATCH_RECOVERING:
		events_add(events, date, EVENT_PORT_RECOVERING, name,
			   "the driver recovers from an error of the device; nothing comes "
			   "meanwhile");
		break;
	case WATCH_RESETTING:
		events_add(events, date, EVENT_PORT_RESET, name,
			   "the driver asks for a reset of the device, which is made now");
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

/* All that hid more than what hides the view now. */
static void say_ends(const struct watch *watch, struct watch_subject *subject,
		     struct clock_reading now)
{
	char lasted[32];

	for (unsigned int sight = WATCH_SIGHTS - 1; sight > subject->sight; sight--) {
		const uint64_t since = subject->told_since[sight];

		if (since == 0)
			continue;
		subject->told_since[sight] = 0;
		events_add(watch->events, clock_date(now), sights[sight].ends, subject->name,
			   "%s after %s", sights[sight].over,
			   format_duration(lasted, sizeof(lasted), now.clock - since));
	}
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

void watch_change(const struct watch *watch, struct watch_subject *subject, enum watch_sight sight,
		  struct clock_reading now)
{
	if (subject->sight == WATCH_CLEAR) {
		subject->blind++;
		subject->blind_began = now.clock;
	}
	if (sight == WATCH_CLEAR)
		subject->blind_time += now.clock - subject->blind_began;
	subject->sight = sight;
	subject->since = now.clock;
	say_ends(watch, subject, now);
	if (sight == WATCH_GONE) /* with all that was wrong */
		memset(subject->told_since, 0, sizeof(subject->told_since));
	if (sight != WATCH_CLEAR && subject->told_since[sight] == 0) {
		subject->told_since[sight] = now.clock;
		say_begin(watch, subject, clock_date(now));
	}
	remark_sight(watch, subject, now);
	if (subject->index == 0) /* registers of a device that is gone lie */
		watch_port(watch, subject)->unasked = sight >= WATCH_RECOVERING;
}
