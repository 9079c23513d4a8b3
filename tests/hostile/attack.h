/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_HOSTILE_ATTACK_H
#define WEIR_TESTS_HOSTILE_ATTACK_H

#include <stdint.h>

#include <weir/hash.h>
#include <weir/packet.h>

/*
 * What an attacker sends, who has read the code. Packets come out of the parser, from real frames:
 * nothing is in them that could not be on a wire. For the tests here and for bench-attack.
 */

/*
 * Up to `count` packets (in `packets`), each of another flow, whose keys have the same bucket and
 * the same signature in the index of a table of this capacity if the secret is zero. Returns how
 * many were found.
 */
uint32_t attack_find_keys(uint32_t capacity, struct packet *packets, uint32_t count);

/* As many flows of the same kind whose addresses nobody chose. */
void attack_plain_keys(struct packet *packets, uint32_t count);

/* The first fragment number `number` of one UDP flow: every one has another identification. */
struct packet attack_first_fragment(uint32_t number);

/*
 * Datagram `number` of ordinary fragmented traffic, each of a flow of its own: its first fragment
 * (`later` false), or the one behind it.
 */
struct packet attack_fragment(uint32_t number, bool later);

/* A UDP packet of `octets` IP octets: flow `number` of a flood. */
struct packet attack_flood(uint32_t number, uint16_t octets);

/* Bucket and signature of a packet's key, as lib/flow makes them. */
struct attack_place {
	uint32_t bucket;
	uint16_t signature;
};
struct attack_place attack_place(const struct hash_secret *secret, uint32_t capacity,
				 const struct packet *packet);

#endif
