/* SPDX-License-Identifier: BSD-3-Clause */
#include "overflow.h"

#include <stdlib.h>

static void add(struct flow_overflow_sum *sum, const struct flow_overflow_sum *more)
{
	sum->packets += more->packets;
	sum->octets += more->octets;
}

/* To its network, a new one while there is room, or the rest. */
static void add_network(struct snapshot_overflow *overflow,
			const struct flow_overflow_network *from)
{
	uint32_t i = 0;

	while (i < overflow->network_count && overflow->networks[i].network != from->network)
		i++;
	if (i == FLOW_OVERFLOW_NETWORKS) {
		add(&overflow->other, &from->sum);
		return;
	}
	if (i == overflow->network_count)
		overflow->networks[overflow->network_count++] =
			(struct flow_overflow_network){.network = from->network};
	add(&overflow->networks[i].sum, &from->sum);
}

static int by_octets(const void *a, const void *b)
{
	const struct flow_overflow_network *one = a, *other = b;

	if (one->sum.octets != other->sum.octets)
		return one->sum.octets > other->sum.octets ? -1 : 1;
	return one->network < other->network ? -1 : one->network > other->network;
}

void overflow_add(struct snapshot_overflow *overflow, const struct flow_overflow_sums *sums)
{
	for (unsigned int p = 0; p < FLOW_OVERFLOW_PROTOCOLS; p++)
		add(&overflow->protocols[p], &sums->protocols[p]);
	for (unsigned int n = 0; n < FLOW_OVERFLOW_NETWORKS; n++)
		if (sums->networks[n].network != 0)
			add_network(overflow, &sums->networks[n]);
	add(&overflow->other, &sums->other);
}

void overflow_sort(struct snapshot_overflow *overflow)
{
	qsort(overflow->networks, overflow->network_count, sizeof(overflow->networks[0]),
	      by_octets);
}
