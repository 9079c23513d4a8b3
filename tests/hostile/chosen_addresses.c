/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 addresses chosen so that the top lists have to look for all of them in one place. The hash
 * multiplies pairs of words, so a first half that is the secret's first word makes it forget the
 * second half. That needs the secret, and there is none that is known: not for captures either.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <weir/memory.h>

#include "keys.h"
#include "layout.h"

#define ADDRESSES 4096

static const struct hash_secret known = {
	{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89}};

static struct address_key chosen(uint64_t number)
{
	struct address_key key = {.version = 6};

	memcpy(key.address, &known.word[0], sizeof(known.word[0]));
	memcpy(key.address + sizeof(known.word[0]), &number, sizeof(number));
	return key;
}

/* Buckets that a look-up of every address goes through, when all have a row. */
static uint64_t buckets_seen(const struct summary *summary)
{
	uint64_t seen = 0;

	for (uint32_t b = 0; b <= summary->mask; b++)
		for (unsigned int e = 0; e < BUCKET_ENTRIES && summary->buckets[b].numbers[e] != 0;
		     e++)
			seen += ((b - summary->buckets[b].hashes[e]) & summary->mask) + 1;
	return seen;
}

static uint64_t attack(const struct hash_secret *secret)
{
	const struct summary_shape shape = {.capacity = 2 * ADDRESSES,
					    .key_size = sizeof(struct address_key),
					    .sides = 2,
					    .repeatable = true};
	const uint64_t sums[2][SUMMARY_METRICS] = {{100, 1, 1}, {0}};
	size_t bytes = summary_bytes(&shape);
	void *memory = memory_allocate(bytes);

	cr_assert_not_null(memory);
	struct summary *summary = summary_init(memory, &shape);

	for (uint64_t i = 0; i < ADDRESSES; i++) {
		struct address_key key = chosen(i);
		uint32_t hash = (uint32_t)(address_hash(secret, &key) >> 32);

		summary_add(summary, &hash, &key, sums, 1);
	}
	cr_assert_eq(summary_keys(summary), ADDRESSES);
	uint64_t seen = buckets_seen(summary);

	memory_free(memory, bytes);
	return seen;
}

/* Or the other test would prove nothing: each goes past all that came before it. */
Test(chosen_addresses, known_secret_is_beaten)
{
	cr_assert_gt(attack(&known), (uint64_t)ADDRESSES * ADDRESSES / (2 * BUCKET_ENTRIES));
}

Test(chosen_addresses, drawn_secret_is_not)
{
	for (int draw = 0; draw < 8; draw++) {
		struct hash_secret secret;

		cr_assert_eq(hash_secret_draw(&secret), 0);
		/* An index is at most half full: nearly all addresses are where they are looked
		 * for. */
		cr_assert_lt(attack(&secret), ADDRESSES + ADDRESSES / 2);
	}
}
