/* SPDX-License-Identifier: BSD-3-Clause */
#include "template_encoder.h"

#include <errno.h>
#include <stdlib.h>

#include <weir/clock.h>

#define PART_MOST 1024 /* octets */

/* ---- messages and sets ---- */

static size_t begin_message(void *context, char *out)
{
	struct template_encoder *encoder = context;

	encoder->message = out;
	encoder->sequence -= encoder->numbers; /* the message before never left */
	encoder->numbers = 0;
	encoder->set = NULL;
	encoder->records = encoder->data_records = 0;
	encoder->flows = (struct flow_totals){0};
	encoder->newest = 0;
	return encoder->dialect->header;
}

char *template_set_begin(char *out, uint16_t id)
{
	return wire_16(wire_16(out, id), 0);
}

char *template_set_end(const struct template_encoder *encoder, char *set, char *out)
{
	while ((out - set) % encoder->dialect->align != 0)
		*out++ = '\0';
	wire_16(set + 2, (uint16_t)(out - set));
	return out;
}

static char *close_set(struct template_encoder *encoder, char *out)
{
	if (encoder->set != NULL)
		out = template_set_end(encoder, encoder->set, out);
	encoder->set = NULL;
	return out;
}

static size_t end_message(void *context, char *message, size_t size, uint32_t items)
{
	struct template_encoder *encoder = context;

	(void)items;
	encoder->size = (size_t)(close_set(encoder, message + size) - message);
	encoder->dialect->header_put(encoder, message);
	encoder->numbers = encoder->dialect->number(encoder);
	encoder->sequence += encoder->numbers;
	encoder->since_templates++;
	return encoder->size;
}

static void message_gone(void *context, bool sent)
{
	struct template_encoder *encoder = context;
	struct flow_totals *totals = sent ? &encoder->sent : &encoder->lost;

	encoder->numbers = 0;
	totals->records += encoder->flows.records;
	totals->packets += encoder->flows.packets;
	totals->octets += encoder->flows.octets;
	if (sent) {
		encoder->messages++;
		encoder->octets += encoder->size;
	}
}

/* ---- records ---- */

static char *put_data(struct template_encoder *encoder, char *out, unsigned int shape,
		      const struct flow_view *view)
{
	const struct dialect *dialect = encoder->dialect;

	if (encoder->set == NULL || encoder->shape != shape) {
		encoder->set = close_set(encoder, out);
		encoder->shape = shape;
		out = template_set_begin(encoder->set, (uint16_t)(dialect->first_template + shape));
	}
	encoder->records++;
	encoder->data_records++;
	encoder->flows.records++;
	return dialect->record(encoder, out, shape, view);
}

/* The flow as who answered sees it. */
static void turn(const struct flow_view *view, struct flow_view *turned)
{
	*turned = *view;
#define TURN(member)                                                                               \
	turned->member[0] = view->member[1];                                                       \
	turned->member[1] = view->member[0]
	TURN(packets);
	TURN(octets);
	TURN(tcp_flags);
	TURN(tos);
	TURN(icmp);
#undef TURN
	turned->source_port = view->destination_port;
	turned->destination_port = view->source_port;
	memcpy(turned->source, view->destination, sizeof(turned->source));
	memcpy(turned->destination, view->source, sizeof(turned->destination));
	memcpy(turned->mac_source, view->mac_destination, sizeof(turned->mac_source));
	memcpy(turned->mac_destination, view->mac_source, sizeof(turned->mac_destination));
}

static char *put_directions(struct template_encoder *encoder, char *out, unsigned int shape,
			    const struct flow_view *view)
{
	struct flow_view turned;

	if (view->packets[0] > 0)
		out = put_data(encoder, out, shape, view);
	if (view->packets[1] == 0)
		return out;
	turn(view, &turned);
	return put_data(encoder, out, shape, &turned);
}

static size_t put_record(void *context, char *out, const struct flow_view *view)
{
	struct template_encoder *encoder = context;
	const unsigned int shape = flow_shape_of(view);
	char *end;

	if (encoder->dialect->form == FLOW_BIFLOW)
		end = put_data(encoder, out, shape, view);
	else
		end = put_directions(encoder, out, shape, view);
	encoder->flows.packets += view->packets[0] + view->packets[1];
	encoder->flows.octets += view->octets[0] + view->octets[1];
	return (size_t)(end - out);
}

/* ---- what is said beside them ---- */

void template_facts(const struct template_encoder *encoder, struct export_facts *facts)
{
	*facts = (struct export_facts){0};
	if (encoder->settings.facts != NULL)
		encoder->settings.facts(encoder->settings.facts_context, facts);
}

uint32_t template_sampling(const struct template_encoder *encoder)
{
	struct export_facts facts;

	if (encoder->settings.sampling > 0)
		return encoder->settings.sampling;
	template_facts(encoder, &facts);
	return facts.sampling > 0 ? facts.sampling : 1;
}

static char *put_template(const struct template_encoder *encoder, char *out, unsigned int shape)
{
	const struct dialect *dialect = encoder->dialect;
	struct field_specifier fields[FLOW_FIELDS_MOST];
	const unsigned int count = flow_template(dialect->form, shape, fields);
	char *set = out;

	out = template_set_begin(set, dialect->template_set);
	out = wire_16(out, (uint16_t)(dialect->first_template + shape));
	out = wire_16(out, (uint16_t)count);
	return template_set_end(encoder, set, dialect->specifiers(out, fields, count));
}

static char *put_part(struct template_encoder *encoder, char *out, uint32_t part)
{
	const struct dialect *dialect = encoder->dialect;

	if (part >= dialect->shapes && part < dialect->shapes + FLOW_SHAPE_COUNT)
		return put_template(encoder, out, part - dialect->shapes);
	return dialect->part(encoder, out, part);
}

/* As many of the parts that are due as make a message, at least one. */
static size_t announce(struct template_encoder *encoder, char *out)
{
	size_t size = begin_message(encoder, out);
	char part[PART_MOST];

	for (; encoder->next < encoder->until; encoder->next++) {
		size_t length = (size_t)(put_part(encoder, part, encoder->next) - part);

		if (size + length > encoder->settings.message)
			break;
		memcpy(out + size, part, length);
		size += length;
		encoder->records++;
		encoder->data_records += part[0] != '\0'; /* sets of templates have low numbers */
	}
	size = end_message(encoder, out, size, 0);
	encoder->since_templates = 0;
	return size;
}

static size_t tell_statistics(struct template_encoder *encoder, char *out,
			      const struct outlet *outlet)
{
	size_t size = begin_message(encoder, out);
	char *end = encoder->dialect->statistics(encoder, out + size, outlet);

	encoder->told = encoder->now;
	encoder->records = encoder->data_records = 1;
	return end_message(encoder, out, (size_t)(end - out), 0);
}

static bool passed(const struct template_encoder *encoder, uint64_t since, uint32_t seconds)
{
	return encoder->now - since >= seconds * CLOCK_SECOND;
}

/* Is it time to say parts again? */
static void look_at_time(struct template_encoder *encoder)
{
	const struct template_settings *settings = &encoder->settings;
	const struct dialect *dialect = encoder->dialect;
	bool by_time = passed(encoder, encoder->announced, settings->refresh);

	if (encoder->next < encoder->until)
		return;
	if (!by_time && (settings->refresh_packets == 0 ||
			 encoder->since_templates < settings->refresh_packets))
		return;
	encoder->next = by_time ? 0 : dialect->templates;
	encoder->until = by_time ? dialect->parts : dialect->shapes + FLOW_SHAPE_COUNT;
	if (by_time)
		encoder->announced = encoder->now;
}

static size_t put_due(void *context, char *out, const struct outlet *outlet)
{
	struct template_encoder *encoder = context;
	const struct clock_reading reading = clock_read();

	encoder->now = reading.clock;
	encoder->date = clock_date(reading) / CLOCK_MILLISECOND;
	look_at_time(encoder);
	if (encoder->next < encoder->until)
		return announce(encoder, out);
	if (passed(encoder, encoder->told, encoder->settings.statistics))
		return tell_statistics(encoder, out, outlet);
	return 0;
}

static size_t put_last(void *context, char *out, const struct outlet *outlet)
{
	struct template_encoder *encoder = context;

	if (encoder->next < encoder->until)
		return put_due(context, out, outlet);
	if (encoder->told_last)
		return 0;
	encoder->told_last = true;
	return tell_statistics(encoder, out, outlet);
}

/* ---- the connection ---- */

static void restart(void *context)
{
	struct template_encoder *encoder = context;
	const struct clock_reading reading = clock_read();

	if (!encoder->settings.datagrams)
		encoder->sequence = encoder->numbers = 0;
	encoder->now = encoder->announced = reading.clock;
	encoder->date = clock_date(reading) / CLOCK_MILLISECOND;
	encoder->next = 0;
	encoder->until = encoder->dialect->parts;
	encoder->told = encoder->now;
	if (encoder->messages > 0) /* what became of the last connection is told at once */
		encoder->told -= encoder->settings.statistics * CLOCK_SECOND;
	encoder->told_last = false;
}

/* Octets of the longest data record and the header of its set, in front and behind. */
static size_t longest_record(const struct dialect *dialect)
{
	struct field_specifier fields[FLOW_FIELDS_MOST];
	size_t most = 0;

	for (unsigned int shape = 0; shape < FLOW_SHAPE_COUNT; shape++) {
		unsigned int count = flow_template(dialect->form, shape, fields);
		size_t length = 0;

		for (unsigned int i = 0; i < count; i++)
			length += fields[i].length;
		most = length > most ? length : most;
	}
	if (dialect->form != FLOW_BIFLOW)
		most *= 2;
	return most + 4 + 2 * (dialect->align - 1u);
}

int template_encoder_open(const struct dialect *dialect, const struct template_settings *settings,
			  struct encoder *made, struct error *error)
{
	struct template_encoder *encoder = calloc(1, sizeof(*encoder));

	if (encoder == NULL)
		return error_set(error, ENOMEM, "no memory for it; free some");
	encoder->settings = *settings;
	encoder->dialect = dialect;
	*made = (struct encoder){
		.message = settings->message,
		.longest = longest_record(dialect),
		.begin = begin_message,
		.record = put_record,
		.end = end_message,
		.gone = message_gone,
		.due = put_due,
		.last = put_last,
		.restart = restart,
		.close = free,
		.context = encoder,
	};
	restart(encoder);
	return 0;
}
