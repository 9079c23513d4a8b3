/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "support.h"

static const struct endpoint hosts4[2] = {{.address = {10, 0, 0, 1}, .port = 5000},
					  {.address = {10, 0, 0, 2}, .port = 53}};
static const struct endpoint hosts6[2] = {
	{.address = {0x20, 1, 0xd, 0xb8, 1, [15] = 9}, .port = 5000},
	{.address = {0x20, 1, 0xd, 0xb8, 2, [15] = 9}, .port = 53}};

static const struct endpoint *hosts(int version)
{
	return version == 4 ? hosts4 : hosts6;
}

static struct packet first_fragment(int version, unsigned int sender, uint32_t id, uint64_t clock)
{
	const struct endpoint *host = hosts(version);
	struct packet packet = make_packet(version, &host[sender], &host[!sender], UDP, clock);

	packet.fragment = PACKET_FRAGMENT_FIRST;
	packet.fragment_id = id;
	return packet;
}

static struct packet later_fragment(int version, unsigned int sender, uint32_t id, uint64_t clock)
{
	struct endpoint from = hosts(version)[sender], to = hosts(version)[!sender];

	from.port = 0;
	to.port = 0;

	struct packet packet = make_packet(version, &from, &to, UDP, clock);

	packet.fragment = PACKET_FRAGMENT_LATER;
	packet.fragment_id = id;
	return packet;
}

static void open_table(struct feeder *feeder, uint32_t cut)
{
	struct flow_settings settings = usual_settings(1024);

	/* Nothing ends: every flow is a live record. */
	settings.active_timeout = settings.inactive_timeout = 86400 * SECOND;
	feeder_open(feeder, &settings, cut);
}

static void expect_fragments(struct feeder *feeder, uint64_t first, uint64_t later,
			     uint64_t unmatched, uint32_t flows)
{
	const struct flow_counters *counters = flow_table_counters(feeder->table);

	feeder_flush(feeder);
	cr_assert_eq(counters->fragments_first, first);
	cr_assert_eq(counters->fragments_later, later);
	cr_assert_eq(counters->fragments_unmatched, unmatched);
	cr_assert_eq(feeder_live(feeder), flows);
	feeder_check_conserved(feeder);
}

Test(fragments, tiny_ones_are_first_ones)
{
	struct packet first = first_fragment(4, 0, 7, EPOCH);
	struct packet later = later_fragment(4, 0, 7, EPOCH);
	struct feeder feeder;

	first.fragment = PACKET_FRAGMENT_TINY;
	open_table(&feeder, 1);
	feeder_packet(&feeder, &first);
	feeder_packet(&feeder, &later);
	first = first_fragment(4, 0, 8, EPOCH);
	feeder_packet(&feeder, &first);
	expect_fragments(&feeder, 2, 1, 0, 1);
	cr_assert_eq(flow_table_counters(feeder.table)->fragments_tiny, 1);
	feeder_close(&feeder);
}

static void both_directions(int version, uint32_t cut)
{
	struct feeder feeder;
	union flow_copy copy;
	struct flow_view view;

	open_table(&feeder, cut);
	for (unsigned int sender = 0; sender < 2; sender++) {
		struct packet first = first_fragment(version, sender, 7, EPOCH + sender);
		struct packet later = later_fragment(version, sender, 7, EPOCH + sender);

		feeder_packet(&feeder, &first);
		feeder_packet(&feeder, &later);
		feeder_packet(&feeder, &later);
	}
	expect_fragments(&feeder, 2, 4, 0, 1);
	cr_assert_eq(flow_table_read(feeder.table, 0, &copy), FLOW_SLOT_LIVE);
	flow_view(&copy.record, &view);
	cr_assert_eq(view.source_port, 5000);
	cr_assert_eq(view.destination_port, 53);
	cr_assert_eq(view.packets[0], 3);
	cr_assert_eq(view.packets[1], 3);
	feeder_close(&feeder);
}

Test(fragments, later_ones_belong_to_the_flow_of_the_first)
{
	static const uint32_t cuts[] = {1, 2, FLOW_BURST};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		both_directions(4, cuts[i]);
		both_directions(6, cuts[i]);
	}
}

Test(fragments, before_their_first_they_have_no_ports)
{
	struct feeder feeder;
	struct packet later = later_fragment(4, 0, 7, EPOCH);
	struct packet first = first_fragment(4, 0, 7, EPOCH);

	open_table(&feeder, 1);
	feeder_packet(&feeder, &later);
	feeder_packet(&feeder, &first);
	feeder_packet(&feeder, &later);
	expect_fragments(&feeder, 1, 2, 1, 2);
	feeder_close(&feeder);
}

Test(fragments, are_forgotten_after_30_seconds)
{
	struct feeder feeder;
	struct packet first = first_fragment(4, 0, 7, EPOCH);
	struct packet in_time = later_fragment(4, 0, 7, EPOCH + 30 * SECOND);
	struct packet too_late = later_fragment(4, 0, 7, EPOCH + 30 * SECOND + 1);
	struct packet again = first_fragment(4, 0, 7, EPOCH + 31 * SECOND);
	struct packet once_more = later_fragment(4, 0, 7, EPOCH + 60 * SECOND);

	open_table(&feeder, FLOW_BURST);
	feeder_packet(&feeder, &first);
	feeder_packet(&feeder, &in_time);
	expect_fragments(&feeder, 1, 1, 0, 1);
	feeder_packet(&feeder, &too_late);
	expect_fragments(&feeder, 1, 2, 1, 2);
	feeder_packet(&feeder, &again);
	feeder_packet(&feeder, &once_more);
	expect_fragments(&feeder, 2, 3, 1, 2);
	feeder_close(&feeder);
}

Test(fragments, every_part_of_the_identity_counts)
{
	struct feeder feeder;
	struct packet first = first_fragment(4, 0, 7, EPOCH);
	struct packet other_id = later_fragment(4, 0, 8, EPOCH);
	struct packet other_way = later_fragment(4, 1, 7, EPOCH);
	struct packet other_vlan = later_fragment(4, 0, 7, EPOCH);
	struct packet other_protocol = later_fragment(4, 0, 7, EPOCH);
	struct packet other_host = later_fragment(4, 0, 7, EPOCH);
	struct packet first6 = first_fragment(6, 0, 7, EPOCH);
	struct packet other_prefix = later_fragment(6, 0, 7, EPOCH);

	other_vlan.key.vlan = 5;
	other_protocol.key.protocol = TCP;
	other_host.key.address[1] ^= 1;
	other_prefix.prefix[0][0] ^= 1;
	open_table(&feeder, 1);
	feeder_packet(&feeder, &first);
	feeder_packet(&feeder, &first6);
	feeder_packet(&feeder, &other_id);
	feeder_packet(&feeder, &other_way);
	feeder_packet(&feeder, &other_vlan);
	feeder_packet(&feeder, &other_protocol);
	feeder_packet(&feeder, &other_host);
	feeder_packet(&feeder, &other_prefix);
	/* The two first ones; 0/0 of both directions; one each of the four others. */
	expect_fragments(&feeder, 2, 6, 6, 7);
	feeder_close(&feeder);
}

/* Where the order of endpoints hangs on the ports, a later fragment may have the other one. */
Test(fragments, take_the_order_of_endpoints_with_the_ports)
{
	struct feeder feeder;
	struct packet first = first_fragment(6, 0, 7, EPOCH);
	struct packet later = later_fragment(6, 0, 7, EPOCH);
	struct packet swapped = later;

	swapped.direction ^= 1;
	swapped.key.address[0] = later.key.address[1];
	swapped.key.address[1] = later.key.address[0];
	memcpy(swapped.prefix[0], later.prefix[1], 12);
	memcpy(swapped.prefix[1], later.prefix[0], 12);
	open_table(&feeder, 1);
	feeder_packet(&feeder, &first);
	feeder_packet(&feeder, &swapped);
	expect_fragments(&feeder, 1, 1, 0, 1);

	union flow_copy copy;
	struct flow_view view;

	cr_assert_eq(flow_table_read(feeder.table, 0, &copy), FLOW_SLOT_LIVE);
	flow_view(&copy.record, &view);
	cr_assert_eq(view.packets[0], 2);
	feeder_close(&feeder);
}

/* A host that talks to itself: only the ports tell the directions apart. */
Test(fragments, of_a_host_to_itself)
{
	struct endpoint from = hosts4[0], to = hosts4[0];

	for (uint16_t port = 4999; port <= 5001; port += 2) {
		struct feeder feeder;

		to.port = port;
		struct packet first = make_packet(4, &from, &to, UDP, EPOCH), later;

		first.fragment = PACKET_FRAGMENT_FIRST;
		later = first;
		later.fragment = PACKET_FRAGMENT_LATER;
		later.key.port[0] = later.key.port[1] = 0;
		later.direction = 0;
		open_table(&feeder, 1);
		feeder_packet(&feeder, &first);
		feeder_packet(&feeder, &later);
		expect_fragments(&feeder, 1, 1, 0, 1);
		feeder_close(&feeder);
	}
}

/* However many come, the newest are remembered, and memory is what it was. */
Test(fragments, a_flood_displaces_the_oldest)
{
	struct feeder feeder;
	uint32_t flood = 200000, remembered = 0;

	open_table(&feeder, FLOW_BURST);
	for (uint32_t id = 0; id < flood; id++) {
		struct packet first = first_fragment(4, 0, id, EPOCH + id);
		struct packet later = later_fragment(4, 0, id, EPOCH + id);

		feeder_packet(&feeder, &first);
		feeder_packet(&feeder, &later);
	}
	expect_fragments(&feeder, flood, flood, 0, 1);

	/* All over again without the first ones: no more are known than fit. */
	for (uint32_t id = 0; id < flood; id++) {
		struct packet later = later_fragment(4, 0, id, EPOCH + flood);

		feeder_packet(&feeder, &later);
	}
	feeder_flush(&feeder);
	remembered = flood - (uint32_t)flow_table_counters(feeder.table)->fragments_unmatched;
	cr_assert_gt(remembered, 6000);
	cr_assert_leq(remembered, 8192);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}
