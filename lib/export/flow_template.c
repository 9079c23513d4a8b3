/* SPDX-License-Identifier: BSD-3-Clause */
#include "flow_template.h"

static const struct flow_shape shapes[] = {
#define SHAPE(number, version, protocol) {version, protocol, FLOW_END_IDLE},
	FLOW_SHAPES(SHAPE)
#undef SHAPE
};

static struct field_specifier specifier(enum flow_form form, uint32_t pen, uint16_t element,
					const char *type, size_t length)
{
	if (form == FLOW_NETFLOW9) {
		element = netflow9_element(element);
		length = strcmp(type, "dateTimeMilliseconds") == 0 ? WIRE_SIZE_uptime : length;
	}
	return (struct field_specifier){pen, element, (uint16_t)length};
}

static struct field_specifier *add_fields(struct field_specifier *next, enum flow_form form,
					  bool reverse, const struct flow_shape *shape)
{
	const struct flow_view *const view = NULL; /* of which only sizes are asked */

	(void)view;
#define ADD(name, pen, element, type, member, side, when, join, meaning)                           \
	if (FLOW_FIELD_STANDS(form, reverse, shape, pen, element, side, when, join))               \
		*next++ = specifier(form, FLOW_PEN_##pen, element, #type,                          \
				    WIRE_SIZE(type, FLOW_FIELD(view, member, side)));
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
