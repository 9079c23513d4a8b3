/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

/* Live flows count, ended ones too, and no packet twice: the way of records through the core. */

#define CLIENT 0x0a000001
#define SERVER 0xc0000201

static const struct shot request = {.source = CLIENT,
				    .destination = SERVER,
				    .source_port = 40000,
				    .destination_port = 443,
				    .protocol = PROTOCOL_TCP,
				    .tcp_flags = TCP_ACK,
				    .octets = 100};
static const struct shot answer = {.source = SERVER,
				   .destination = CLIENT,
				   .source_port = 443,
				   .destination_port = 40000,
				   .protocol = PROTOCOL_TCP,
				   .tcp_flags = TCP_ACK,
				   .octets = 1000};
/* A client and a server that begin a connection, on the ports of the one before. */
static const struct shot opening = {.source = CLIENT,
				    .destination = SERVER,
				    .source_port = 40000,
				    .destination_port = 443,
				    .protocol = PROTOCOL_TCP,
				    .tcp_flags = TCP_SYN,
				    .octets = 100};
static const struct shot turned = {.source = SERVER,
				   .destination = CLIENT,
				   .source_port = 443,
				   .destination_port = 40000,
				   .protocol = PROTOCOL_TCP,
				   .tcp_flags = TCP_SYN,
				   .octets = 1000};
static const struct shot reset = {.source = CLIENT,
				  .destination = SERVER,
				  .source_port = 40000,
				  .destination_port = 443,
				  .protocol = PROTOCOL_TCP,
				  .tcp_flags = TCP_RST,
				  .octets = 40};

static void assert_row(struct rig *rig, enum stats_dimension dimension, enum stats_window window,
		       struct stats_key key, uint64_t octets, uint64_t packets, uint64_t flows)
{
	struct stats_row row = rig_row(rig, dimension, window, &key);
	const char *name = stats_dimension_names[dimension];

	cr_assert_eq(row.metrics[STATS_OCTETS], octets, "%s: %lu octets", name,
		     row.metrics[STATS_OCTETS]);
	cr_assert_eq(row.metrics[STATS_PACKETS], packets, "%s: %lu packets", name,
		     row.metrics[STATS_PACKETS]);
	cr_assert_eq(row.metrics[STATS_FLOWS], flows, "%s: %lu flows", name,
		     row.metrics[STATS_FLOWS]);
}

Test(counting, every_dimension_of_one_flow)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});

	rig_send(rig, &request, 3);
	rig_send(rig, &answer, 5);
	rig_step(rig, CLOCK_SECOND);
	for (int w = 0; w < STATS_WINDOWS; w++) {
		struct stats_key port = {.protocol = PROTOCOL_TCP, .source_port = 443};
		struct stats_key protocol = {.protocol = PROTOCOL_TCP};

		assert_row(rig, STATS_SOURCE, w, key_source(CLIENT), 300, 3, 1);
		assert_row(rig, STATS_SOURCE, w, key_source(SERVER), 5000, 5, 1);
		assert_row(rig, STATS_DESTINATION, w, key_destination(SERVER), 300, 3, 1);
		assert_row(rig, STATS_DESTINATION, w, key_destination(CLIENT), 5000, 5, 1);
		assert_row(rig, STATS_PAIR, w, key_pair(CLIENT, SERVER), 300, 3, 1);
		assert_row(rig, STATS_PAIR, w, key_pair(SERVER, CLIENT), 5000, 5, 1);
		assert_row(rig, STATS_SOURCE_PORT, w, port, 5000, 5, 1);
		port = (struct stats_key){.protocol = PROTOCOL_TCP, .destination_port = 443};
		assert_row(rig, STATS_DESTINATION_PORT, w, port, 300, 3, 1);
		assert_row(rig, STATS_PROTOCOL, w, protocol, 5300, 8, 1);
		assert_row(rig, STATS_FLOW, w, key_flow(&request), 5300, 8, 1);
		for (int d = 0; d < STATS_DIMENSIONS; d++)
			cr_assert_eq(rig_sum(rig, d, w, STATS_PACKETS), 8);
	}
	rig_close(rig);
}

Test(counting, same_port_of_two_protocols_is_two_rows)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});
	struct shot udp = request, icmp = request;
	struct stats_key port = {.protocol = PROTOCOL_UDP, .destination_port = 443};

	udp.protocol = PROTOCOL_UDP;
	icmp.protocol = 1;
	icmp.source_port = icmp.destination_port = 0;
	rig_send(rig, &request, 1);
	rig_send(rig, &udp, 10);
	rig_send(rig, &icmp, 100);
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_DESTINATION_PORT, STATS_TOTAL, port, 1000, 10, 1);
	port.protocol = PROTOCOL_TCP;
	assert_row(rig, STATS_DESTINATION_PORT, STATS_TOTAL, port, 100, 1, 1);
	cr_assert_eq(rig_sum(rig, STATS_DESTINATION_PORT, STATS_TOTAL, STATS_PACKETS), 11,
		     "ICMP has no ports");
	cr_assert_eq(rig_sum(rig, STATS_PROTOCOL, STATS_TOTAL, STATS_PACKETS), 111);
	rig_close(rig);
}

/* One key for both directions: all of it counts there, and the flow once. */
Test(counting, both_ends_are_alike)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});
	struct shot ntp = request, itself = request;
	struct stats_key port = {.protocol = PROTOCOL_UDP, .source_port = 123};

	ntp.protocol = PROTOCOL_UDP;
	ntp.source_port = ntp.destination_port = 123;
	rig_send(rig, &ntp, 2);
	ntp.source = SERVER;
	ntp.destination = CLIENT;
	rig_send(rig, &ntp, 3);
	itself.destination = CLIENT;
	rig_send(rig, &itself, 10);
	itself.source_port = request.destination_port;
	itself.destination_port = request.source_port;
	rig_send(rig, &itself, 20);
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_SOURCE_PORT, STATS_TOTAL, port, 500, 5, 1);
	port = (struct stats_key){.protocol = PROTOCOL_UDP, .destination_port = 123};
	assert_row(rig, STATS_DESTINATION_PORT, STATS_TOTAL, port, 500, 5, 1);
	assert_row(rig, STATS_PAIR, STATS_TOTAL, key_pair(CLIENT, CLIENT), 3000, 30, 1);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT), 3200, 32, 2);
	assert_row(rig, STATS_DESTINATION, STATS_TOTAL, key_destination(CLIENT), 3300, 33, 2);
	cr_assert_eq(rig_sum(rig, STATS_PAIR, STATS_TOTAL, STATS_PACKETS), 35);
	cr_assert_eq(rig_sum(rig, STATS_FLOW, STATS_TOTAL, STATS_PACKETS), 35);
	rig_close(rig);
}

/* Who only sends is no destination. */
Test(counting, one_way_traffic)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});
	const struct snapshot *snapshot;

	rig_send(rig, &request, 3);
	rig_step(rig, CLOCK_SECOND);
	snapshot = stats_acquire(rig->stats);
	for (int d = 0; d < STATS_DIMENSIONS; d++) {
		for (int w = 0; w < STATS_WINDOWS; w++) {
			cr_assert_eq(snapshot->top[d][STATS_PACKETS][w].shown, 1);
			cr_assert_eq(snapshot->top[d][STATS_PACKETS][w].keys, 1);
		}
	}
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}

/* Rows of both ways in one list, in one order. */
Test(counting, pairs_are_ordered_over_both_ways)
{
	struct rig *rig = rig_open(&(struct rig_settings){.top_length = 5});
	const struct snapshot *snapshot;
	const struct stats_top *top;

	for (uint32_t i = 0; i < 10; i++) {
		struct shot there = request, back = answer;

		there.destination = back.source = SERVER + i;
		there.octets = back.octets = 100;
		rig_send(rig, &there, 2 * i + 1);
		rig_send(rig, &back, 2 * i + 2);
	}
	rig_step(rig, CLOCK_SECOND);
	snapshot = stats_acquire(rig->stats);
	top = &snapshot->top[STATS_PAIR][STATS_PACKETS][STATS_TOTAL];
	cr_assert_eq(top->shown, 5);
	cr_assert_eq(top->keys, 20);
	for (uint32_t rank = 0; rank < 5; rank++) {
		struct stats_key key = rank % 2 == 0 ? key_pair(SERVER + 9 - rank / 2, CLIENT)
						     : key_pair(CLIENT, SERVER + 9 - rank / 2);

		cr_assert_eq(top->rows[rank].metrics[STATS_PACKETS], 20 - rank);
		cr_assert_arr_eq(&top->rows[rank].key, &key, sizeof(key));
	}
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}

Test(counting, a_live_flow_counts_once_however_often_it_is_walked)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});

	for (uint32_t i = 1; i <= 5; i++) {
		rig_send(rig, &request, 10);
		rig_step(rig, CLOCK_SECOND);
		assert_row(rig, STATS_SOURCE, STATS_NOW, key_source(CLIENT), 1000, 10, i == 1);
		assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT), i * 1000, i * 10, 1);
	}
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_SOURCE, STATS_NOW, key_source(CLIENT), 0, 0, 0);

	/* The other direction starts late: for its own keys the flow is new. */
	rig_send(rig, &answer, 1);
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_SOURCE, STATS_NOW, key_source(SERVER), 1000, 1, 1);
	assert_row(rig, STATS_FLOW, STATS_NOW, key_flow(&request), 1000, 1, 0);
	rig_close(rig);
}

Test(counting, what_was_walked_is_not_counted_again_at_the_end)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});

	rig_send(rig, &request, 10);
	rig_step(rig, CLOCK_SECOND);
	rig_send(rig, &request, 5);
	rig_send(rig, &reset, 1);
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_SOURCE, STATS_NOW, key_source(CLIENT), 540, 6, 0);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT), 1540, 16, 1);
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT), 1540, 16, 1);

	/* A second conversation of the same ends is another record and the same row. */
	rig_send(rig, &opening, 1);
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_FLOW, STATS_TOTAL, key_flow(&request), 1640, 17, 2);
	rig_finish(rig);
	assert_row(rig, STATS_FLOW, STATS_TOTAL, key_flow(&request), 1640, 17, 2);
	rig_close(rig);
}

/* The active timeout ends a record; the next one has packets of the server only, and stays turned.
 */
Test(counting, a_record_that_goes_on_in_reverse)
{
	struct rig *rig = rig_open(&(struct rig_settings){.active = CLOCK_SECOND});

	rig_send(rig, &request, 2);
	rig_step(rig, 3 * CLOCK_SECOND);
	rig_send(rig, &answer, 4);
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_FLOW, STATS_TOTAL, key_flow(&request), 4200, 6, 2);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT), 200, 2, 1);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(SERVER), 4000, 4, 1);
	rig_finish(rig);
	assert_row(rig, STATS_FLOW, STATS_TOTAL, key_flow(&request), 4200, 6, 2);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT), 200, 2, 1);
	rig_close(rig);
}

Test(counting, ended_between_two_walks)
{
	struct rig *rig = rig_open(&(struct rig_settings){0});

	rig_send(rig, &request, 4);
	rig_send(rig, &reset, 1);
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT), 440, 5, 1);
	rig_close(rig);
}

/* As many flows as the table has slots: whatever comes next is in a slot that another had. */
#define SLOTS 64

static void send_generation(struct rig *rig, uint32_t generation, uint8_t flags, uint32_t packets)
{
	for (uint32_t i = 0; i < SLOTS; i++) {
		struct shot shot = request;

		shot.source = CLIENT + generation;
		shot.source_port = (uint16_t)(1000 + i);
		shot.tcp_flags = flags;
		rig_send(rig, &shot, packets);
	}
}

Test(counting, slots_change_hands_while_the_old_record_is_on_its_way)
{
	struct rig *rig =
		rig_open(&(struct rig_settings){.flow_capacity = SLOTS, .top_length = 200});

	send_generation(rig, 0, TCP_ACK, 10);
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT), 64000, 640, 64);

	/* All end, and others take their slots; the ended records have not left the worker. */
	send_generation(rig, 0, TCP_RST, 1);
	send_generation(rig, 1, TCP_ACK, 7);
	rig->now += CLOCK_SECOND;
	stats_step(rig->stats, rig_clock(rig));
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT), 64000, 640, 64);
	cr_assert_eq(rig_sum(rig, STATS_SOURCE, STATS_NOW, STATS_PACKETS), 0,
		     "the new ones wait for the old ones' records");

	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT), 70400, 704, 64);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT + 1), 44800, 448, 64);
	rig_finish(rig);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT), 70400, 704, 64);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT + 1), 44800, 448, 64);
	rig_close(rig);
}

Test(counting, slots_change_hands_twice_between_two_walks)
{
	struct rig *rig =
		rig_open(&(struct rig_settings){.flow_capacity = SLOTS, .top_length = 200});

	send_generation(rig, 0, TCP_ACK, 10);
	rig_step(rig, CLOCK_SECOND);
	for (uint32_t generation = 0; generation < 3; generation++) {
		send_generation(rig, generation, TCP_RST, 1);
		send_generation(rig, generation + 1, TCP_ACK, 7);
	}
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT), 70400, 704, 64);
	for (uint32_t generation = 1; generation < 3; generation++)
		assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT + generation), 51200,
			   512, 64);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT + 3), 44800, 448, 64);
	rig_close(rig);
}

Test(counting, never_walked_records_leave_after_their_slot_was_walked_for_another)
{
	struct rig *rig =
		rig_open(&(struct rig_settings){.flow_capacity = SLOTS, .top_length = 200});

	send_generation(rig, 0, TCP_ACK, 10);
	send_generation(rig, 0, TCP_RST, 1);
	send_generation(rig, 1, TCP_ACK, 7);
	rig->now += CLOCK_SECOND;
	stats_step(rig->stats, rig_clock(rig));
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT + 1), 44800, 448, 64);
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT), 70400, 704, 64);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT + 1), 44800, 448, 64);
	send_generation(rig, 1, TCP_RST, 1);
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_SOURCE, STATS_TOTAL, key_source(CLIENT + 1), 51200, 512, 64);
	rig_close(rig);
}

Test(counting, a_flow_is_shown_as_its_earliest_record_began)
{
	/* The two records reach the core in both orders: the later one live and walked first ... */
	struct rig *rig = rig_open(&(struct rig_settings){0});

	rig_send(rig, &answer, 1);
	rig_send(rig, &reset, 1);
	rig->now += CLOCK_MILLISECOND;
	rig_send(rig, &opening, 1);
	rig->now += CLOCK_SECOND;
	stats_step(rig->stats, rig_clock(rig));
	assert_row(rig, STATS_FLOW, STATS_TOTAL, key_flow(&request), 100, 1, 1);
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_FLOW, STATS_TOTAL, key_flow(&answer), 1140, 3, 2);
	assert_row(rig, STATS_FLOW, STATS_60S, key_flow(&answer), 1140, 3, 2);
	rig_close(rig);

	/* ... and in the order of time. */
	rig = rig_open(&(struct rig_settings){0});
	rig_send(rig, &request, 1);
	rig_send(rig, &reset, 1);
	rig_step(rig, CLOCK_SECOND);
	rig_send(rig, &turned, 1);
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_FLOW, STATS_TOTAL, key_flow(&request), 1140, 3, 2);
	rig_close(rig);

	/* ... whatever date it was then. */
	rig = rig_open(&(struct rig_settings){0});
	rig_send(rig, &request, 1);
	rig_send(rig, &reset, 1);
	rig_step(rig, CLOCK_SECOND);
	rig->shift -= 3600 * (int64_t)CLOCK_SECOND;
	rig_send(rig, &turned, 1);
	rig_step(rig, CLOCK_SECOND);
	assert_row(rig, STATS_FLOW, STATS_TOTAL, key_flow(&request), 1140, 3, 2);
	rig_close(rig);
}

/*
 * A walk over many slots takes its time, and flows go on ending: it empties the rings on its way,
 * more often than once, or they would run full meanwhile.
 */
Test(counting, a_long_walk_empties_the_rings)
{
	enum { LIVE = 9000, ENDED = 65000 }; /* more than three drainings take, slots for three */
	struct rig *rig =
		rig_open(&(struct rig_settings){.flow_capacity = 1u << 14, .ended_ring = 1u << 16});
	const struct snapshot *snapshot;
	uint32_t taken;

	for (uint32_t i = 0; i < LIVE; i++) {
		struct shot shot = request;

		shot.source = CLIENT + 1 + i;
		rig_send(rig, &shot, 1);
		rig_flush(rig);
	}
	rig_send(rig, &reset, 1);
	for (uint32_t i = 0; i < ENDED; i++) {
		struct shot shot = reset;

		shot.tcp_flags = TCP_SYN | TCP_RST; /* ends the one before, and is done itself */
		rig_send(rig, &shot, 1);
		rig_flush(rig);
	}
	/* A step without a walk takes no more than keeps the core from its other work for long. */
	taken = stats_step(rig->stats, rig_clock(rig));
	cr_expect_eq(taken, 16384);
	rig->now += CLOCK_SECOND;
	cr_expect_eq(stats_step(rig->stats, rig_clock(rig)), ENDED - taken);
	snapshot = stats_acquire(rig->stats);
	cr_expect_eq(snapshot->top_counted[STATS_FLOWS], LIVE + ENDED + 1);
	stats_release(rig->stats, snapshot);
	rig_close(rig);
}
