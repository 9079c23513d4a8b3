/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_REPORT_FLOW_FIELDS_H
#define WEIR_REPORT_FLOW_FIELDS_H

#include <stdint.h>

#include <weir/flow.h>

/*
 * The fields of a flow record under their IPFIX names, in the order of the --flows file: the one
 * place that knows them. Who wants a record in some form is called for each of them.
 */
struct flow_field_visitor {
	void (*number)(void *context, const char *name, uint64_t value);
	void (*text)(void *context, const char *name, const char *value); /* plain ASCII */
	void *context;
};

void flow_fields(const struct flow_view *view, const struct flow_field_visitor *visitor);

#endif
