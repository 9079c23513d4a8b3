/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <string.h>

#include <weir/hash.h>

static const struct hash_secret secret = {
	{0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0x2545f4914f6cdd1d}};

Test(hash, secrets_are_drawn_anew)
{
	struct hash_secret a = {{0}}, b = {{0}};

	cr_assert_eq(hash_secret_draw(&a), 0);
	cr_assert_eq(hash_secret_draw(&b), 0);
	for (int i = 0; i < 4; i++)
		cr_expect_neq(a.word[i], b.word[i]);
	cr_expect_eq(hash_2words(&a, 1, 2), hash_2words(&a, 1, 2));
	cr_expect_neq(hash_2words(&a, 1, 2), hash_2words(&b, 1, 2));
	cr_expect_neq(hash_bytes(&a, "weir", 4), hash_bytes(&b, "weir", 4));
}

Test(hash, fold_is_the_whole_product)
{
	cr_expect_eq(hash_fold(3, 5), 15);
	cr_expect_eq(hash_fold(UINT64_C(1) << 32, UINT64_C(1) << 32), 1, "the upper half counts");
	/* (2^64 - 1)^2 = (2^64 - 2) * 2^64 + 1 */
	cr_expect_eq(hash_fold(UINT64_MAX, UINT64_MAX), UINT64_MAX);
}

/* One changed bit of a key changes about half of the hash's, anywhere. */
Test(hash, every_bit_counts)
{
	const uint64_t key[2] = {0x0100000a0200000a, 0x0006000050c30050};
	const uint64_t hash = hash_2words(&secret, key[0], key[1]);
	unsigned int changed = 0;

	for (int bit = 0; bit < 128; bit++) {
		uint64_t other[2] = {key[0], key[1]};

		other[bit / 64] ^= UINT64_C(1) << bit % 64;

		int bits = __builtin_popcountll(hash ^ hash_2words(&secret, other[0], other[1]));

		cr_expect(bits >= 10 && bits <= 54, "bit %d changes %d", bit, bits);
		changed += (unsigned int)bits;
	}
	cr_expect(changed > 128 * 30 && changed < 128 * 34, "%u of %u", changed, 128 * 32);
}

/* A linear hash, such as a CRC, would give 0: whoever knows one collision knows them all. */
Test(hash, is_not_linear)
{
	for (uint64_t i = 1; i < 1000; i++) {
		uint64_t sum = hash_2words(&secret, i, 0) ^ hash_2words(&secret, 0, i) ^
			       hash_2words(&secret, i, i) ^ hash_2words(&secret, 0, 0);

		cr_expect_neq(sum, 0);
	}
}

/* Keys that count up, as those of a scan do, fill 4096 buckets evenly by any bits. */
Test(hash, spreads_keys_that_count_up)
{
	enum { BUCKETS = 4096, MEAN = 16 };
	static uint16_t low[BUCKETS], middle[BUCKETS], high[BUCKETS];

	for (uint64_t i = 0; i < BUCKETS * MEAN; i++) {
		uint64_t hash = hash_2words(&secret, 0x0100000a00000000 | i, i << 16);

		low[hash % BUCKETS]++;
		middle[(hash >> 26) % BUCKETS]++;
		high[hash >> 52]++;
	}
	/* Three times the mean is 8 standard deviations above it. */
	for (int i = 0; i < BUCKETS; i++)
		cr_expect(low[i] < 3 * MEAN && middle[i] < 3 * MEAN && high[i] < 3 * MEAN);
}

Test(hash, bytes_at_any_alignment)
{
	const char text[] = "a key that is longer than two words, and odd";
	char shifted[sizeof(text) + 8];

	for (size_t shift = 0; shift < 8; shift++) {
		memset(shifted, (int)shift, sizeof(shifted));
		memcpy(shifted + shift, text, sizeof(text));
		for (size_t length = 0; length <= sizeof(text); length++)
			cr_expect_eq(hash_bytes(&secret, shifted + shift, length),
				     hash_bytes(&secret, text, length));
	}
}

Test(hash, bytes_and_length_count)
{
	uint8_t key[48] = {0};
	uint64_t hashes[49];

	/* Nothing but zeros, and more and more of them. */
	for (size_t length = 0; length <= sizeof(key); length++) {
		hashes[length] = hash_bytes(&secret, key, length);
		for (size_t i = 0; i < length; i++)
			cr_expect_neq(hashes[i], hashes[length], "%zu and %zu", i, length);
	}
	for (size_t i = 0; i < sizeof(key); i++) {
		key[i] = 1;
		cr_expect_neq(hash_bytes(&secret, key, sizeof(key)), hashes[sizeof(key)], "%zu", i);
		key[i] = 0;
	}
}
