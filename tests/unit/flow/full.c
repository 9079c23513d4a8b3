/* SPDX-License-Identifier: BSD-3-Clause */
/* A table without a free slot: who goes, and what happens when nothing can leave. */
#include "support.h"

#define CAPACITY 64

/* Flows 0..CAPACITY-1 in the slots of the same number, all of one packet, a while ago. */
static void open_full(struct feeder *feeder)
{
	struct flow_settings settings = usual_settings(CAPACITY);

	feeder_open(feeder, &settings, 1);
	for (uint32_t i = 0; i < CAPACITY; i++) {
		struct packet packet = numbered_packet(i, false, EPOCH + i);

		feeder_packet(feeder, &packet);
	}
	feeder_flush(feeder);
	cr_assert_eq(feeder_live(feeder), CAPACITY);
}

static uint32_t number_of(const struct flow_view *view)
{
	return view->source_port - 1000u;
}

static void feed(struct feeder *feeder, uint32_t flow, uint64_t clock)
{
	struct packet packet = numbered_packet(flow, false, clock);

	feeder_packet(feeder, &packet);
}

static void answer(struct feeder *feeder, uint32_t flow, uint64_t clock)
{
	struct packet packet = numbered_packet(flow, true, clock);

	feeder_packet(feeder, &packet);
}

/* Flows of `packets` packets of 1480 octets each, one after the other. */
static void flood(struct feeder *feeder, uint32_t flows, uint32_t packets, uint64_t clock)
{
	for (uint32_t i = 0; i < flows * packets; i++) {
		struct packet packet = numbered_packet(1000 + i / packets, false, clock + 200 * i);

		packet.octets = 1480;
		packet.frame_length = 1494;
		feeder_packet(feeder, &packet);
		feeder_take(feeder);
	}
	feeder_flush(feeder);
}

/* None of the first CAPACITY flows for which `there` says so has ended; all else has room. */
static void expect_kept(struct feeder *feeder, bool (*there)(uint32_t flow))
{
	for (uint32_t i = 0; i < feeder->ended_count; i++) {
		struct flow_view view = feeder_view(feeder, i);

		cr_assert_not(number_of(&view) < CAPACITY && there(number_of(&view)), "%u",
			      number_of(&view));
		cr_assert_eq(view.end, FLOW_END_RESOURCES);
	}
	cr_assert_eq(feeder_live(feeder), CAPACITY);
	cr_assert_eq(flow_table_counters(feeder->table)->overflow_packets[FLOW_OVERFLOW_TABLE], 0);
	feeder_check_conserved(feeder);
	feeder_close(feeder);
}

/* They came together and lie together; the last quarter of the table is for the flood. */
static bool three_of_four(uint32_t flow)
{
	return flow < CAPACITY / 4 * 3;
}

/* However large its packets: who was there stays, even with a single packet. */
Test(full, a_flood_takes_its_own_room)
{
	struct feeder feeder;

	open_full(&feeder);
	feed(&feeder, 50, EPOCH + 70); /* makes no difference: all three others have two, later */
	for (uint32_t i = 0; i < CAPACITY; i++) {
		if (three_of_four(i))
			feed(&feeder, i, EPOCH + SECOND);
	}
	flood(&feeder, 50000, 1, EPOCH + 2 * SECOND);
	expect_kept(&feeder, three_of_four);
}

/* Small flows that go on, against a flood of several packets a flow. */
Test(full, packets_in_a_burst_are_no_standing)
{
	struct feeder feeder;

	open_full(&feeder);
	for (uint32_t i = 0; i < CAPACITY; i++) {
		if (three_of_four(i))
			answer(&feeder, i, EPOCH + SECOND);
	}
	flood(&feeder, 10000, 20, EPOCH + 2 * SECOND);
	expect_kept(&feeder, three_of_four);
}

/* A flow that begins in the flood, and means it. */
Test(full, a_new_flow_finds_room_in_a_flood)
{
	struct feeder feeder;
	uint64_t clock = EPOCH + SECOND;
	uint32_t ended = 0;

	open_full(&feeder);
	flood(&feeder, 1000, 1, clock);
	for (uint32_t i = 0; i < 20000; i++) {
		clock += 1000;
		feed(&feeder, 2000 + i, clock);
		if (i % 4 == 0)
			feed(&feeder, 500, clock);
		feeder_take(&feeder);
	}
	feeder_flush(&feeder);
	for (uint32_t i = 0; i < feeder.ended_count; i++) {
		struct flow_view view = feeder_view(&feeder, i);

		ended += number_of(&view) == 500;
	}
	cr_assert_leq(ended, 1);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

Test(full, of_equal_flows_the_youngest_goes)
{
	struct feeder feeder;

	open_full(&feeder);
	feed(&feeder, 500, EPOCH + SECOND);
	feeder_flush(&feeder);
	cr_assert_eq(feeder.ended_count, 1);
	/* 500 is in the slot that was left; round the table, and it is the youngest there. */
	for (uint32_t i = 1; i < CAPACITY / 4 + 3; i++)
		feed(&feeder, 500 + i, EPOCH + (1 + i) * SECOND / 100 + SECOND);
	feeder_flush(&feeder);

	bool gone = false;

	for (uint32_t i = 0; i < feeder.ended_count; i++) {
		struct flow_view view = feeder_view(&feeder, i);

		cr_assert_eq(view.end, FLOW_END_RESOURCES);
		gone |= number_of(&view) == 500;
	}
	cr_assert(gone);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

/* In one of the slots that are looked at first: the first of each quarter. */
#define FIRST (CAPACITY / 2)

/* A heavy flow past its timeout, or closed, goes before one with a single packet. */
static void expect_first_to_go(uint8_t flags, uint64_t until, enum flow_end end)
{
	struct feeder feeder;

	open_full(&feeder);
	for (uint32_t i = 0; i < 50; i++) {
		feed(&feeder, FIRST, EPOCH + SECOND);
		answer(&feeder, FIRST, EPOCH + SECOND);
	}
	struct packet last = numbered_packet(FIRST, false, EPOCH + SECOND);

	last.tcp_flags = flags;
	feeder_packet(&feeder, &last);
	for (uint32_t i = 0; i < CAPACITY; i++) {
		if (i != FIRST)
			feed(&feeder, i, EPOCH + 2 * SECOND);
	}
	feed(&feeder, 500, EPOCH + until);
	feeder_flush(&feeder);
	cr_assert_eq(feeder.ended_count, 1);
	struct flow_view view = feeder_view(&feeder, 0);

	cr_assert_eq(number_of(&view), FIRST);
	cr_assert_eq(view.end, end);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

Test(full, who_is_done_goes_first)
{
	expect_first_to_go(ACK, 17 * SECOND + 1, FLOW_END_IDLE);
	expect_first_to_go(RST, 2 * SECOND, FLOW_END_CLOSED);
}

/* Flows whose record left by the active timeout in the middle of a flood are not new ones. */
Test(full, an_active_timeout_costs_no_standing)
{
	struct feeder feeder;
	uint64_t clock = EPOCH + SECOND;
	uint32_t whole = 0;

	open_full(&feeder);
	for (uint32_t i = 0; i < CAPACITY; i++) {
		if (three_of_four(i))
			answer(&feeder, i, clock);
	}
	/* A packet a second for each of them, and 2000 flows of a flood in between. */
	for (uint32_t second = 2; second < 140; second++) {
		for (uint32_t i = 0; i < 2000; i++) {
			clock = EPOCH + second * SECOND + i * 400000;
			feed(&feeder, 1000 + i + second * 2000 % 50000, clock);
			if (i % 31 == 0 && three_of_four(i / 31))
				feed(&feeder, i / 31 % CAPACITY, clock);
			feeder_take(&feeder);
		}
	}
	feeder_flush(&feeder);
	for (uint32_t i = 0; i < feeder.ended_count; i++) {
		struct flow_view view = feeder_view(&feeder, i);

		if (number_of(&view) >= CAPACITY || !three_of_four(number_of(&view)))
			continue;
		cr_assert_eq(view.end, FLOW_END_ACTIVE, "flow %u: %d", number_of(&view), view.end);
		whole++;
	}
	cr_assert_geq(whole, CAPACITY / 4 * 3);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

Test(full, overflow_while_nothing_can_leave_is_exact)
{
	struct feeder feeder;
	uint32_t late = 300;

	open_full(&feeder);
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
