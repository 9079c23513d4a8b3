/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "mirror.h"
#include "support.h"

static const struct endpoint low4 = {.address = {10, 0, 0, 1}, .port = 5000};
static const struct endpoint high4 = {.address = {192, 168, 200, 254}, .port = 443};
static const struct endpoint low6 = {
	.address = {0x20, 1, 0xd, 0xb8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, .port = 65535};
static const struct endpoint high6 = {
	.address = {0xfe, 0x80, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2}, .port = 1};

/* Feed these and give the view of the one live record. */
static struct flow_view view_of(const struct packet *packets, uint32_t count)
{
	struct flow_settings settings = usual_settings(64);
	struct feeder feeder;
	union flow_copy copy;
	struct flow_view view;

	feeder_open(&feeder, &settings, FLOW_BURST);
	for (uint32_t i = 0; i < count; i++)
		feeder_packet(&feeder, &packets[i]);
	feeder_flush(&feeder);
	cr_assert_eq(feeder_live(&feeder), 1);
	cr_assert_eq(flow_table_used(feeder.table), 1);
	cr_assert_eq(flow_table_read(feeder.table, 0, &copy), FLOW_SLOT_LIVE);
	flow_view(&copy.record, &view);
	feeder_close(&feeder);
	return view;
}

static void expect_endpoints(const struct flow_view *view, int version,
			     const struct endpoint *source, const struct endpoint *destination)
{
	cr_assert_eq(view->version, version);
	cr_assert_arr_eq(view->source, source->address, 16);
	cr_assert_arr_eq(view->destination, destination->address, 16);
	cr_assert_eq(view->source_port, source->port);
	cr_assert_eq(view->destination_port, destination->port);
}

Test(view, source_is_who_sent_the_first_packet)
{
	struct packet there4 = make_packet(4, &low4, &high4, UDP, EPOCH);
	struct packet back4 = make_packet(4, &high4, &low4, UDP, EPOCH);
	struct packet there6 = make_packet(6, &low6, &high6, UDP, EPOCH);
	struct packet back6 = make_packet(6, &high6, &low6, UDP, EPOCH);
	struct flow_view view;

	view = view_of((struct packet[]){there4, back4, there4}, 3);
	expect_endpoints(&view, 4, &low4, &high4);
	cr_assert_eq(view.packets[0], 2);
	cr_assert_eq(view.packets[1], 1);
	view = view_of((struct packet[]){back4, there4, there4}, 3);
	expect_endpoints(&view, 4, &high4, &low4);
	cr_assert_eq(view.packets[0], 1);
	cr_assert_eq(view.packets[1], 2);
	view = view_of((struct packet[]){there6, back6}, 2);
	expect_endpoints(&view, 6, &low6, &high6);
	view = view_of((struct packet[]){back6, there6}, 2);
	expect_endpoints(&view, 6, &high6, &low6);
}

Test(view, every_member)
{
	struct packet there = make_packet(4, &low4, &high4, TCP, EPOCH);
	struct packet back = make_packet(4, &high4, &low4, TCP, EPOCH + 5);
	struct packet last = make_packet(4, &low4, &high4, TCP, EPOCH + SECOND + 1);
	struct flow_view view;

	there.key.vlan = back.key.vlan = last.key.vlan = 4094;
	there.tcp_flags = SYN;
	back.tcp_flags = SYN | ACK;
	last.tcp_flags = ACK | 8;
	there.tos = 0xb8;
	back.tos = 0x28;
	last.tos = 0xff;
	there.ttl = 64;
	back.ttl = 255;
	last.ttl = 3;
	there.frame_length = 60;
	there.octets = 40;
	back.frame_length = 1514;
	back.octets = 1500;
	last.frame_length = 70000;
	last.octets = 65535;
	view = view_of((struct packet[]){there, back, last}, 3);

	expect_endpoints(&view, 4, &low4, &high4);
	cr_assert_eq(view.vlan, 4094);
	cr_assert_eq(view.protocol, TCP);
	cr_assert_eq(view.end, FLOW_LIVE);
	cr_assert_eq(view.first, EPOCH);
	cr_assert_eq(view.last, EPOCH + SECOND + 1);
	cr_assert_eq(view.packets[0], 2);
	cr_assert_eq(view.packets[1], 1);
	cr_assert_eq(view.octets[0], 40 + 65535);
	cr_assert_eq(view.octets[1], 1500);
	cr_assert_eq(view.frame_octets, 60 + 1514 + 70000);
	cr_assert_eq(view.frame_min, 60);
	cr_assert_eq(view.frame_max, 65535, "65535 says: that or more");
	cr_assert_eq(view.tcp_flags[0], SYN | ACK | 8);
	cr_assert_eq(view.tcp_flags[1], SYN | ACK);
	cr_assert_eq(view.tos[0], 0xb8);
	cr_assert_eq(view.tos[1], 0x28);
	cr_assert_eq(view.ttl_min, 3);
	cr_assert_eq(view.ttl_max, 255);
	cr_assert_eq(view.icmp[0], 0);
	cr_assert_arr_eq(view.mac_destination, "\x02\0\0\0\0\x02", 6);
	cr_assert_arr_eq(view.mac_source, "\x02\0\0\0\0\x01", 6);
}

Test(view, icmp_types_of_the_first_packet_each_way)
{
	struct endpoint from = low4, to = high4;

	from.port = to.port = 0;

	struct packet request = make_packet(4, &from, &to, ICMP, EPOCH);
	struct packet reply = make_packet(4, &to, &from, ICMP, EPOCH);
	struct packet other = reply;
	struct flow_view view;

	request.icmp = 8 << 8;
	reply.icmp = 3 << 8 | 4;
	other.icmp = 11 << 8;
	view = view_of((struct packet[]){request, reply, other}, 3);
	cr_assert_eq(view.icmp[0], 0x0800);
	cr_assert_eq(view.icmp[1], 0x0304);
	cr_assert_eq(view.source_port, 0);
	cr_assert_eq(view.destination_port, 0);
}

static void expect_times(const uint64_t *times, uint32_t count, uint64_t first, uint64_t last)
{
	struct packet packets[4];
	uint64_t clock = 0;
	struct flow_view view;

	for (uint32_t i = 0; i < count; i++) {
		clock = times[i] > clock ? times[i] : clock;
		packets[i] = make_packet(4, &low4, &high4, UDP, clock);
		packets[i].time = times[i];
	}
	view = view_of(packets, count);
	cr_assert_eq(view.first, first);
	cr_assert_eq(view.last, last);
}

Test(view, times_of_packets_out_of_order)
{
	uint64_t t = EPOCH;

	expect_times((uint64_t[]){t, t + 9, t + 20}, 3, t, t + 20);
	expect_times((uint64_t[]){t, t - 5}, 2, t - 5, t);
	expect_times((uint64_t[]){t, t + 9, t + 4}, 3, t, t + 9);
	expect_times((uint64_t[]){t, t - 9, t + 4}, 3, t - 9, t + 4);
	expect_times((uint64_t[]){t + 7, t + 3, t + 5, t + 6}, 4, t + 3, t + 7);
}

/* Another flow has moved the clock on: a late packet can still be this flow's latest. */
Test(view, a_late_packet_may_begin_or_end_a_flow)
{
	struct packet first = make_packet(4, &low4, &high4, UDP, EPOCH + 100);
	struct packet second = make_packet(4, &low4, &high4, UDP, EPOCH + 200);
	struct flow_view view;

	first.time = EPOCH + 10;
	view = view_of(&first, 1);
	cr_assert_eq(view.first, EPOCH + 10);
	cr_assert_eq(view.last, EPOCH + 10);

	first.time = first.clock;
	second.time = EPOCH + 150;
	view = view_of((struct packet[]){first, second}, 2);
	cr_assert_eq(view.first, EPOCH + 100);
	cr_assert_eq(view.last, EPOCH + 150);
}

Test(view, memory_is_as_announced)
{
	/*
	 * 128 octets of record, 6.4 of index, in whole groups of 4096 octets, and 4 of slot number
	 * a flow, a mark a group of slots, and what is fixed.
	 */
	struct flow_settings some = usual_settings(1 << 20), more = usual_settings(1 << 24);
	size_t flows = more.capacity - some.capacity;
	size_t said = (128 + 4) * flows + flows * 64 / 10 + flows / FLOW_GROUP;
	size_t difference = flow_table_bytes(&more) - flow_table_bytes(&some);

	cr_assert_lt(flow_table_bytes(&some), 139 * (size_t)some.capacity + (1 << 20));
	cr_assert_geq(difference, said - 4096);
	cr_assert_leq(difference, said + 4096);
}

Test(view, an_extension_takes_a_line_a_flow)
{
	struct flow_settings with = usual_settings(1 << 20), without = with;

	with.extensions[0] = &mirror_first;
	with.extensions[1] = &mirror_flow;
	cr_assert_eq(flow_table_bytes(&with) - flow_table_bytes(&without),
		     (size_t)2 * 64 * (with.capacity + FLOW_OUTBOX));
}

Test(view, a_slot_of_an_ended_flow_is_not_live)
{
	struct flow_settings settings = usual_settings(100);
	struct feeder feeder;
	struct packet packet = numbered_packet(0, false, EPOCH);
	union flow_copy copy;
	uint32_t instance;

	feeder_open(&feeder, &settings, 1);
	flow_table_prefault(feeder.table);
	cr_assert_eq(flow_table_used(feeder.table), 0);
	feeder_packet(&feeder, &packet);
	feeder_flush(&feeder);
	cr_assert_eq(flow_table_read(feeder.table, 0, &copy), FLOW_SLOT_LIVE);
	instance = copy.record.cold.instance;
	feeder_finish(&feeder, EPOCH);
	cr_assert_eq(flow_table_read(feeder.table, 0, &copy), FLOW_SLOT_EMPTY);
	cr_assert_eq(feeder.ended[0].hot.sequence, 0, "the copy says which slot it had");
	cr_assert_eq(feeder.ended[0].cold.instance, instance);
	feeder_packet(&feeder, &packet);
	feeder_flush(&feeder);
	cr_assert_eq(flow_table_read(feeder.table, 0, &copy), FLOW_SLOT_LIVE);
	cr_assert_eq(copy.record.cold.instance, instance + 1);
	cr_assert_eq(flow_table_used(feeder.table), 1);
	feeder_close(&feeder);
}
