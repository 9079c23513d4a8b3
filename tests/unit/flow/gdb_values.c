/* SPDX-License-Identifier: BSD-3-Clause */
/* Values that gdb shows in gdb_printers.py; nothing is run. */
#include <weir/flow.h>

#include "record.h"

#define ADDRESS(a, b, c, d) ((a) | (b) << 8 | (c) << 16 | (uint32_t)(d) << 24)
#define PORT(number)        (uint16_t)((number) << 8 | (number) >> 8)

struct packet_key key = {.address = {ADDRESS(192, 0, 2, 1), ADDRESS(198, 51, 100, 2)},
			 .port = {PORT(443), PORT(50000)},
			 .vlan = 7,
			 .protocol = 6};
struct packet packet = {.key = {.address = {ADDRESS(0, 0, 0, 1), ADDRESS(0, 0, 0, 2)},
				.port = {PORT(53), PORT(40000)},
				.vlan = PACKET_KEY_IPV6,
				.protocol = 17},
			.prefix = {{0x20, 0x01, 0x0d, 0xb8}, {0x20, 0x01, 0x0d, 0xb8}},
			.reason = PACKET_FLOW_IPV6,
			.direction = 1,
			.octets = 77};
struct flow_record record = {
	.hot = {.octets0 = 300,
		.octets1 = 52,
		.packets = {3, 1},
		.key = {.address = {ADDRESS(192, 0, 2, 1), ADDRESS(198, 51, 100, 2)},
			.port = {PORT(443), PORT(50000)},
			.protocol = 6,
			.zero = FLOW_STATE_FORWARD1 | TCP_FORWARD_FIN << FLOW_STATE_TCP_SHIFT |
				FLOW_END_IDLE << FLOW_STATE_END_SHIFT},
		.tcp_flags = {0x1b, 0x10},
		.ttl_min = 60,
		.ttl_max = 64},
};
struct flow_hot dormant = {.packets = {1, 0},
			   .octets0 = 28,
			   .key = {.protocol = 17, .zero = FLOW_STATE_REORDERED},
			   .ttl_min = 1},
		never_used;

int main(void)
{
	return 0;
}
