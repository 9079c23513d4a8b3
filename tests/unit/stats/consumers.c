/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

/* Who gets ended records, and when there is no room for them. */

static struct shot from_client(uint8_t flags)
{
	return (struct shot){.source = 0x0a000001,
			     .destination = 0xc0000201,
			     .source_port = 40000,
			     .destination_port = 443,
			     .protocol = PROTOCOL_TCP,
			     .tcp_flags = flags,
			     .octets = 100};
}

struct recorded {
	uint32_t count;
	uint64_t packets;
	uint16_t ports[2000];
};

static void record(void *context, const struct flow_view *view)
{
	struct recorded *recorded = context;

	recorded->ports[recorded->count++] = view->source_port;
	recorded->packets += view->packets[0] + view->packets[1];
}

Test(consumers, consumers_get_each_record_once_in_order)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});
	struct recorded recorded[2] = {0};

	for (int i = 0; i < 2; i++) {
		const struct stats_consumer consumer = {.record = record, .context = &recorded[i]};

		cr_assert_eq(stats_add_consumer(rig->stats, &consumer), 0);
	}
	for (uint32_t i = 0; i < 900; i++) {
		struct shot shot = from_client(i % 3 == 2 ? TCP_ACK : TCP_RST),
			    next = from_client(TCP_SYN);

		shot.source_port = next.source_port = (uint16_t)(i + 1);
		rig_send(rig, &shot, 1 + i % 2);
		rig_send(rig, &next, 1);
		if (i % 50 == 0)
			rig_step(rig, CLOCK_SECOND);
	}
	rig_step(rig, CLOCK_SECOND);
	/* Of three shots two are resets: what follows them begins another record. */
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(recorded[i].count, 600);
		for (uint32_t r = 1; r < recorded[i].count; r++)
			cr_assert_geq(recorded[i].ports[r], recorded[i].ports[r - 1]);
	}
	rig_finish(rig);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(recorded[i].count, 1500, "and 900 that lived");
		cr_assert_eq(recorded[i].packets, 1350 + 900);
	}
	rig_close(rig);
}

/* What a consumer that is waited for has no room for stays in the rings, and is given once. */
Test(consumers, a_consumer_without_room_is_waited_for)
{
	struct rig *rig = rig_open(&(struct rig_settings){.workers = 2});
	struct recorded recorded = {0};
	const struct stats_consumer consumer = {
		.record = record, .context = &recorded, .room = rig_room_now};

	cr_assert_eq(stats_add_consumer(rig->stats, &consumer), 0);
	for (uint32_t i = 0; i < 200; i++) {
		struct shot shot = from_client(TCP_RST);

		shot.source_port = (uint16_t)(i + 1);
		rig_send_on(rig, i % 2, &shot, 1);
	}
	rig_linger(rig);
	rig_flush(rig);
	rig_room = 0;
	rig_step(rig, CLOCK_SECOND);
	cr_expect_eq(recorded.count, 0);
	cr_expect_not(stats_take_rest(rig->stats));
	rig_room = 70;
	rig_step(rig, 0);
	cr_expect_leq(recorded.count, 2 * 70, "for each worker it is asked again");
	cr_expect_geq(recorded.count, 70);
	while (!stats_take_rest(rig->stats))
		;
	cr_expect_eq(recorded.count, 200);
	cr_expect_eq(recorded.packets, 200);
	rig_room = UINT32_MAX;
	rig_finish(rig);
	cr_expect_eq(recorded.count, 200);
	rig_close(rig);
}

Test(consumers, too_many_consumers_are_refused)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});
	const struct stats_consumer consumer = {.record = record};

	for (int i = 0; i < STATS_CONSUMERS_MAX; i++)
		cr_assert_eq(stats_add_consumer(rig->stats, &consumer), 0);
	cr_assert_lt(stats_add_consumer(rig->stats, &consumer), 0);
	rig_close(rig);
}
