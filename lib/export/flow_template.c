/* SPDX-License-Identifier: BSD-3-Clause */
#include "flow_template.h"

static const struct flow_shape shapes[] = {
#define SHAPE(number, version, protocol) {version, protocol, FLOW_END_IDLE},
	FLOW_SHAPES(SHAPE)
#undef SHAPE
};

static struct field_specifier *add_fields(struct field_specifier *next, enum flow_form form,
					  bool reverse, const struct flow_shape *shape)
{
	const uint16_t time = form == FLOW_NETFLOW9 ? WIRE_SIZE_uptime : 8;

#define ADD(name, pen, number, type, member, side, when, join, meaning)                            \
	if (FLOW_FIELD_STANDS(form, reverse, shape, pen, number, side, when, join))                \
		*next++ = (struct field_specifier){                                                \
			FLOW_PEN_##pen,                                                            \
			form == FLOW_NETFLOW9 ? netflow9_element(number) : (number),               \
			strcmp(#type, "dateTimeMilliseconds") == 0 ? time : WIRE_SIZE_##type};
	FLOW_FIELDS(ADD)
#undef ADD
	return next;
}

unsigned int flow_template(enum flow_form form, unsigned int shape,
			   struct field_specifier fields[FLOW_FIELDS_MOST])
{
	struct field_specifier *next = fields;

	*next++ = (struct field_specifier){FLOW_PEN_IANA, FIELD_INTERFACE, 4};
	next = add_fields(next, form, true, &shapes[shape]);
	next = add_fields(next, form, false, &shapes[shape]);
	return (unsigned int)(next - fields);
}
