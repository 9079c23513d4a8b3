/* SPDX-License-Identifier: BSD-3-Clause */
#include "export_records.h"

#include <string.h>

#include <weir/clock.h>
#include <weir/protocols.h>

#define SYN 0x02
#define ACK 0x10
#define ALL 0x1b /* FIN, SYN, PSH, ACK */

/* What all have; those of one way have no other one. */
#define BOTH(...)    .end = FLOW_END_IDLE, .ttl_min = 57, .ttl_max = 64, __VA_ARGS__
#define ONE_WAY(...) .end = FLOW_END_IDLE, .ttl_min = 64, .ttl_max = 64, __VA_ARGS__

static const struct export_record known[EXPORT_RECORDS] = {
	{"TCP: TOS 184, 40 back",
	 {BOTH(.version = 4, .protocol = 6, .source_port = 40001, .destination_port = 443,
	       .packets = {10, 12}, .octets = {1000, 15000}, .tcp_flags = {ALL, 0x13},
	       .tos = {184, 40})}},
	{"UDP: both directions",
	 {BOTH(.version = 4, .protocol = 17, .source_port = 40002, .destination_port = 53,
	       .packets = {1, 2}, .octets = {70, 600})}},
	{"UDP: one direction",
	 {ONE_WAY(.version = 4, .protocol = 17, .source_port = 40003, .destination_port = 123,
		  .packets = {3, 0}, .octets = {228, 0})}},
	{"ICMP: type 8, 0 back",
	 {BOTH(.version = 4, .protocol = 1, .packets = {4, 4}, .octets = {336, 336},
	       .icmp = {0x0800, 0})}},
	{"TCP: octets beyond 32 bits",
	 {BOTH(.version = 4, .protocol = 6, .source_port = 40005, .destination_port = 443,
	       .packets = {3000000, 1000000}, .octets = {UINT64_C(4500000000), 40000000},
	       .tcp_flags = {ACK, ACK})}},
	{"UDP: in VLAN 100",
	 {BOTH(.version = 4, .protocol = 17, .source_port = 40006, .destination_port = 4789,
	       .vlan = 100, .packets = {6, 7}, .octets = {600, 700})}},
	{"TCP: goes on, not its first",
	 {BOTH(.version = 4, .protocol = 6, .source_port = 40007, .destination_port = 22,
	       .continues = 1, .packets = {20, 30}, .octets = {2000, 3000},
	       .tcp_flags = {ACK, ACK})}},
	{"TCP: refused",
	 {BOTH(.version = 4, .protocol = 6, .source_port = 40008, .destination_port = 23,
	       .packets = {1, 1}, .octets = {40, 40}, .tcp_flags = {SYN, 0x14})}},
	{"IPv6, TCP: TOS 184, 40 back",
	 {BOTH(.version = 6, .protocol = 6, .source_port = 40009, .destination_port = 443,
	       .packets = {9, 8}, .octets = {900, 8000}, .tcp_flags = {ALL, ALL},
	       .tos = {184, 40})}},
	{"IPv6, ICMP: 128, 129 back",
	 {BOTH(.version = 6, .protocol = 58, .packets = {5, 5}, .octets = {520, 520},
	       .icmp = {0x8000, 0x8100})}},
};

static void address(struct flow_view *view, uint8_t number)
{
	static const uint8_t networks[2][4] = {{192, 0, 2}, {198, 51, 100}};
	uint8_t *const sides[2] = {view->source, view->destination};

	for (int side = 0; side < 2; side++) {
		if (view->version == 4) {
			memcpy(sides[side], networks[side], 4);
			sides[side][3] = number;
		} else {
			memcpy(sides[side], (const uint8_t[]){0x20, 0x01, 0x0d, 0xb8}, 4);
			sides[side][5] = (uint8_t)side;
			sides[side][15] = number;
		}
	}
}

void export_records_make(struct export_record records[EXPORT_RECORDS], uint64_t now)
{
	static const uint8_t sender[6] = {2, 0, 0x5e, 0, 0x53, 1};
	static const uint8_t receiver[6] = {2, 0, 0x5e, 0, 0x53, 2};

	memcpy(records, known, sizeof(known));
	for (int i = 0; i < EXPORT_RECORDS; i++) {
		struct flow_view *view = &records[i].view;

		if (view->protocol == 6 && !view->continues)
			view->end = FLOW_END_CLOSED;
		address(view, (uint8_t)(i + 1));
		memcpy(view->mac_source, sender, sizeof(sender));
		memcpy(view->mac_destination, receiver, sizeof(receiver));
		view->first = now - (uint64_t)(i + 2) * CLOCK_SECOND;
		view->last = now - CLOCK_SECOND;
		view->frame_min = 60;
		view->frame_max = 1514;
		view->frame_octets = view->octets[0] + view->octets[1] +
				     14 * (view->packets[0] + view->packets[1]);
	}
}

void export_records_sum(const struct export_record records[EXPORT_RECORDS],
			struct export_sums sums[2])
{
	memset(sums, 0, 2 * sizeof(*sums));
	for (int i = 0; i < EXPORT_RECORDS; i++)
		for (int way = 0; way < 2; way++) {
			sums[way].records += records[i].view.packets[way] > 0;
			sums[way].packets += records[i].view.packets[way];
			sums[way].octets += records[i].view.octets[way];
		}
}
