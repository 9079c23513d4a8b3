/* SPDX-License-Identifier: BSD-3-Clause */
#include "watch_parts.h"

#include <string.h>

#include <rte_dev.h>
#include <rte_ethdev.h>

/* ---- what bus and driver tell, on a thread of the EAL's ---- */

static int on_port(uint16_t port, enum rte_eth_event_type event, void *context, void *more)
{
	struct watch_told *told = &((struct watch_subject *)context)->told;

	(void)port, (void)more;
	switch (event) {
	case RTE_ETH_EVENT_INTR_RMV:
	case RTE_ETH_EVENT_RECOVERY_FAILED:
		__atomic_store_n(&told->removed, true, __ATOMIC_RELEASE);
		break;
	case RTE_ETH_EVENT_INTR_RESET:
		__atomic_store_n(&told->reset, true, __ATOMIC_RELEASE);
		break;
	case RTE_ETH_EVENT_ERR_RECOVERING:
		__atomic_store_n(&told->recovers, true, __ATOMIC_RELEASE);
		__atomic_fetch_add(&told->recoveries, 1, __ATOMIC_RELEASE);
		break;
	case RTE_ETH_EVENT_RECOVERY_SUCCESS:
		__atomic_store_n(&told->recovers, false, __ATOMIC_RELEASE);
		break;
	default:
		break;
	}
	return 0;
}

/* Somebody unplugs it, or unbinds its driver and waits until it is given back; or plugs it. */
static void on_device(const char *name, enum rte_dev_event_type event, void *context)
{
	struct watch *watch = context;

	for (uint32_t s = 0; s < watch->subject_count; s++) {
		struct watch_subject *subject = &watch->subjects[s];

		if (strcmp(watch_port(watch, subject)->device, name) == 0)
			__atomic_store_n(event == RTE_DEV_EVENT_REMOVE ? &subject->told.removed
								       : &subject->told.added,
					 true, __ATOMIC_RELEASE);
	}
}

static const enum rte_eth_event_type port_events[] = {
	RTE_ETH_EVENT_INTR_RMV, RTE_ETH_EVENT_INTR_RESET, RTE_ETH_EVENT_ERR_RECOVERING,
	RTE_ETH_EVENT_RECOVERY_SUCCESS, RTE_ETH_EVENT_RECOVERY_FAILED};

static void listen_to_port(const struct watch *watch, struct watch_subject *subject)
{
	for (unsigned int e = 0; e < RTE_DIM(port_events); e++)
		(void)rte_eth_dev_callback_register(watch_port(watch, subject)->id, port_events[e],
						    on_port, subject);
}

static void listen_to_port_no_more(const struct watch *watch, struct watch_subject *subject)
{
	const uint16_t id = watch_port(watch, subject)->id;

	for (unsigned int e = 0; rte_eth_dev_is_valid_port(id) && e < RTE_DIM(port_events); e++)
		(void)rte_eth_dev_callback_unregister(id, port_events[e], on_port, subject);
}

/* Drivers of vfio-pci tell by themselves; those of UIO need the kernel's uevents for it. */
static bool on_pci(const struct watch *watch)
{
	for (uint32_t s = 0; s < watch->subject_count; s++)
		if (strcmp(watch_port(watch, &watch->subjects[s])->bus, "pci") == 0)
			return true;
	return false;
}

void watch_listen(struct watch *watch)
{
	for (uint32_t s = 0; s < watch->subject_count; s++)
		if (watch->subjects[s].index == 0)
			listen_to_port(watch, &watch->subjects[s]);
	(void)rte_dev_event_callback_register(NULL, on_device, watch);
	if (!on_pci(watch))
		return;
	watch->monitors = rte_dev_event_monitor_start() == 0;
	(void)rte_dev_hotplug_handle_enable(); /* SIGBUS when registers are there no more */
}

void watch_listen_no_more(struct watch *watch)
{
	if (watch->monitors) {
		(void)rte_dev_hotplug_handle_disable();
		(void)rte_dev_event_monitor_stop();
	}
	(void)rte_dev_event_callback_unregister(NULL, on_device, watch);
	for (uint32_t s = 0; s < watch->subject_count; s++)
		if (watch->subjects[s].index == 0)
			listen_to_port_no_more(watch, &watch->subjects[s]);
}

static bool take(bool *told)
{
	return __atomic_exchange_n(told, false, __ATOMIC_ACQ_REL);
}

enum watch_sight watch_look_at_device(const struct watch *watch, struct watch_subject *subject)
{
	const struct port *port = watch_port(watch, subject);
	struct watch_told *told = &subject->told;
	const uint32_t recoveries = __atomic_load_n(&told->recoveries, __ATOMIC_ACQUIRE);
	struct rte_eth_link link;

	if (take(&told->removed) || !rte_eth_dev_is_valid_port(port->id))
		return WATCH_GONE;
	if (subject->sight == WATCH_RESETTING || take(&told->reset))
		return WATCH_RESETTING;
	/* The driver may not be asked for anything then. One that is over is told, too. */
	if (__atomic_load_n(&told->recovers, __ATOMIC_ACQUIRE) ||
	    recoveries != subject->recoveries) {
		subject->recoveries = recoveries;
		return WATCH_RECOVERING;
	}
	if (rte_eth_dev_is_removed(port->id) == 1)
		return WATCH_GONE;
	if (port->link_known && rte_eth_link_get_nowait(port->id, &link) == 0 &&
	    link.link_status == RTE_ETH_LINK_DOWN)
		return WATCH_NO_LINK;
	return WATCH_CLEAR;
}

/* ---- what is done then ---- */

static bool let_go(const struct watch *watch, const struct watch_subject *subject)
{
	const struct watch_pollers *pollers = &watch->pollers;

	return pollers->let_go == NULL || pollers->let_go(pollers->context, subject->number);
}

static void say_failure(const struct watch *watch, struct watch_subject *subject,
			const struct error *error, struct clock_reading now)
{
	/* The port's name stands before it anyway. */
	const size_t name = strlen(subject->name);
	const char *text = error->text;

	if (strncmp(text, subject->name, name) == 0 && strncmp(text + name, ": ", 2) == 0)
		text += name + 2;
	if (!subject->failed)
		events_add(watch->events, clock_date(now), EVENT_PORT_FAILED, subject->name, "%s",
			   text);
	subject->failed = true;
}

#define TRY_AGAIN_AFTER (10 * CLOCK_SECOND)

/* It is as it was, after a reset or a return; or it could not be had, so far. */
static void take_up(struct watch *watch, struct watch_subject *subject, int result,
		    const struct error *error, struct clock_reading now)
{
	const struct watch_pollers *pollers = &watch->pollers;

	if (result != 0) {
		subject->left = subject->told.added = true;
		subject->anew = subject->sight != WATCH_GONE;
		if (!subject->anew)
			subject->try_again = now.clock + TRY_AGAIN_AFTER;
		say_failure(watch, subject, error, now);
		if (subject->sight != WATCH_GONE)
			watch_change(watch, subject, WATCH_GONE, now);
		return;
	}
	subject->left = subject->failed = subject->anew = false;
	subject->told = (struct watch_told){.recoveries = subject->recoveries};
	listen_to_port(watch, subject);
	if (pollers->take_up != NULL)
		pollers->take_up(pollers->context, subject->number, watch_port(watch, subject)->id);
	watch_change(watch, subject, WATCH_CLEAR, now);
}

/* Those on a bus of the kernel's need its driver; of others somebody has to say it. */
static bool is_back(const struct watch *watch, const struct watch_subject *subject)
{
	const struct port *port = watch_port(watch, subject);

	if (port->kernel_driver[0] != '\0')
		return port_is_back(port);
	return __atomic_load_n(&subject->told.added, __ATOMIC_ACQUIRE);
}

/* Give a device that is gone back; a second later look for it. */
static void follow_gone(struct watch *watch, struct watch_subject *subject,
			struct clock_reading now)
{
	struct port *port = watch_port(watch, subject);
	struct error error;

	if (!subject->left) {
		if (!let_go(watch, subject))
			return;
		listen_to_port_no_more(watch, subject);
		port_leave(port);
		subject->left = true;
	} else if (!is_back(watch, subject)) {
		subject->anew = subject->failed = false; /* that was another time */
		subject->try_again = 0;
	} else if (now.clock >= subject->try_again) {
		take_up(watch, subject, port_return(port, &error), &error, now);
	}
}

void watch_mend_device(struct watch *watch, struct watch_subject *subject, struct clock_reading now)
{
	struct port *port = watch_port(watch, subject);
	struct error error;

	if (subject->sight == WATCH_GONE) {
		follow_gone(watch, subject, now);
	} else if (subject->sight == WATCH_RESETTING && let_go(watch, subject)) {
		listen_to_port_no_more(watch, subject);
		take_up(watch, subject, port_reset(port, &error), &error, now);
	}
}
