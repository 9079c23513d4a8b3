/* SPDX-License-Identifier: BSD-3-Clause */
/* IPFIX and NetFlow v9: lengths and numbers. What the octets mean tests.golden.collected knows. */
#include <criterion/criterion.h>
#include <endian.h>
#include <string.h>

#include "fixture.h"
#include "ipfix.h"
#include "netflow9.h"

static const struct dialect *const dialects[] = {&ipfix_biflow, &ipfix_uniflow, &netflow9};
#define DIALECTS (sizeof(dialects) / sizeof(dialects[0]))

static const struct template_settings usual = {
	.domain = 1, .message = TEMPLATE_MESSAGE_LEAST, .refresh = 3600, .statistics = 3600};

static char message[65536];

static struct encoder open_encoder(const struct dialect *dialect,
				   const struct template_settings *settings)
{
	struct encoder encoder;

	cr_assert_eq(template_encoder_open(dialect, settings, &encoder, NULL), 0);
	return encoder;
}

static uint32_t sequence_of(const struct dialect *dialect)
{
	uint32_t number;

	memcpy(&number, message + dialect->header - 8, sizeof(number));
	return be32toh(number);
}

/* All that is due; how many messages, and *size: the longest. */
static unsigned int announce(const struct encoder *encoder, size_t *size)
{
	unsigned int messages = 0;
	size_t got;

	for (*size = 0; (got = encoder->due(encoder->context, message, NULL)) > 0; messages++) {
		encoder->gone(encoder->context, true);
		*size = got > *size ? got : *size;
	}
	return messages;
}

/* A message of so many records like this, as the outlet makes it. Its size. */
static size_t put(const struct encoder *encoder, const struct flow_view *view, uint32_t records)
{
	size_t size = encoder->begin(encoder->context, message);

	for (uint32_t i = 0; i < records; i++)
		size += encoder->record(encoder->context, message + size, view);
	return encoder->end(encoder->context, message, size, records);
}

Test(templates, have_the_length_of_their_records)
{
	static const uint8_t protocols[] = {17, 1, 6, 58};
	struct field_specifier fields[FLOW_FIELDS_MOST];
	struct flow_view view = fixture_flow;

	view.packets[1] = 0;
	for (size_t d = 0; d < DIALECTS; d++)
		for (unsigned int shape = 0; shape < FLOW_SHAPE_COUNT; shape++) {
			struct encoder encoder = open_encoder(dialects[d], &usual);
			unsigned int count = flow_template(dialects[d]->form, shape, fields);
			size_t length = 0, two;

			view.version = shape < 4 ? 4 : 6;
			view.protocol = protocols[shape % 4];
			cr_assert_eq(flow_shape_of(&view), shape);
			for (unsigned int i = 0; i < count; i++)
				length += fields[i].length;
			two = put(&encoder, &view, 2) - dialects[d]->header - 4;
			cr_expect_geq(two, 2 * length);
			cr_expect_lt(two, 2 * length + dialects[d]->align);
			encoder.close(encoder.context);
		}
}

/* Whatever is in it: as many records as the outlet takes for possible fit a message. */
Test(templates, no_record_is_longer_than_the_longest)
{
	struct flow_view view;

	memset(&view, 0xff, sizeof(view));
	for (size_t d = 0; d < DIALECTS; d++)
		for (int protocol = 0; protocol < 256; protocol++)
			for (int version = 4; version <= 6; version += 2) {
				struct encoder encoder = open_encoder(dialects[d], &usual);
				uint32_t fit = (uint32_t)((encoder.message - dialects[d]->header) /
							  encoder.longest);

				view.version = version;
				view.protocol = (uint8_t)protocol;
				cr_expect_gt(fit, 0);
				cr_expect_leq(put(&encoder, &view, fit), encoder.message);
				encoder.close(encoder.context);
			}
}

Test(templates, announcements_fit_messages_and_end)
{
	for (size_t d = 0; d < DIALECTS; d++) {
		struct encoder encoder = open_encoder(dialects[d], &usual);
		size_t longest;

		cr_expect_gt(announce(&encoder, &longest), 1);
		cr_expect_leq(longest, usual.message);
		cr_expect_eq(announce(&encoder, &longest), 0, "all of it is said");
		encoder.close(encoder.context);
	}
}

/* By RFC 7011 data records count, by RFC 3954 messages. */
Test(templates, numbers_go_on_where_nobody_knows_of_connections)
{
	for (size_t d = 0; d < DIALECTS; d++) {
		struct template_settings settings = usual;
		uint32_t before, step = dialects[d] == &netflow9       ? 1
					: dialects[d] == &ipfix_biflow ? 3
								       : 6;

		for (int datagrams = 0; datagrams <= 1; datagrams++) {
			settings.datagrams = datagrams;
			struct encoder encoder = open_encoder(dialects[d], &settings);
			size_t longest;

			announce(&encoder, &longest);
			put(&encoder, &fixture_flow, 3);
			before = sequence_of(dialects[d]);
			encoder.gone(encoder.context, true);
			put(&encoder, &fixture_flow, 3);
			cr_expect_eq(sequence_of(dialects[d]), before + step);
			/* That one does not leave before there is a new connection. */
			encoder.restart(encoder.context);
			encoder.due(encoder.context, message, NULL);
			cr_expect_eq(sequence_of(dialects[d]), datagrams ? before + step : 0);
			encoder.close(encoder.context);
		}
	}
}

/* Too long for the way, say: there is an end to trying, and templates come again when it is time.
 */
Test(templates, an_announcement_that_is_lost_is_not_repeated_at_once)
{
	struct template_settings settings = usual;

	settings.refresh_packets = 4096;
	for (size_t d = 0; d < DIALECTS; d++) {
		struct encoder encoder = open_encoder(dialects[d], &settings);
		unsigned int messages = 0;

		while (messages < 1000 && encoder.due(encoder.context, message, NULL) > 0) {
			encoder.gone(encoder.context, false);
			messages++;
		}
		cr_expect_lt(messages, 1000);
		encoder.close(encoder.context);
	}
}

/* At the end of what cannot be sent: the last one takes its place, and its numbers. */
Test(templates, what_never_left_has_no_numbers)
{
	struct template_settings settings = usual;
	size_t longest;

	settings.datagrams = true;
	for (size_t d = 0; d < DIALECTS; d++) {
		struct encoder encoder = open_encoder(dialects[d], &settings);
		uint32_t before;

		announce(&encoder, &longest);
		put(&encoder, &fixture_flow, 3);
		before = sequence_of(dialects[d]);
		encoder.last(encoder.context, message, NULL);
		cr_expect_eq(sequence_of(dialects[d]), before);
		encoder.close(encoder.context);
	}
}

static void tell_final(void *context, struct export_facts *facts)
{
	(void)context;
	*facts = (struct export_facts){.final = true};
}

/* Of statistics with no record sent weirFinal alone can be 1. */
static bool says_final(size_t size)
{
	uint64_t value = 0;

	for (size_t at = ipfix_biflow.header + 8u; be64toh(value) != 1 && at < size;
	     at += sizeof(value))
		memcpy(&value, message + at, sizeof(value));
	return be64toh(value) == 1;
}

/* When all flows have ended their records may still wait. */
Test(templates, the_very_last_statistics_alone_are_final)
{
	struct template_settings settings = usual;
	size_t longest;

	settings.facts = tell_final;
	struct encoder encoder = open_encoder(&ipfix_biflow, &settings);
	struct template_encoder *inside = encoder.context;

	announce(&encoder, &longest);
	cr_expect_gt(inside->messages, 1);
	inside->told -= settings.statistics * CLOCK_SECOND;
	cr_expect_not(says_final(encoder.due(encoder.context, message, NULL)));
	encoder.gone(encoder.context, true);
	cr_expect(says_final(encoder.last(encoder.context, message, NULL)));
	encoder.close(encoder.context);
}

Test(templates, what_is_lost_is_not_sent)
{
	struct encoder encoder = open_encoder(&ipfix_uniflow, &usual);
	const struct template_encoder *inside = encoder.context;

	put(&encoder, &fixture_flow, 2);
	encoder.gone(encoder.context, true);
	put(&encoder, &fixture_flow, 1);
	encoder.gone(encoder.context, false);
	put(&encoder, &fixture_flow, 5); /* on its way */
	cr_expect_eq(inside->sent.records, 4, "both directions of two");
	cr_expect_eq(inside->sent.packets, 2 * (10 + 12));
	cr_expect_eq(inside->sent.octets, 2 * (1000 + 15000));
	cr_expect_eq(inside->lost.records, 2);
	cr_expect_eq(inside->lost.packets, 10 + 12);
	cr_expect_eq(inside->messages, 1);
	encoder.close(encoder.context);
}

/* The wild times of captures: no more than a boot of 40 days before can be said. */
Test(templates, netflow_counts_from_a_boot)
{
	struct template_settings settings = usual;
	struct flow_view view = fixture_flow;
	uint32_t uptime, seconds;

	settings.capture = true;
	struct encoder encoder = open_encoder(&netflow9, &settings);
	const struct template_encoder *inside = encoder.context;

	view.first = 0; /* 1970 */
	put(&encoder, &view, 1);
	memcpy(&uptime, message + 4, sizeof(uptime));
	memcpy(&seconds, message + 8, sizeof(seconds));
	uptime = be32toh(uptime);
	seconds = be32toh(seconds);
	cr_expect_eq(seconds, (view.last + CLOCK_SECOND - 1) / CLOCK_SECOND);
	cr_expect_eq(seconds * UINT64_C(1000) - uptime, inside->boot);
	cr_expect_eq(inside->boot + UINT64_C(40) * 86400000, view.last / CLOCK_MILLISECOND);
	encoder.close(encoder.context);
}
