/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_KEYS_H
#define WEIR_STATS_KEYS_H

#include <weir/flow.h>
#include <weir/snapshot.h>

/*
 * What sums are kept by. Most dimensions come in twos that share a key: an address as source and
 * as destination, a port likewise, a pair of addresses one way and the other. So there is one
 * subject for both, whose sums have two sides, and a record costs half the look-ups.
 */
enum subject {
	SUBJECT_ADDRESS, /* sides: sent, received */
	SUBJECT_PAIR,    /* sides: from the lower address to the higher, and back */
	SUBJECT_PORT,    /* sides: as source port, as destination port */
	SUBJECT_PROTOCOL,
	SUBJECT_FLOW,
	SUBJECTS
};

/* All bytes of a key count, so what is not used is 0. */
struct address_key {
	uint8_t address[16];
	uint8_t version;
	uint8_t zero[7];
};

struct pair_key {
	uint8_t lower[16], higher[16];
	uint8_t version;
	uint8_t zero[7];
};

struct number_key { /* a port or a protocol */
	uint16_t port;
	uint8_t protocol;
	uint8_t zero[5];
};

/*
 * A flow's row is the same whichever side a record of the conversation starts from: the lower
 * (address, port) stands as the source. The note that goes with the key says who really was: the
 * begin of the record by the clock * 2 + (the source was the higher one). The smallest note stays,
 * so a row is shown as its earliest record began, in whatever order they were counted.
 */
struct flow_key {
	struct stats_key key;
	uint64_t note;
};

struct subject_shape {
	uint32_t key_size; /* without the note */
	uint8_t sides;
	bool noted;
};
extern const struct subject_shape subject_shapes[SUBJECTS];

/* Which part of which subject a dimension shows. */
struct dimension_source {
	enum subject subject;
	bool sides[2]; /* both: each key is two rows */
};
extern const struct dimension_source dimension_sources[STATS_DIMENSIONS];

/* What keys are made of; 0 is the source. */
struct key_ends {
	struct address_key addresses[2];
	uint16_t ports[2]; /* host order */
	uint16_t vlan;
	uint8_t protocol;
	uint64_t first; /* when the record began, by the clock */
	int order;      /* of the source's address to the destination's, as memcmp() says it */
};

void key_ends_make(const struct flow_record *record, struct key_ends *ends);
void key_ends_of_view(const struct flow_view *view, struct key_ends *ends);

/* Returns false: the higher address sent what goes forward. */
bool pair_key_make(const struct key_ends *ends, struct pair_key *pair);
void flow_key_make(const struct key_ends *ends, struct flow_key *flow);

/*
 * Hashes of keys, of which the upper halves serve summaries. An address is multiplied as two words;
 * a pair's is the sum of both, and a flow's goes on from there.
 */
static inline uint64_t address_words_hash(const struct hash_secret *secret, uint64_t first,
					  uint64_t second)
{
	uint64_t h = hash_fold(first ^ secret->word[0], second ^ secret->word[1]);

	return hash_fold(h ^ secret->word[2], secret->word[3]);
}

struct key_hashes {
	uint64_t ends[2]; /* 0: the source's */
	uint64_t pair, flow;
};

/* All of a record, without making its keys. */
static inline void key_hashes_make(const struct flow_record *record,
				   const struct hash_secret *secret, struct key_hashes *hashes)
{
	const struct packet_key *key = &record->hot.key;
	const unsigned int source = flow_source(record);
	uint64_t words[2] = {key->address[0] | UINT64_C(4) << 32, key->address[1] | UINT64_C(4)
											    << 32};
	uint64_t seconds[2] = {0}, rest = (uint64_t)key->port[0] << 40 |
					  (uint64_t)key->port[1] << 24 | (uint64_t)key->vlan << 8 |
					  key->protocol;

	if (key->vlan & PACKET_KEY_IPV6)
		for (unsigned int e = 0; e < 2; e++) {
			uint32_t third;

			memcpy(&words[e], record->cold.prefix[e], sizeof(words[e]));
			memcpy(&third, record->cold.prefix[e] + sizeof(words[e]), sizeof(third));
			seconds[e] = third | (uint64_t)key->address[e] << 32;
		}
	hashes->ends[source] = address_words_hash(secret, words[0], seconds[0]);
	hashes->ends[!source] = address_words_hash(secret, words[1], seconds[1]);
	hashes->pair = hashes->ends[0] + hashes->ends[1];
	hashes->flow = hash_fold(hashes->pair ^ rest, secret->word[1]);
}

/* The same for one key. */
uint64_t address_hash(const struct hash_secret *secret, const struct address_key *key);
uint64_t number_hash(const struct hash_secret *secret, const struct number_key *key);

/* The row of a list for a subject's key. */
void key_show(enum stats_dimension dimension, unsigned int side, const void *key,
	      struct stats_key *shown);

#endif
