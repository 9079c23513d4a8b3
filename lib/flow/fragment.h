/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_FRAGMENT_H
#define WEIR_FLOW_FRAGMENT_H

#include <weir/hash.h>
#include <weir/packet.h>

/*
 * The ports of fragmented datagrams: only the first fragment has them, and the later ones
 * belong to its flow. A cache of fixed size: sets of four, keyed hash, the oldest of a
 * set gives way, and nothing is believed for longer than FRAGMENT_LIFETIME. Touched by
 * fragments only.
 */

#define FRAGMENT_LIFETIME (INT64_C(30) * 1000000000) /* ns of clock */
#define FRAGMENT_SETS     2048u
#define FRAGMENT_WAYS     4u

/* What says that two fragments are of one datagram. In the order sender, receiver. */
struct datagram {
	uint32_t address[2];
	uint8_t prefix[2][12];
	uint32_t id;
	uint16_t vlan; /* and PACKET_KEY_IPV6 */
	uint8_t protocol;
	uint8_t zero;
};

struct fragment {
	struct datagram datagram;
	uint16_t port[2];  /* as in the key of the first fragment */
	uint8_t direction; /* of the first fragment */
	bool used;
	uint64_t clock; /* of the first fragment, ns */
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct fragment) == 64, "one cache line");

struct fragment_set {
	struct fragment way[FRAGMENT_WAYS];
};

/* Fragments of one burst. */
struct fragment_counts {
	uint32_t first, tiny, later, unmatched; /* the tiny ones are also first */
};

/*
 * Take note of the ports of a first fragment; give a later one the ports, the order of endpoints
 * and the direction of its first. Without a remembered first it keeps ports 0/0.
 */
void fragment_resolve(struct fragment_set *sets, const struct hash_secret *secret,
		      struct packet *packet, struct fragment_counts *counts);

#endif
