/* SPDX-License-Identifier: BSD-3-Clause */
#include "fragment.h"

#include <string.h>

static struct datagram datagram_of(const struct packet *packet)
{
	unsigned int sender = packet->direction;
	struct datagram datagram = {
		.address = {packet->key.address[sender], packet->key.address[!sender]},
		.id = packet->fragment_id,
		.vlan = packet->key.vlan,
		.protocol = packet->key.protocol,
	};

	if (packet->key.vlan & PACKET_KEY_IPV6) {
		memcpy(datagram.prefix[0], packet->prefix[sender], sizeof(datagram.prefix[0]));
		memcpy(datagram.prefix[1], packet->prefix[!sender], sizeof(datagram.prefix[1]));
	}
	return datagram;
}

/* The entry of this datagram, or else the one to give way: unused, or the oldest. */
static struct fragment *set_find(struct fragment_set *set, const struct datagram *datagram,
				 bool *found)
{
	struct fragment *oldest = &set->way[0];

	*found = true;
	for (struct fragment *entry = set->way; entry < set->way + FRAGMENT_WAYS; entry++) {
		if (entry->used && memcmp(&entry->datagram, datagram, sizeof(*datagram)) == 0)
			return entry;
		if (entry->clock < oldest->clock)
			oldest = entry;
	}
	*found = false;
	return oldest;
}

static void swap_endpoints(struct packet *packet)
{
	uint32_t address = packet->key.address[0];
	uint8_t prefix[12];

	packet->key.address[0] = packet->key.address[1];
	packet->key.address[1] = address;
	memcpy(prefix, packet->prefix[0], sizeof(prefix));
	memcpy(packet->prefix[0], packet->prefix[1], sizeof(prefix));
	memcpy(packet->prefix[1], prefix, sizeof(prefix));
	packet->direction ^= 1;
}

void fragment_resolve(struct fragment_set *sets, const struct hash_secret *secret,
		      struct packet *packet, struct fragment_counts *counts)
{
	struct datagram datagram = datagram_of(packet);
	uint64_t hash = hash_bytes(secret, &datagram, sizeof(datagram));
	bool found;
	struct fragment *entry = set_find(&sets[hash % FRAGMENT_SETS], &datagram, &found);

	if (packet->fragment != PACKET_FRAGMENT_LATER) {
		counts->first++;
		counts->tiny += packet->fragment == PACKET_FRAGMENT_TINY;
		*entry = (struct fragment){
			.datagram = datagram,
			.port = {packet->key.port[0], packet->key.port[1]},
			.direction = packet->direction,
			.used = true,
			.clock = packet->clock,
		};
		return;
	}
	counts->later++;
	if (!found || (int64_t)(packet->clock - entry->clock) > FRAGMENT_LIFETIME) {
		counts->unmatched++;
		return;
	}
	/* The order of endpoints may hang on the ports, so it comes with them. */
	if (packet->direction != entry->direction)
		swap_endpoints(packet);
	packet->key.port[0] = entry->port[0];
	packet->key.port[1] = entry->port[1];
}
