/* SPDX-License-Identifier: BSD-3-Clause */
#include "sums.h"

#include <string.h>

static void make_sums(struct sums *sums, uint32_t i, const struct stats_delta *delta)
{
	sums->forward[i] = (union summary_brought){
		.metrics = {[STATS_OCTETS] = delta->octets[0],
			    [STATS_PACKETS] = delta->packets[0],
			    [STATS_FLOWS] = delta->first[0] && delta->packets[0] > 0}};
	sums->reverse[i] = (union summary_brought){
		.metrics = {[STATS_OCTETS] = delta->octets[1],
			    [STATS_PACKETS] = delta->packets[1],
			    [STATS_FLOWS] = delta->first[1] && delta->packets[1] > 0}};
	sums->whole[i] = (union summary_brought){
		.metrics = {[STATS_OCTETS] = delta->octets[0] + delta->octets[1],
			    [STATS_PACKETS] = delta->packets[0] + delta->packets[1],
			    [STATS_FLOWS] = delta->first[0] && delta->first[1]}};
}

void sums_make(struct sums *sums, const struct stats_batch *batch, const struct hash_secret *secret)
{
	for (uint32_t i = 0; i < batch->count; i++) {
		struct key_hashes hashes;

		key_hashes_make(batch->records[i], secret, &hashes);
		sums->addresses[i] = (uint32_t)(hashes.ends[0] >> 32);
		sums->addresses[batch->count + i] = (uint32_t)(hashes.ends[1] >> 32);
		sums->pairs[i] = (uint32_t)(hashes.pair >> 32);
		sums->flows[i] = (uint32_t)(hashes.flow >> 32);
		make_sums(sums, i, &batch->deltas[i]);
	}
	/* Not in one loop: what was written in pieces is not to be read as a whole at once. */
	for (uint32_t i = 0; i < batch->count; i++)
		for (unsigned int l = 0; l < 2; l++)
			sums->both[i].lanes[l] =
				sums->forward[i].lanes[l] + sums->reverse[i].lanes[l];
}

static void put(uint64_t (*metrics)[STATS_METRICS], const union summary_brought *first,
		const union summary_brought *second)
{
	memcpy(metrics[0], first->metrics, sizeof(*metrics));
	memcpy(metrics[1], second->metrics, sizeof(*metrics));
}

/* What the end that sent the first packet adds, or the other one. */
static void put_end(const struct sums *sums, uint32_t i, unsigned int end, bool same_key,
		    uint64_t (*metrics)[STATS_METRICS])
{
	static const union summary_brought nothing;

	if (!same_key)
		put(metrics, end == 0 ? &sums->forward[i] : &sums->reverse[i],
		    end == 0 ? &sums->reverse[i] : &sums->forward[i]);
	else if (end == 0)
		/* All was sent and all was received by the one key: one flow. */
		put(metrics, &sums->whole[i], &sums->whole[i]);
	else
		put(metrics, &nothing, &nothing);
}

void sums_count_addresses(struct sums *sums, const struct stats_batch *batch,
			  struct summary *summary)
{
	uint32_t count = 0;

	for (unsigned int end = 0; end < 2; end++) {
		const uint32_t *hashes = sums->addresses + end * batch->count;
		uint32_t left = summary_sift(summary, hashes, sums->both, batch->count, sums->left);

		for (uint32_t l = 0; l < left; l++, count++) {
			uint32_t i = sums->left[l];
			struct key_ends ends;

			key_ends_make(batch->records[i], &ends);
			sums->hashes[count] = hashes[i];
			sums->address_keys[count] = ends.addresses[end];
			put_end(sums, i, end, ends.order == 0, sums->metrics + 2 * count);
		}
	}
	summary_add(summary, sums->hashes, sums->address_keys, sums->metrics, count);
}

void sums_count_pairs(struct sums *sums, const struct stats_batch *batch, struct summary *summary)
{
	uint32_t left = summary_sift(summary, sums->pairs, sums->both, batch->count, sums->left);

	for (uint32_t l = 0; l < left; l++) {
		uint32_t i = sums->left[l];
		struct key_ends ends;
		bool ascends;

		key_ends_make(batch->records[i], &ends);
		ascends = pair_key_make(&ends, &sums->pair_keys[l]);
		sums->hashes[l] = sums->pairs[i];
		if (ends.order == 0) {
			put(sums->metrics + 2 * l, &sums->whole[i], &(union summary_brought){0});
			continue;
		}
		put(sums->metrics + 2 * l, ascends ? &sums->forward[i] : &sums->reverse[i],
		    ascends ? &sums->reverse[i] : &sums->forward[i]);
	}
	summary_add(summary, sums->hashes, sums->pair_keys, sums->metrics, left);
}

void sums_count_flows(struct sums *sums, const struct stats_batch *batch, struct summary *summary)
{
	uint32_t left = summary_sift(summary, sums->flows, sums->whole, batch->count, sums->left);

	for (uint32_t l = 0; l < left; l++) {
		uint32_t i = sums->left[l];
		struct key_ends ends;

		key_ends_make(batch->records[i], &ends);
		sums->hashes[l] = sums->flows[i];
		flow_key_make(&ends, &sums->flow_keys[l]);
		memcpy(sums->metrics[l], sums->whole[i].metrics, sizeof(*sums->metrics));
	}
	summary_add(summary, sums->hashes, sums->flow_keys, sums->metrics, left);
}
