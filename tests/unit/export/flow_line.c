/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <string.h>

#include "fixture.h"
#include <weir/flow_line.h>

/* One line is what document_flow() makes of the view, and one line only. */
static void check_line(const struct flow_view *view)
{
	char line[FLOW_LINE_MAX + 1];
	size_t length = flow_line(line, view);

	cr_assert_leq(length, FLOW_LINE_MAX);
	line[length] = '\0';
	cr_assert_eq(strchr(line, '\n'), line + length - 1);
	json_t *parsed = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	json_t *document = document_flow(view);

	cr_assert_not_null(parsed, "%s", line);
	cr_expect(json_equal(parsed, document), "%s", line);
	json_decref(parsed);
	json_decref(document);
}

Test(flow_line, equals_the_document)
{
	static const uint8_t protocols[] = {0, 1, 6, 17, 58, 132, 255};
	struct flow_view view = fixture_flow;

	for (size_t i = 0; i < sizeof(protocols); i++)
		for (int end = FLOW_LIVE; end < FLOW_ENDS; end++)
			for (view.version = 4; view.version <= 6; view.version += 2) {
				view.protocol = protocols[i];
				view.end = end;
				check_line(&view);
			}
}

Test(flow_line, extremes)
{
	struct flow_view view;

	memset(&view, 0, sizeof(view));
	view.version = 4;
	check_line(&view);
	/* all bits set, as far as JSON's signed integers go */
	memset(&view, 0xff, sizeof(view));
	view.version = 6;
	view.protocol = 6;
	view.end = FLOW_END_RESOURCES;
	view.packets[0] = view.packets[1] = view.octets[0] = view.octets[1] = INT64_MAX;
	view.frame_octets = INT64_MAX;
	check_line(&view);
}

/* As an outlet makes them. */
Test(flow_line, encoder)
{
	const struct encoder *encoder = &flow_line_encoder;
	char by_encoder[FLOW_LINE_MAX], line[FLOW_LINE_MAX];
	size_t size = encoder->record(encoder->context, by_encoder, &fixture_flow);

	cr_expect_leq(size, encoder->longest);
	cr_expect_geq(encoder->message, encoder->longest);
	cr_assert_eq(size, flow_line(line, &fixture_flow));
	cr_expect_eq(memcmp(by_encoder, line, size), 0);
}
