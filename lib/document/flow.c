/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/document.h>

#include <weir/flow_visitor.h>
#include "parts.h"

_Static_assert(FLOW_END_IDLE == 1 && FLOW_END_ACTIVE == 2 && FLOW_END_CLOSED == 3 &&
		       FLOW_END_FORCED == 4 && FLOW_END_RESOURCES == 5,
	       "the numbers of IPFIX flowEndReason (136)");

static void add_number(void *context, const char *name, uint64_t value)
{
	put_count(context, name, value);
}

static void add_text(void *context, const char *name, const char *value)
{
	put(context, name, json_string(value));
}

json_t *document_flow(const struct flow_view *view)
{
	json_t *object = json_object();
	const struct flow_field_visitor visitor = {add_number, add_text, &object};

	flow_fields(view, &visitor);
	return object;
}
