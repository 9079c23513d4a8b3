/* SPDX-License-Identifier: BSD-3-Clause */
#include "transport.h"

#define TRANSPORT(protocol, octets)                                                                \
	[PROTOCOL_##                                                                               \
		protocol] = {.minus_least = -(uint32_t)(IPV4_HEADER + (octets)),                   \
			     .shortest = (octets),                                                 \
			     .tcp_flags = PROTOCOL_##protocol == PROTOCOL_TCP ? 0xff : 0,          \
			     .flags_at = PROTOCOL_##protocol == PROTOCOL_TCP ? TCP_FLAGS_AT : 0},

const struct packet_transport packet_transports[256] = {PROTOCOL_PORTS_LIST(TRANSPORT)};
const uint8_t packet_no_ports[4];
