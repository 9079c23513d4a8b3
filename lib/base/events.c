/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/events.h>

#include <stdarg.h>
#include <stdio.h>

const struct event_kind_traits event_kinds[EVENT_KINDS] = {
	[EVENT_INTERFACE_DOWN] = {"interface_down", LOG_LEVEL_WARNING},
	[EVENT_INTERFACE_UP] = {"interface_up", LOG_LEVEL_INFO},
	[EVENT_INTERFACE_REMOVED] = {"interface_removed", LOG_LEVEL_WARNING},
	[EVENT_INTERFACE_ADDED] = {"interface_added", LOG_LEVEL_WARNING},
	[EVENT_LINK_DOWN] = {"link_down", LOG_LEVEL_WARNING},
	[EVENT_LINK_UP] = {"link_up", LOG_LEVEL_INFO},
	[EVENT_PORT_REMOVED] = {"port_removed", LOG_LEVEL_WARNING},
	[EVENT_PORT_ADDED] = {"port_added", LOG_LEVEL_INFO},
	[EVENT_PORT_RESET] = {"port_reset", LOG_LEVEL_WARNING},
	[EVENT_PORT_RECOVERING] = {"port_recovering", LOG_LEVEL_WARNING},
	[EVENT_PORT_RECOVERED] = {"port_recovered", LOG_LEVEL_INFO},
	[EVENT_PORT_FAILED] = {"port_failed", LOG_LEVEL_WARNING},
	[EVENT_XDP_REMOVED] = {"xdp_removed", LOG_LEVEL_WARNING},
	[EVENT_XDP_ATTACHED] = {"xdp_attached", LOG_LEVEL_INFO},
	[EVENT_NO_FRAMES] = {"no_frames", LOG_LEVEL_WARNING},
	[EVENT_FIRST_FRAME] = {"first_frame", LOG_LEVEL_INFO},
};

void events_init(struct events *events)
{
	pthread_mutex_init(&events->lock, NULL);
}

void events_add(struct events *events, uint64_t date, enum event_kind kind, const char *port,
		const char *format, ...)
{
	struct event event = {.time = date, .kind = kind};
	va_list arguments;

	snprintf(event.port, sizeof(event.port), "%s", port);
	va_start(arguments, format);
	vsnprintf(event.text, sizeof(event.text), format, arguments);
	va_end(arguments);
	log_print(event_kinds[kind].level, "%s: %s", event.port, event.text);
	pthread_mutex_lock(&events->lock);
	event.id = events->added + 1;
	events->ring[events->added++ % EVENTS_KEPT] = event;
	pthread_mutex_unlock(&events->lock);
}

uint32_t events_newest(struct events *events, uint64_t skip, uint32_t count, struct event *copies,
		       uint64_t *added)
{
	uint64_t kept;
	uint32_t copied = 0;

	pthread_mutex_lock(&events->lock);
	*added = events->added;
	kept = events->added < EVENTS_KEPT ? events->added : EVENTS_KEPT;
	for (; copied < count && skip < kept; copied++, skip++)
		copies[copied] = events->ring[(events->added - 1 - skip) % EVENTS_KEPT];
	pthread_mutex_unlock(&events->lock);
	return copied;
}

void events_remark(struct events *events, uint32_t number, const char *format, ...)
{
	va_list arguments;

	pthread_mutex_lock(&events->lock);
	va_start(arguments, format);
	vsnprintf(events->remarks[number], sizeof(events->remarks[0]), format, arguments);
	va_end(arguments);
	pthread_mutex_unlock(&events->lock);
}

void events_each_remark(struct events *events, void (*each)(void *context, const char *text),
			void *context)
{
	pthread_mutex_lock(&events->lock);
	for (uint32_t i = 0; i < EVENTS_REMARKS; i++)
		if (events->remarks[i][0] != '\0')
			each(context, events->remarks[i]);
	pthread_mutex_unlock(&events->lock);
}
