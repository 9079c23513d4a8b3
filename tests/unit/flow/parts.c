/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of the table that its own interface does not show. */
#include <string.h>

#include "index.h"
#include "record.h"
#include "support.h"

/* ---- a key is compared in full, whatever the hash says ---- */

static void flip_every_bit(const struct flow_record *record, const struct packet *packet,
			   size_t offset, size_t size)
{
	for (size_t bit = 0; bit < 8 * size; bit++) {
		struct packet other = *packet;

		((uint8_t *)&other)[offset + bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_not(record_is(&record->hot, &record->cold, &other), "offset %zu bit %zu", offset, bit);
	}
}

static void every_bit(int version)
{
	struct endpoint one = {.address = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
			       .port = 17};
	struct endpoint two = {.address = {21, 22, 23}, .port = 27};
	struct packet packet = make_packet(version, &one, &two, UDP, EPOCH);
	struct flow_record record = {0};

	record_start(&record.hot, &record.cold, &packet);
	cr_assert(record_is(&record.hot, &record.cold, &packet));
	flip_every_bit(&record, &packet, offsetof(struct packet, key),
		       offsetof(struct packet_key, zero));
	if (version == 6)
		flip_every_bit(&record, &packet, offsetof(struct packet, prefix),
			       sizeof(packet.prefix));
}

Test(identity, every_bit_of_the_key_counts)
{
	every_bit(4);
	every_bit(6);
}

Test(identity, a_record_that_has_ended_equals_no_packet)
{
	struct packet packet = numbered_packet(1, true, EPOCH);
	struct flow_record record = {0};

	record_start(&record.hot, &record.cold, &packet);
	record.hot.key.zero |= FLOW_STATE_REORDERED | FLOW_STATE_TCP | FLOW_STATE_FORWARD1;
	cr_assert(record_is(&record.hot, &record.cold, &packet));
	for (uint8_t end = FLOW_END_IDLE; end < FLOW_ENDS; end++) {
		struct flow_record ended = record;

		ended.hot.key.zero |= (uint8_t)(end << FLOW_STATE_END_SHIFT);
		cr_assert_not(record_is(&ended.hot, &ended.cold, &packet));
		cr_assert_not(record_live(&ended.hot));
	}
}

/* Every bit of key and prefix moves the hash, and the state of a record does not. */
Test(identity, every_bit_of_the_key_is_hashed)
{
	struct hash_secret secret = usual_settings(64).secret;
	struct endpoint one = {.address = {1}, .port = 17}, two = {.address = {2}, .port = 27};
	struct packet packet = make_packet(6, &one, &two, UDP, EPOCH);
	uint64_t hash = record_hash(&secret, &packet.key, packet.prefix);

	for (size_t bit = 0; bit < 8 * sizeof(packet.prefix); bit++) {
		struct packet other = packet;

		((uint8_t *)other.prefix)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_neq(record_hash(&secret, &other.key, other.prefix), hash);
	}
	for (size_t bit = 0; bit < 8 * offsetof(struct packet_key, zero); bit++) {
		struct packet other = packet;

		((uint8_t *)&other.key)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_neq(record_hash(&secret, &other.key, other.prefix), hash);
	}
}

/* ---- the index against a plain list ---- */

#define BUCKETS 16
#define ENTRIES 64

static uint32_t spilled_past(const struct flow_index *index, const uint64_t *hashes,
			     const bool *present, uint32_t bucket)
{
	uint32_t spilled = 0;

	for (uint32_t slot = 0; slot < ENTRIES; slot++) {
		bool passed = false;

		if (!present[slot])
			continue;
		for (uint32_t distance = 0; distance < BUCKET_REACH; distance++) {
			const struct bucket *at = index_bucket(index, hashes[slot], distance);
			bool found = false;

			for (int way = 0; way < BUCKET_WAYS; way++)
				found |= at->signature[way] != 0 && at->slot[way] == slot;
			if (found) {
				spilled += passed;
				break;
			}
			passed |= at == &index->buckets[bucket];
		}
	}
	return spilled;
}

static bool is_found(const struct flow_index *index, uint64_t hash, uint32_t slot)
{
	for (uint32_t distance = 0; distance < BUCKET_REACH; distance++) {
		const struct bucket *bucket = index_bucket(index, hash, distance);

		bucket_for_each (way, bucket_match(bucket, index_signature(hash))) {
			if (bucket->slot[way] == slot)
				return true;
		}
		if (bucket->spilled == 0)
			break;
	}
	return false;
}

Test(index, spills_are_counted_and_given_back)
{
	static struct bucket buckets[BUCKETS] __attribute__((aligned(64)));
	struct flow_index index = {buckets, BUCKETS - 1};
	uint64_t hashes[ENTRIES];
	bool present[ENTRIES] = {false};
	struct prng prng = {1};

	/* Few homes and few signatures, one of them the reserved 0. */
	for (uint32_t slot = 0; slot < ENTRIES; slot++)
		hashes[slot] = prng_below(&prng, 5) * 3 | (uint64_t)prng_below(&prng, 4) << 48;
	for (int step = 0; step < 20000; step++) {
		uint32_t slot = prng_below(&prng, ENTRIES);

		if (present[slot])
			index_remove(&index, hashes[slot], slot);
		else
			cr_assert(index_insert(&index, hashes[slot], slot));
		present[slot] = !present[slot];
		if (step % 16 != 0)
			continue;
		for (uint32_t i = 0; i < ENTRIES; i++)
			check(is_found(&index, hashes[i], i) == present[i], "entry %u", i);
		for (uint32_t i = 0; i < BUCKETS; i++)
			check(buckets[i].spilled == spilled_past(&index, hashes, present, i),
			      "bucket %u", i);
	}
}

Test(index, is_at_most_half_full)
{
	static const uint32_t capacities[] = {64, 65, 100, 1000, 1 << 20, (1 << 20) + 1};

	for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++) {
		uint32_t entries = index_buckets(capacities[i]) * BUCKET_WAYS;

		cr_assert_geq(entries, 2 * capacities[i]);
		cr_assert_lt(entries, 4 * capacities[i]);
	}
}
