/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_BENCH_TABLE_DRAW_H
#define WEIR_TESTS_BENCH_TABLE_DRAW_H

#include <stdbool.h>
#include <stdint.h>

#include <kit/prng.h>
#include <weir/packet.h>

/*
 * Parsed packets as they come one after another, at next to no cost while the table is measured:
 * flows of a uniform order are drawn with a multiplication, those of Zipf's were drawn before.
 * (An array of uniform ones would take as much of the cache as the table that is measured.)
 */

struct draw_settings {
	uint32_t flows;
	uint64_t packets;  /* about as many are drawn, then they come again */
	uint64_t step;     /* ns of traffic time from packet to packet */
	uint32_t disorder; /* ns, of a power of two: a packet's time is late by less; 0: in order */
	bool zipf;         /* else uniform */
	bool ipv6;
};

struct draw {
	struct draw_settings settings;
	struct prng prng;    /* uniform order */
	uint32_t *flows;     /* Zipf's order, drawn; owned, else NULL */
	uint32_t next, mask; /* of those; their number - 1 */
	bool new_flows;      /* every packet begins one: these are not drawn but numbered */
	uint32_t number;     /* of the newest one */
	uint64_t clock;
};

/* False: no memory. */
bool draw_init(struct draw *draw, const struct draw_settings *settings);
void draw_release(struct draw *draw);

void draw_new_flows(struct draw *draw, bool new_flows);

/* Fill in the next `count` packets. */
void draw_packets(struct draw *draw, struct packet *packets, uint32_t count);

#endif
