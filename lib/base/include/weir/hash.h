/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_HASH_H
#define WEIR_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * The keyed hash of everything that traffic can choose: a folded multiply
 * (64 x 64 -> 128 bits, both halves xored) of key words xored with secret words.
 * Unlike a CRC it is not linear, so without the secret nobody can choose keys that
 * collide. The secret is drawn once at start (hash_secret_draw) and never printed.
 */
struct hash_secret {
	uint64_t word[4];
};

/* Fill the secret from the kernel's random source. 0 or negative errno. */
int hash_secret_draw(struct hash_secret *secret);

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Hash of a 16-byte key given as two words. All 64 bits of the result are usable. */
static inline uint64_t hash_2words(const struct hash_secret *secret, uint64_t a, uint64_t b)
{
	uint64_t h = hash_fold(a ^ secret->word[0], b ^ secret->word[1]);

	return hash_fold(h ^ secret->word[2], b ^ secret->word[3]);
}

/* Hash of `length` bytes at `key` (any alignment). */
uint64_t hash_bytes(const struct hash_secret *secret, const void *key, size_t length);

#endif
