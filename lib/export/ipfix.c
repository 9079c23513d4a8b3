/* SPDX-License-Identifier: BSD-3-Clause */
#include "ipfix.h"

#define VERSION      10
#define HEADER       16
#define TEMPLATE_SET 2
#define ENTERPRISE   0x8000 /* its number follows */

/*
 * Parts of an announcement. Types first, for readers that ask what an element is when they meet it
 * in a template.
 */
#define TYPES_TEMPLATE      0
#define TYPES               1
#define SAMPLING_TEMPLATE   (TYPES + OWN_ELEMENTS)
#define STATISTICS_TEMPLATE (SAMPLING_TEMPLATE + 1)
#define SHAPES              (STATISTICS_TEMPLATE + 1)
#define SAMPLING            (SHAPES + FLOW_SHAPE_COUNT)
#define PARTS               (SAMPLING + 1)

static char *put_header(struct template_encoder *encoder, char *out)
{
	out = wire_16(out, VERSION);
	out = wire_16(out, (uint16_t)encoder->size);
	out = wire_32(out, (uint32_t)(encoder->date / 1000));
	out = wire_32(out, encoder->sequence);
	return wire_32(out, encoder->settings.domain);
}

/* All data records count, also those of options; templates do not (RFC 7011 section 3.1). */
static uint32_t number(const struct template_encoder *encoder)
{
	return encoder->data_records;
}

static char *put_specifiers(char *out, const struct field_specifier *fields, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		bool own = fields[i].pen != FLOW_PEN_IANA;

		out = wire_16(out, (uint16_t)(fields[i].element | (own ? ENTERPRISE : 0)));
		out = wire_16(out, fields[i].length);
		if (own)
			out = wire_32(out, fields[i].pen);
	}
	return out;
}

static char *put_part(struct template_encoder *encoder, char *out, uint32_t part)
{
	switch (part) {
	case TYPES_TEMPLATE:
		return ipfix_types_template(encoder, out);
	case SAMPLING_TEMPLATE:
		return ipfix_sampling_template(encoder, out);
	case STATISTICS_TEMPLATE:
		return ipfix_statistics_template(encoder, out);
	case SAMPLING:
		return ipfix_sampling_record(encoder, out);
	default:
		return ipfix_types_record(encoder, out, &own_elements[part - TYPES]);
	}
}

static char *put_biflow(struct template_encoder *encoder, char *out, unsigned int shape,
			const struct flow_view *view)
{
	return flow_template_record(out, FLOW_BIFLOW, shape, view, encoder->settings.interface, 0);
}

static char *put_uniflow(struct template_encoder *encoder, char *out, unsigned int shape,
			 const struct flow_view *view)
{
	return flow_template_record(out, FLOW_UNIFLOW, shape, view, encoder->settings.interface, 0);
}

#define DIALECT(of, ids, put)                                                                      \
	{                                                                                          \
		.form = (of), .first_template = (ids), .header = HEADER, .align = 1,               \
		.template_set = TEMPLATE_SET, .parts = PARTS, .templates = SAMPLING_TEMPLATE,      \
		.shapes = SHAPES, .header_put = put_header, .specifiers = put_specifiers,          \
		.record = (put), .part = put_part, .statistics = ipfix_statistics_record,          \
		.number = number,                                                                  \
	}

const struct dialect ipfix_biflow = DIALECT(FLOW_BIFLOW, IPFIX_BIFLOW, put_biflow);
const struct dialect ipfix_uniflow = DIALECT(FLOW_UNIFLOW, IPFIX_UNIFLOW, put_uniflow);
