/* SPDX-License-Identifier: BSD-3-Clause */
/* A table without a free slot: who goes, and what happens when nothing can leave. */
#include "support.h"

#define CAPACITY 64

/* Flows 0..CAPACITY-1 in the slots of the same number, `octets` of each as asked. */
static void open_full(struct feeder *feeder, uint32_t (*octets)(uint32_t flow))
{
	struct flow_settings settings = usual_settings(CAPACITY);

	feeder_open(feeder, &settings, 1);
	for (uint32_t i = 0; i < CAPACITY; i++) {
		struct packet packet = numbered_packet(i, false, EPOCH + i);

		packet.octets = octets(i);
		packet.frame_length = packet.octets + 14;
		feeder_packet(feeder, &packet);
	}
	feeder_flush(feeder);
	cr_assert_eq(feeder_live(feeder), CAPACITY);
}

static uint32_t number_of(const struct flow_view *view)
{
	return view->source_port - 1000u;
}

static uint32_t every_other_heavy(uint32_t flow)
{
	return flow % 2 == 0 ? 20000 : 100;
}

static uint32_t equal(uint32_t flow)
{
	(void)flow;
	return 100;
}

static void feed(struct feeder *feeder, uint32_t flow, uint64_t clock)
{
	struct packet packet = numbered_packet(flow, false, clock);

	feeder_packet(feeder, &packet);
}

Test(full, a_flood_leaves_the_heavy_flows)
{
	struct feeder feeder;
	uint32_t flood = 50000;

	open_full(&feeder, every_other_heavy);
	for (uint32_t i = 0; i < flood; i++) {
		feed(&feeder, 1000 + i, EPOCH + MILLISECOND + i);
		feeder_take(&feeder);
	}
	feeder_flush(&feeder);
	cr_assert_eq(feeder.ended_count, flood);
	for (uint32_t i = 0; i < feeder.ended_count; i++) {
		struct flow_view view = feeder_view(&feeder, i);

		cr_assert_eq(view.end, FLOW_END_RESOURCES);
		cr_assert_lt(view.octets[0], 20000);
	}
	cr_assert_eq(feeder_live(&feeder), CAPACITY);
	cr_assert_eq(flow_table_counters(feeder.table)->overflow_packets[FLOW_OVERFLOW_TABLE], 0);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

static bool refreshed(uint32_t flow)
{
	return flow != 2 && flow != 11;
}

static uint32_t equal_once_refreshed(uint32_t flow)
{
	return refreshed(flow) ? 100 : 186;
}

Test(full, of_equal_flows_the_one_unseen_for_longest_goes)
{
	static const uint32_t victims[] = {2, 11};
	struct feeder feeder;

	open_full(&feeder, equal_once_refreshed);
	for (uint32_t i = 0; i < CAPACITY; i++) {
		if (refreshed(i))
			feed(&feeder, i, EPOCH + SECOND); /* 86 octets */
	}
	/* Each looks at four slots for itself, and at four more for a later victim. */
	feed(&feeder, 500, EPOCH + 2 * SECOND); /* 0 to 3 */
	feed(&feeder, 501, EPOCH + 2 * SECOND); /* 8 to 11 */
	feeder_flush(&feeder);
	cr_assert_eq(feeder.ended_count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		struct flow_view view = feeder_view(&feeder, i);

		cr_assert_eq(number_of(&view), victims[i]);
		cr_assert_eq(view.end, FLOW_END_RESOURCES);
	}
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

static uint32_t third_is_heaviest(uint32_t flow)
{
	return flow == 2 ? 60000 : 100;
}

Test(full, a_flow_past_its_timeout_goes_first)
{
	struct feeder feeder;

	open_full(&feeder, third_is_heaviest);
	for (uint32_t i = 0; i < CAPACITY; i++) {
		if (i != 2)
			feed(&feeder, i, EPOCH + 10 * SECOND);
	}
	feed(&feeder, 500, EPOCH + 17 * SECOND);
	feeder_flush(&feeder);
	cr_assert_eq(feeder.ended_count, 1);
	struct flow_view view = feeder_view(&feeder, 0);

	cr_assert_eq(number_of(&view), 2);
	cr_assert_eq(view.end, FLOW_END_IDLE);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

Test(full, overflow_while_nothing_can_leave_is_exact)
{
	struct feeder feeder;
	uint32_t late = 300;

	open_full(&feeder, equal);
	/* Nobody takes: each of these evicts one, until the outbox is full. */
	for (uint32_t i = 0; i < FLOW_OUTBOX; i++)
		feed(&feeder, 1000 + i, EPOCH + SECOND);
	for (uint32_t i = 0; i < late; i++)
		feed(&feeder, 3000 + i, EPOCH + SECOND);
	/* The flows that are in still count. */
	feed(&feeder, 1000 + FLOW_OUTBOX - 1, EPOCH + SECOND);
	feeder_push(&feeder);
	feeder_push(&feeder);

	const struct flow_counters *counters = flow_table_counters(feeder.table);

	cr_assert_eq(counters->overflow_packets[FLOW_OVERFLOW_TABLE], late);
	cr_assert_eq(counters->overflow_packets[FLOW_OVERFLOW_BUCKET], 0);
	cr_assert_eq(counters->overflow_octets, late * 86);
	cr_assert_eq(counters->ended[FLOW_END_RESOURCES], FLOW_OUTBOX);
	cr_assert_eq(counters->packets, CAPACITY + FLOW_OUTBOX + 1);
	feeder_take(&feeder);
	feeder_check_conserved(&feeder);

	/* Room again. */
	feed(&feeder, 5000, EPOCH + SECOND);
	feeder_flush(&feeder);
	cr_assert_eq(counters->overflow_packets[FLOW_OVERFLOW_TABLE], late);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

/* What closes is the flag, not the protocol. The closed record ends at once. */
static void close_and_reopen(struct feeder *feeder, uint32_t flow, uint64_t clock)
{
	struct packet packet = numbered_packet(flow, false, clock);

	packet.tcp_flags = RST;
	feeder_packet(feeder, &packet);
	packet.tcp_flags = SYN;
	feeder_packet(feeder, &packet);
}

/* Records that end while the outbox is full stay in their slots: unseen, in order, not lost. */
Test(full, ended_records_wait_for_room)
{
	struct flow_settings settings = usual_settings(2048);
	uint32_t flows = 700;
	struct feeder feeder;

	feeder_open(&feeder, &settings, FLOW_BURST);
	for (uint32_t i = 0; i < flows; i++)
		close_and_reopen(&feeder, i, EPOCH + i);
	while (flow_table_pending(feeder.table) > 0 || flow_table_next(feeder.table)->count > 0)
		feeder_push(&feeder);
	cr_assert_eq(feeder_live(&feeder), flows, "those that are open");
	cr_assert_eq(flow_table_counters(feeder.table)->ended[FLOW_END_CLOSED], flows);
	feeder_drain(&feeder);
	cr_assert_eq(feeder.ended_count, flows);
	for (uint32_t i = 0; i < flows; i++) {
		struct flow_view view = feeder_view(&feeder, i);

		cr_assert_eq(number_of(&view), i);
	}
	feeder_check_conserved(&feeder);

	/* All other slots are free again: as many flows fit as before. */
	for (uint32_t i = 0; i < 2048; i++)
		feed(&feeder, i, EPOCH + SECOND);
	feeder_flush(&feeder);
	cr_assert_eq(feeder_live(&feeder), 2048);
	cr_assert_eq(feeder.ended_count, flows);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

/* The worker may take less than there is. */
Test(full, the_outbox_can_be_taken_in_parts)
{
	struct flow_settings settings = usual_settings(4096);
	const struct flow_record *records;
	struct feeder feeder;
	uint32_t next = 0, fed = 0, count;

	feeder_open(&feeder, &settings, 1);
	for (; next < 2000; fed++) {
		if (fed < 2000)
			close_and_reopen(&feeder, fed, EPOCH + fed);
		else
			feeder_push(&feeder);
		if (fed % 100 != 99)
			continue;
		count = flow_table_outbox(feeder.table, &records);
		count = count < 150 ? count / 2 + 1 : 110;
		for (uint32_t i = 0; i < count && next < 2000; i++, next++) {
			struct flow_view view;

			flow_view(&records[i], &view);
			cr_assert_eq(number_of(&view), next);
		}
		if (next < 2000)
			flow_table_taken(feeder.table, count);
	}
	feeder_close(&feeder);
}
