/* SPDX-License-Identifier: BSD-3-Clause */
#include "mirror.h"
#include "rig.h"

/* Live flows as they are asked for: page by page, while others end and begin. */

static const struct shot packet = {.source = 0x0a000001,
				   .destination = 0xc0000201,
				   .source_port = 40000,
				   .destination_port = 443,
				   .protocol = PROTOCOL_TCP,
				   .tcp_flags = TCP_ACK,
				   .octets = 100};

static struct rig *rig_of_90_flows(void)
{
	struct rig *rig =
		rig_open(&(struct rig_settings){.workers = 3, .extensions = MIRROR_EXTENSIONS});

	for (uint16_t i = 1; i <= 100; i++) {
		struct shot shot = packet;

		shot.source_port = i;
		rig_send(rig, &shot, i);
		if (i % 10 == 0) {
			shot.tcp_flags = TCP_RST;
			rig_send(rig, &shot, 1);
		}
	}
	rig_linger(rig);
	return rig;
}

/* Each once, with its counts and lines. */
static void see_flows(bool seen[101], const struct stats_live_flow *flows, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct flow_view *view = &flows[i].view;

		cr_assert_null(mirror_wrong(view));
		cr_assert_not(seen[view->source_port]);
		cr_assert_eq(view->packets[0], view->source_port);
		seen[view->source_port] = true;
	}
}

Test(live, pages_of_flows)
{
	struct rig *rig = rig_of_90_flows();
	struct stats_live_flow flows[40];
	bool seen[101] = {false};
	uint32_t unread;

	for (uint64_t offset = 0; offset < 90; offset += 40) {
		uint32_t count = stats_live_flows(rig->stats, 0, offset, flows, 40, &unread);

		cr_assert_eq(count, offset < 80 ? 40 : 10);
		see_flows(seen, flows, count);
	}
	cr_assert_eq(stats_live_flows(rig->stats, 0, 90, flows, 40, &unread), 0);
	cr_assert_eq(stats_live_flows(rig->stats, 0, 0, NULL, 0, &unread), 0);
	cr_assert_eq(stats_live_count(rig->stats), 90);
	rig_close(rig);
}

/* From place to place every flow is seen that lives all along, whatever comes and goes. */
Test(live, places_of_flows)
{
	struct rig *rig = rig_of_90_flows();
	struct stats_live_flow flows[7];
	bool seen[101] = {false};
	uint64_t from = 0;
	uint32_t count, unread;

	while ((count = stats_live_flows(rig->stats, from, 0, flows, 7, &unread)) > 0) {
		struct shot shot = packet;

		see_flows(seen, flows, count);
		from = flows[count - 1].next;
		/* The first one seen ends; where it was, an OFFSET would skip another. */
		shot.source_port = flows[0].view.source_port;
		shot.tcp_flags = TCP_RST;
		rig_send(rig, &shot, 1);
		rig_linger(rig);
	}
	for (uint16_t port = 1; port <= 100; port++)
		cr_expect_eq(seen[port], port % 10 != 0, "%u", port);
	cr_assert_eq(stats_live_flows(rig->stats, INT64_MAX, 0, flows, 7, &unread), 0);
	rig_close(rig);
}
