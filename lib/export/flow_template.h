/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_FLOW_TEMPLATE_H
#define WEIR_EXPORT_FLOW_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/flow.h>
#include <weir/flow_fields.h>

#include "wire.h"

/*
 * Flow records as templates and the octets that these describe, for IPFIX and NetFlow v9: both
 * made of FLOW_FIELDS, and so equal. Which fields there are depends on what the flow is, its
 * shape, and on who is to read them, the form.
 */

enum flow_form {
	FLOW_BIFLOW,  /* IPFIX with the other direction's elements (RFC 5103) */
	FLOW_UNIFLOW, /* IPFIX: each direction a record of its own */
	FLOW_NETFLOW9 /* the same without enterprises, its times relative to a boot */
};

/* Of each shape a flow that has its fields. */
#define FLOW_SHAPES(SHAPE)                                                                         \
	SHAPE(0, 4, 0)                                                                             \
	SHAPE(1, 4, 1)                                                                             \
	SHAPE(2, 4, 6)                                                                             \
	SHAPE(3, 4, 58)                                                                            \
	SHAPE(4, 6, 0)                                                                             \
	SHAPE(5, 6, 1)                                                                             \
	SHAPE(6, 6, 6)                                                                             \
	SHAPE(7, 6, 58)
#define FLOW_SHAPE_COUNT 8

struct flow_shape {
	int version;
	uint8_t protocol;
	enum flow_end end;
};
#define FLOW_SHAPE(version, protocol) (&(const struct flow_shape){version, protocol, FLOW_END_IDLE})

static inline unsigned int flow_shape_of(const struct flow_view *view)
{
	unsigned int first = view->version == 4 ? 0 : FLOW_SHAPE_COUNT / 2;

	switch (view->protocol) {
	case 1:
		return first + 1;
	case 6:
		return first + 2;
	case 58:
		return first + 3;
	default:
		return first;
	}
}

/* One field of a template. */
struct field_specifier {
	uint32_t pen;
	uint16_t element;
	uint16_t length; /* octets; FIELD_VARIABLE: stands before the value */
};
#define FIELD_VARIABLE   UINT16_MAX
#define FIELD_INTERFACE  10 /* ingressInterface: unsigned32 */
#define FLOW_FIELDS_MOST 64

/* Of a shape in a form: how many. */
unsigned int flow_template(enum flow_form form, unsigned int shape,
			   struct field_specifier fields[FLOW_FIELDS_MOST]);

/* ---- the record ---- */

#define FLOW_TEMPLATE_INLINE static inline __attribute__((always_inline))

/* As NetFlow v9 knows them: LAST_SWITCHED, FIRST_SWITCHED; ICMP_TYPE is that of both versions. */
FLOW_TEMPLATE_INLINE uint16_t netflow9_element(uint16_t element)
{
	return element == 153 ? 21 : element == 152 ? 22 : element == 139 ? 32 : element;
}
#define NETFLOW9_LAST_ELEMENT 127 /* from here on IPFIX has its own */

/* `sum`: of packets of both directions, which would be counted twice. */
FLOW_TEMPLATE_INLINE bool flow_form_has(enum flow_form form, uint32_t pen, uint16_t element,
					bool sum)
{
	switch (form) {
	case FLOW_UNIFLOW:
		return pen != FLOW_PEN_REVERSE && !sum;
	case FLOW_NETFLOW9:
		return pen == FLOW_PEN_IANA && netflow9_element(element) <= NETFLOW9_LAST_ELEMENT;
	default:
		return true;
	}
}

/*
 * Does FLOW_FIELDS' line stand in templates, among those of this turn? The other direction's come
 * first: collectors that do not know such an element take it for its twin, and what comes last
 * counts. Constant where form, turn and shape are.
 */
#define FLOW_FIELD_STANDS(form, reverse, shape, pen, element, side, when, join)                    \
	(((FLOW_PEN_##pen) == FLOW_PEN_REVERSE) == (reverse) && FLOW_WHEN_##when(shape) &&         \
	 flow_form_has(form, FLOW_PEN_##pen, element,                                              \
		       strcmp(#side, "WHOLE") == 0 && strcmp(#join, "SUM") == 0))

/*
 * Octets by abstract data type; and how they are put. Numbers have no more octets than the member
 * has (RFC 7011 section 6.2), which there are collectors for that take the first of two TCP flags.
 * `boot` is in ms since 1970.
 */
#define WIRE_SIZE_unsigned8            1
#define WIRE_SIZE_unsigned16           2
#define WIRE_SIZE_unsigned32           4
#define WIRE_SIZE_unsigned64           8
#define WIRE_SIZE_ipv4Address          4
#define WIRE_SIZE_ipv6Address          16
#define WIRE_SIZE_macAddress           6
#define WIRE_SIZE_dateTimeMilliseconds 8
#define WIRE_SIZE_uptime               4 /* in place of it, NetFlow v9 */

#define WIRE_SIZE(type, value) (WIRE_SIZE_##type < sizeof(value) ? WIRE_SIZE_##type : sizeof(value))

#define WIRE_PUT_unsigned8(out, value, form, boot)                                                 \
	wire_unsigned(out, value, WIRE_SIZE(unsigned8, value))
#define WIRE_PUT_unsigned16(out, value, form, boot)                                                \
	wire_unsigned(out, value, WIRE_SIZE(unsigned16, value))
#define WIRE_PUT_unsigned32(out, value, form, boot)                                                \
	wire_unsigned(out, value, WIRE_SIZE(unsigned32, value))
#define WIRE_PUT_unsigned64(out, value, form, boot)                                                \
	wire_unsigned(out, value, WIRE_SIZE(unsigned64, value))
#define WIRE_PUT_ipv4Address(out, value, form, boot) wire_bytes(out, value, 4)
#define WIRE_PUT_ipv6Address(out, value, form, boot) wire_bytes(out, value, 16)
#define WIRE_PUT_macAddress(out, value, form, boot)  wire_bytes(out, value, 6)
#define WIRE_PUT_dateTimeMilliseconds(out, value, form, boot)                                      \
	((form) == FLOW_NETFLOW9 ? wire_uptime(out, (value) / CLOCK_MILLISECOND, boot)             \
				 : wire_64(out, (value) / CLOCK_MILLISECOND))

static inline char *wire_uptime(char *out, uint64_t ms, uint64_t boot)
{
	return wire_32(out, ms > boot ? (uint32_t)(ms - boot) : 0);
}

FLOW_TEMPLATE_INLINE char *flow_template_fields(char *out, enum flow_form form, bool reverse,
						const struct flow_shape *shape,
						const struct flow_view *view, uint64_t boot)
{
	(void)boot;
#define PUT(name, pen, element, type, member, side, when, join, meaning)                           \
	if (FLOW_FIELD_STANDS(form, reverse, shape, pen, element, side, when, join))               \
		out = WIRE_PUT_##type(out, FLOW_FIELD(view, member, side), form, boot);
	FLOW_FIELDS(PUT)
#undef PUT
	return out;
}

/* Puts a record whose template is flow_template(form, shape); returns what is behind it. */
FLOW_TEMPLATE_INLINE char *flow_template_record(char *out, enum flow_form form, unsigned int shape,
						const struct flow_view *view, uint32_t interface,
						uint64_t boot)
{
	switch (shape) {
#define PUT_SHAPE(number, version, protocol)                                                       \
	case number:                                                                               \
		out = wire_32(out, interface);                                                     \
		out = flow_template_fields(out, form, true, FLOW_SHAPE(version, protocol), view,   \
					   boot);                                                  \
		return flow_template_fields(out, form, false, FLOW_SHAPE(version, protocol), view, \
					    boot);
		FLOW_SHAPES(PUT_SHAPE)
#undef PUT_SHAPE
	default:
		__builtin_unreachable();
	}
}

#endif
