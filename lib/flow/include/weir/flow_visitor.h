/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_VISITOR_H
#define WEIR_FLOW_VISITOR_H

#include <netinet/in.h>
#include <stdint.h>

#include <weir/clock.h>
#include <weir/flow.h>
#include <weir/flow_fields.h>
#include <weir/format.h>

#define FLOW_FIELDS_INLINE static inline __attribute__((always_inline))

/*
 * A flow record field by field (FLOW_FIELDS), for the forms that are made of text: who wants one is
 * called for each field that is there. Inline, so that names and their lengths are constants.
 */
struct flow_field_visitor {
	void (*number)(void *context, const char *name, uint64_t value);
	void (*text)(void *context, const char *name, const char *value); /* plain ASCII */
	void *context;
};

FLOW_FIELDS_INLINE void visit_address(const struct flow_field_visitor *visitor, const char *name,
				      int version, const uint8_t *bytes)
{
	char text[INET6_ADDRSTRLEN];

	visitor->text(visitor->context, name, format_address(text, sizeof(text), version, bytes));
}

FLOW_FIELDS_INLINE void visit_mac(const struct flow_field_visitor *visitor, const char *name,
				  const uint8_t *bytes)
{
	static const char digits[] = "0123456789abcdef";
	char text[18];

	for (int i = 0; i < 6; i++) {
		text[3 * i] = digits[bytes[i] >> 4];
		text[3 * i + 1] = digits[bytes[i] & 15];
		text[3 * i + 2] = i < 5 ? ':' : '\0';
	}
	visitor->text(visitor->context, name, text);
}

/* By abstract data type. */
#define VISIT_unsigned8(visitor, name, value)   visitor->number(visitor->context, name, value)
#define VISIT_unsigned16(visitor, name, value)  visitor->number(visitor->context, name, value)
#define VISIT_unsigned64(visitor, name, value)  visitor->number(visitor->context, name, value)
#define VISIT_ipv4Address(visitor, name, value) visit_address(visitor, name, 4, value)
#define VISIT_ipv6Address(visitor, name, value) visit_address(visitor, name, 6, value)
#define VISIT_macAddress(visitor, name, value)  visit_mac(visitor, name, value)
#define VISIT_dateTimeMilliseconds(visitor, name, value)                                           \
	visitor->number(visitor->context, name, (value) / CLOCK_MILLISECOND)

FLOW_FIELDS_INLINE void flow_fields(const struct flow_view *view,
				    const struct flow_field_visitor *visitor)
{
#define VISIT(name, pen, element, type, member, side, when, join, meaning)                         \
	if (FLOW_WHEN_##when(view))                                                                \
		VISIT_##type(visitor, #name, FLOW_FIELD(view, member, side));
	FLOW_FIELDS(VISIT)
#undef VISIT
}

#endif
