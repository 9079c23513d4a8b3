/* SPDX-License-Identifier: BSD-3-Clause */
#include "reader_spread.h"

#include <string.h>

#include <weir/hash.h>
#include <weir/packet.h>

/* The hash secret is no secret here: who chooses a capture may choose the queue. */
static const struct hash_secret constants = {
	.word = {UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xc2b2ae3d27d4eb4f),
		 UINT64_C(0x165667b19e3779f9), UINT64_C(0x27d4eb2f165667c5)},
};

static uint64_t hash_endpoint(const struct packet *packet, unsigned int i)
{
	uint64_t high = 0, low = packet->key.address[i];
	uint32_t middle;

	if ((packet->key.vlan & PACKET_KEY_IPV6) != 0) {
		memcpy(&high, packet->prefix[i], 8);
		memcpy(&middle, packet->prefix[i] + 8, 4);
		low |= (uint64_t)middle << 32;
	}
	return hash_2words(&constants, high, low);
}

uint16_t reader_spread(const uint8_t *data, uint32_t captured, uint32_t wire, uint16_t queues)
{
	const struct packet_frame frame = {.data = data, .captured = captured, .wire = wire};
	struct packet packet;
	uint64_t hash;

	if (packet_reason_bucket(packet_parse(&frame, false, &packet)) != PACKET_BUCKET_FLOW)
		return 0;
	/* A sum has no order: which of the two is endpoint 0 may depend on the ports. */
	hash = hash_endpoint(&packet, 0) + hash_endpoint(&packet, 1);
	return (uint16_t)(((hash >> 32) * queues) >> 32);
}
