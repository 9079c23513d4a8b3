/* SPDX-License-Identifier: BSD-3-Clause */
#include "host.h"

#include <string.h>

static bool insert(struct prefilter_host_key *table, const struct prefilter_host_key *key)
{
	const uint32_t place = PREFILTER_HOST_HASH(key->high, key->low);

	for (uint32_t i = 0; i < PREFILTER_HOST_PROBES; i++) {
		struct prefilter_host_key *at = &table[(place + i) & (PREFILTER_HOST_PLACES - 1)];

		if (at->high == 0 && at->low == 0)
			*at = *key;
		if (at->high == key->high && at->low == key->low)
			return true;
	}
	return false;
}

size_t host_publish(struct prefilter_host *shared, const struct host_set *set)
{
	/* The program reads the other table meanwhile. */
	const uint64_t second = ~shared->own & PREFILTER_HOST_SECOND;
	struct prefilter_host_key *table = shared->key + (second != 0 ? PREFILTER_HOST_PLACES : 0);
	uint64_t own = set->own | second;
	size_t left_out = 0;

	memset(table, 0, PREFILTER_HOST_PLACES * sizeof(*table));
	for (size_t i = 0; i < set->count; i++)
		left_out += !insert(table, &set->keys[i]);
	if (left_out > 0)
		own |= PREFILTER_HOST_USED;
	__atomic_store_n(&shared->own, own, __ATOMIC_RELEASE);
	return left_out;
}
