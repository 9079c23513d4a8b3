/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/document.h>

#include "parts.h"

json_t *document_events(const struct event *events, uint32_t count)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < count; i++) {
		const struct event *event = &events[i];
		json_t *object = json_object();

		put_count(&object, "id", event->id);
		put(&object, "time", document_instant(event->time));
		put(&object, "port", document_text(event->port));
		put(&object, "kind", json_string(event_kinds[event->kind].name));
		put(&object, "text", document_text(event->text));
		append(&array, object);
	}
	return array;
}
