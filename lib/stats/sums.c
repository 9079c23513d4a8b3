/* SPDX-License-Identifier: BSD-3-Clause */
#include "sums.h"

#include <string.h>

#include "numbered.h"

/* What a delta adds, by way. A record counts as a flow when it is counted first. */
struct ways {
	uint64_t forward[STATS_METRICS];
	uint64_t reverse[STATS_METRICS];
	uint64_t both[STATS_METRICS];
};

static void make_ways(struct ways *ways, const struct stats_delta *delta)
{
	ways->forward[STATS_OCTETS] = delta->octets[0];
	ways->forward[STATS_PACKETS] = delta->packets[0];
	ways->forward[STATS_FLOWS] = delta->first[0] && delta->packets[0] > 0;
	ways->reverse[STATS_OCTETS] = delta->octets[1];
	ways->reverse[STATS_PACKETS] = delta->packets[1];
	ways->reverse[STATS_FLOWS] = delta->first[1] && delta->packets[1] > 0;
	ways->both[STATS_OCTETS] = delta->octets[0] + delta->octets[1];
	ways->both[STATS_PACKETS] = delta->packets[0] + delta->packets[1];
	ways->both[STATS_FLOWS] = delta->first[0] && delta->first[1];
}

/* What the end that sent the first packet and the other one add to their keys. */
static void make_ends(sums_sides sums[2], const struct ways *ways, bool same_key)
{
	const size_t size = sizeof(ways->forward);

	if (same_key) {
		/* All was sent and all was received by the one key: one flow. */
		memcpy(sums[0][0], ways->both, size);
		memcpy(sums[0][1], ways->both, size);
		memset(sums[1], 0, sizeof(sums[1]));
		return;
	}
	memcpy(sums[0][0], ways->forward, size);
	memcpy(sums[0][1], ways->reverse, size);
	memcpy(sums[1][0], ways->reverse, size);
	memcpy(sums[1][1], ways->forward, size);
}

static void make_address(int version, const uint8_t address[16], struct address_key *key)
{
	key->version = (uint8_t)version;
	memcpy(key->address, address, sizeof(key->address));
}

/* `order` is that of the source's address to the destination's. */
static void make_pair(const struct flow_view *view, const struct ways *ways, int order,
		      struct pair_key *key, sums_sides sums)
{
	key->version = (uint8_t)view->version;
	memcpy(order > 0 ? key->higher : key->lower, view->source, sizeof(key->lower));
	memcpy(order > 0 ? key->lower : key->higher, view->destination, sizeof(key->lower));
	if (order == 0) {
		memcpy(sums[0], ways->both, sizeof(ways->both));
		memset(sums[1], 0, sizeof(sums[1]));
		return;
	}
	memcpy(sums[order > 0], ways->forward, sizeof(ways->forward));
	memcpy(sums[order < 0], ways->reverse, sizeof(ways->reverse));
}

void sums_make(struct sums *sums, const struct stats_batch *batch)
{
	for (uint32_t i = 0; i < batch->count; i++)
		flow_view(batch->records[i], &sums->views[i]);
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct flow_view *view = &sums->views[i];
		int order = memcmp(view->source, view->destination, sizeof(view->source));
		struct ways ways;

		make_ways(&ways, &batch->deltas[i]);
		make_address(view->version, view->source, &sums->addresses[2 * i]);
		make_address(view->version, view->destination, &sums->addresses[2 * i + 1]);
		make_ends(&sums->address_sums[2 * i], &ways, order == 0);
		sums->ports[2 * i] = numbered_port(view->protocol, view->source_port);
		sums->ports[2 * i + 1] = numbered_port(view->protocol, view->destination_port);
		make_ends(&sums->port_sums[2 * i], &ways,
			  view->source_port == view->destination_port);
		make_pair(view, &ways, order, &sums->pairs[i], sums->pair_sums[i]);
		sums->protocols[i] = view->protocol;
		flow_key_make(view, order, &sums->flows[i]);
		memcpy(sums->record_sums[i], ways.both, sizeof(ways.both));
	}
}
