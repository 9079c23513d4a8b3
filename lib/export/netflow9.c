/* SPDX-License-Identifier: BSD-3-Clause */
#include "netflow9.h"

#include <weir/clock.h>

#define VERSION      9
#define HEADER       20
#define TEMPLATE_SET 0
#define OPTIONS_SET  1

/* Numbers of templates. One that was given is for nothing else, ever. */
#define NUMBER_FLOWS      256 /* and a shape */
#define NUMBER_SAMPLING   272
#define NUMBER_STATISTICS 273

/* Parts of an announcement. */
#define SAMPLING_TEMPLATE   0
#define STATISTICS_TEMPLATE 1
#define SHAPES              2
#define SAMPLING            (SHAPES + FLOW_SHAPE_COUNT)
#define PARTS               (SAMPLING + 1)

/*
 * Times are ms since a boot, in 32 bits: it is never longer ago than this, in ms, and flows that
 * are older than that began then.
 */
#define UPTIME_MOST (UINT64_C(40) * 86400 * 1000)
/* Stamps of a NIC may be a second before weir's own start. */
#define EARLY 2000

/* ---- time ---- */

static uint64_t boot_of(const struct template_encoder *encoder, uint64_t newest)
{
	struct export_facts facts = {0};
	uint64_t oldest = newest > UPTIME_MOST ? newest - UPTIME_MOST : 0, started;

	if (encoder->settings.capture)
		return oldest;
	template_facts(encoder, &facts);
	started = facts.started / CLOCK_MILLISECOND;
	return started > oldest + EARLY ? started - EARLY : oldest;
}

/* The boot of the message is that as of its first record. */
static void note_time(struct template_encoder *encoder, const struct flow_view *view)
{
	uint64_t last = view->last / CLOCK_MILLISECOND;

	if (encoder->newest == 0)
		encoder->boot = boot_of(encoder, encoder->settings.capture ? last : encoder->date);
	encoder->newest = last > encoder->newest ? last : encoder->newest;
}

/*
 * Now, or of captures the time of the newest flow in it: readers reckon the boot from it and the
 * uptime, and the one is in whole seconds.
 */
static uint64_t header_seconds(const struct template_encoder *encoder)
{
	uint64_t ms = encoder->date;

	if (encoder->newest > 0 && (encoder->settings.capture || encoder->newest > ms))
		ms = encoder->newest;
	return (ms + 999) / 1000;
}

/* ---- messages ---- */

static char *put_header(struct template_encoder *encoder, char *out)
{
	uint64_t seconds = header_seconds(encoder);

	if (encoder->newest == 0)
		encoder->boot = boot_of(encoder, seconds * 1000);
	out = wire_16(out, VERSION);
	out = wire_16(out, (uint16_t)encoder->records);
	out = wire_32(out, (uint32_t)(seconds * 1000 - encoder->boot));
	out = wire_32(out, (uint32_t)seconds);
	out = wire_32(out, encoder->sequence);
	return wire_32(out, encoder->settings.domain);
}

/* Messages count, not records (RFC 3954 section 5.1). */
static uint32_t number(const struct template_encoder *encoder)
{
	(void)encoder;
	return 1;
}

static char *put_specifiers(char *out, const struct field_specifier *fields, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		out = wire_16(out, fields[i].element);
		out = wire_16(out, fields[i].length);
	}
	return out;
}

static char *put_record(struct template_encoder *encoder, char *out, unsigned int shape,
			const struct flow_view *view)
{
	note_time(encoder, view);
	return flow_template_record(out, FLOW_NETFLOW9, shape, view, encoder->settings.interface,
				    encoder->boot);
}

/* ---- options; of the scope "system" ---- */

static const struct field_specifier scope_field = {FLOW_PEN_IANA, 1, 4};
static const struct field_specifier sampling_fields[] = {
	{FLOW_PEN_IANA, 34, 4}, /* SAMPLING_INTERVAL */
	{FLOW_PEN_IANA, 35, 1}, /* SAMPLING_ALGORITHM */
};
static const struct field_specifier statistics_fields[] = {
	{FLOW_PEN_IANA, 40, 8}, /* TOTAL_BYTES_EXP */
	{FLOW_PEN_IANA, 41, 8}, /* TOTAL_PKTS_EXP */
	{FLOW_PEN_IANA, 42, 8}, /* TOTAL_FLOWS_EXP */
};
#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))
#define DETERMINISTIC 1

/* Lengths of scope and options are in octets. */
static char *put_template(const struct template_encoder *encoder, char *out, uint16_t id,
			  const struct field_specifier *fields, unsigned int count)
{
	char *set = out;

	out = template_set_begin(set, OPTIONS_SET);
	out = wire_16(out, id);
	out = wire_16(out, 4);
	out = wire_16(out, (uint16_t)(4 * count));
	out = put_specifiers(out, &scope_field, 1);
	return template_set_end(encoder, set, put_specifiers(out, fields, count));
}

static char *put_sampling(const struct template_encoder *encoder, char *out)
{
	char *set = out;

	out = template_set_begin(set, NUMBER_SAMPLING);
	out = wire_32(out, encoder->settings.domain);
	out = wire_32(out, template_sampling(encoder));
	return template_set_end(encoder, set, wire_8(out, DETERMINISTIC));
}

static char *put_statistics(struct template_encoder *encoder, char *out,
			    const struct outlet *outlet)
{
	char *set = out;

	(void)outlet;
	out = template_set_begin(set, NUMBER_STATISTICS);
	out = wire_32(out, encoder->settings.domain);
	out = wire_64(out, encoder->octets);
	out = wire_64(out, encoder->messages);
	return template_set_end(encoder, set, wire_64(out, encoder->sent.records));
}

static char *put_part(struct template_encoder *encoder, char *out, uint32_t part)
{
	switch (part) {
	case SAMPLING_TEMPLATE:
		return put_template(encoder, out, NUMBER_SAMPLING, sampling_fields,
				    COUNT(sampling_fields));
	case STATISTICS_TEMPLATE:
		return put_template(encoder, out, NUMBER_STATISTICS, statistics_fields,
				    COUNT(statistics_fields));
	default:
		return put_sampling(encoder, out);
	}
}

const struct dialect netflow9 = {
	.form = FLOW_NETFLOW9,
	.first_template = NUMBER_FLOWS,
	.header = HEADER,
	.align = 4,
	.template_set = TEMPLATE_SET,
	.parts = PARTS,
	.templates = SAMPLING_TEMPLATE,
	.shapes = SHAPES,
	.header_put = put_header,
	.specifiers = put_specifiers,
	.record = put_record,
	.part = put_part,
	.statistics = put_statistics,
	.number = number,
};
