/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/hash.h>

#include <errno.h>
#include <string.h>
#include <sys/random.h>

int hash_secret_draw(struct hash_secret *secret)
{
	ssize_t got = getrandom(secret, sizeof(*secret), 0);

	if (got == sizeof(*secret))
		return 0;
	return got < 0 ? -errno : -EIO;
}

uint64_t hash_bytes(const struct hash_secret *secret, const void *key, size_t length)
{
	const uint8_t *bytes = key;
	/* The length goes in first: keys that differ in trailing zeros alone stay apart. */
	uint64_t h = hash_fold(length ^ secret->word[2], secret->word[3]);

	while (length > 0) {
		uint64_t words[2] = {0, 0};
		size_t part = length < sizeof(words) ? length : sizeof(words);

		memcpy(words, bytes, part);
		h = hash_fold(words[0] ^ secret->word[0] ^ h, words[1] ^ secret->word[1]);
		bytes += part;
		length -= part;
	}
	return hash_fold(h ^ secret->word[2], secret->word[3]);
}
