/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PORT_WATCH_PARTS_H
#define WEIR_PORT_WATCH_PARTS_H

#include <weir/watch.h>

/*
 * The watch in parts:
 *
 *	watch.c		looks once a second, and has what changed said and mended
 *	watch_say.c	events and remarks
 *	watch_device.c	devices of DPDK's: what bus and driver tell of them, and what is done then
 */

/* Of a subject that is a device's, its port; of another the first. */
static inline struct port *watch_port(const struct watch *watch,
				      const struct watch_subject *subject)
{
	return &watch->ports[__builtin_ctzll(subject->ports)];
}

/* From now on the view is as `sight` says: tell it. */
void watch_change(const struct watch *watch, struct watch_subject *subject, enum watch_sight sight,
		  struct clock_reading now);

/* Have bus and drivers tell, or no more. */
void watch_listen(struct watch *watch);
void watch_listen_no_more(struct watch *watch);

/* Is the device there, sound and linked? */
enum watch_sight watch_look_at_device(const struct watch *watch, struct watch_subject *subject);

/* What a device needs that is gone, is back, or is to be reset. */
void watch_mend_device(struct watch *watch, struct watch_subject *subject,
		       struct clock_reading now);

#endif
