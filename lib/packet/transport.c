/* SPDX-License-Identifier: BSD-3-Clause */
#include "transport.h"

const uint8_t packet_transport_header[256] = PACKET_SHORTEST_HEADERS;
