/* SPDX-License-Identifier: BSD-3-Clause */
#include "kafka_line.h"

#include <criterion/criterion.h>
#include <string.h>

#include <weir/document.h>

#include "fixture.h"

static struct kafka_lines lines;
static char room[KAFKA_LINE_MAX];

static struct kafka_head put(const struct flow_view *view)
{
	struct encoder encoder = kafka_lines_encoder(&lines, "edge-1");
	size_t size = encoder.record(encoder.context, room, view);
	struct kafka_head head;

	memcpy(&head, room, sizeof(head));
	cr_assert_eq(size, sizeof(head) + head.size);
	cr_assert_leq(size, encoder.longest);
	return head;
}

static void expect_same_key(const struct flow_view *one, const struct flow_view *other, bool same)
{
	struct kafka_head first = put(one), second = put(other);

	cr_expect_eq(memcmp(first.key, second.key, KAFKA_KEY) == 0, same);
}

/* What stands behind the head is the line of --flows, with one field more, in front. */
Test(kafka_line, is_the_line_and_who_it_is_of)
{
	struct kafka_head head = put(&fixture_flow);
	json_t *parsed = json_loadb(room + sizeof(head), head.size, JSON_REJECT_DUPLICATES, NULL);
	json_t *expected = document_flow(&fixture_flow);

	json_object_set_new(expected, "exporter", json_string("edge-1"));
	cr_expect(json_equal(parsed, expected), "%.*s", (int)head.size, room + sizeof(head));
	cr_expect_eq(strncmp(room + sizeof(head), "{\"exporter\"", 11), 0);
	for (size_t i = 0; i < KAFKA_KEY; i++) /* which nothing terminates */
		cr_expect_not_null(memchr("0123456789abcdef", head.key[i], 16));
	json_decref(parsed);
	json_decref(expected);
}

Test(kafka_line, a_flow_has_one_key_whoever_sent_first)
{
	struct flow_view one = fixture_flow, other = fixture_flow;

	memcpy(other.source, one.destination, sizeof(other.source));
	memcpy(other.destination, one.source, sizeof(other.destination));
	other.source_port = one.destination_port;
	other.destination_port = one.source_port;
	other.packets[0] = 77;
	other.first += 1000000;
	expect_same_key(&one, &other, true);
	/* A server's port does not change ends. */
	other.source_port = one.source_port;
	other.destination_port = one.destination_port;
	expect_same_key(&one, &other, one.source_port == one.destination_port);
}

Test(kafka_line, other_flows_have_other_keys)
{
	struct flow_view other = fixture_flow;

	other.vlan ^= 1;
	expect_same_key(&fixture_flow, &other, false);
	other = fixture_flow;
	other.protocol ^= 1;
	expect_same_key(&fixture_flow, &other, false);
	other = fixture_flow;
	other.source[3] ^= 1;
	expect_same_key(&fixture_flow, &other, false);
	other = fixture_flow;
	other.destination_port ^= 1;
	expect_same_key(&fixture_flow, &other, false);
}
