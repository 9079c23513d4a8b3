/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_OVERFLOW_H
#define WEIR_FLOW_OVERFLOW_H

#include <weir/flow.h>

/*
 * Packets that are in no record. A packet is noted when it comes, and the notes become sums at one
 * moment, that of the counters beside which they are read.
 */

struct overflow_note {
	uint64_t network; /* see flow_overflow_address() */
	uint32_t octets;
	uint8_t protocol;
};

struct overflow {
	/* The worker writes, under the seqlock of its counters (lib/worker); any thread reads. */
	struct flow_overflow_sums sums;
	/* The worker's alone: what is not in the sums yet. */
	uint32_t count;
	struct overflow_note notes[FLOW_OVERFLOW_NOTES];
};

/* Count a packet. */
void overflow_note(struct overflow *overflow, const struct hash_secret *secret,
		   const struct packet *packet);

/* Bring the notes into the sums; a bounded look through few places for each. */
void overflow_settle(struct overflow *overflow, const struct hash_secret *secret);

#endif
