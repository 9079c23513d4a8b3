/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* Through an outlet, as the stats core gives them: all of them, in order. */
Test(flow_line, records_of_an_outlet)
{
	enum { COUNT = 10000 }; /* several buffers */
	static const char *const begins[] = {"{\"", NULL};
	char path[] = "/tmp/weir-flow-line-XXXXXX", line[FLOW_LINE_MAX];
	struct outlet_settings settings = {.path = path,
					   .what = "flow records",
					   .lines = true,
					   .begins = begins,
					   .patience = OUTLET_ALWAYS};
	struct flow_view view = fixture_flow;
	struct outlet *outlet;

	cr_assert_geq(mkstemp(path), 0);
	cr_assert_eq(outlet_open(&settings, &outlet, NULL), 0);
	const struct stats_consumer consumer = flow_line_consumer(outlet);

	for (view.packets[0] = 0; view.packets[0] < COUNT; view.packets[0]++)
		consumer.record(consumer.context, &view);
	cr_expect_eq(outlet_finish(outlet, NULL), 0);
	outlet_free(outlet);
	FILE *in = fopen(path, "r");

	for (view.packets[0] = 0; view.packets[0] < COUNT; view.packets[0]++) {
		cr_assert_not_null(fgets(line, sizeof(line), in));
		json_t *record = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		json_t *expected = document_flow(&view);

		cr_assert(json_equal(record, expected), "%s", line);
		json_decref(record);
		json_decref(expected);
	}
	cr_expect_null(fgets(line, sizeof(line), in));
	fclose(in);
	unlink(path);
}
