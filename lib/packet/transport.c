/* SPDX-License-Identifier: BSD-3-Clause */
#include "transport.h"

const uint8_t packet_transport_header[256] = {
	[PROTOCOL_TCP] = 20,  [PROTOCOL_UDP] = 8,     [PROTOCOL_DCCP] = 12,
	[PROTOCOL_SCTP] = 12, [PROTOCOL_UDPLITE] = 8,
};
