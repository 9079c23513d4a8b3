/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_PREFILTER_MODEL_H
#define WEIR_TESTS_UNIT_PREFILTER_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kit/prng.h>
#include <stdio.h>

#include <weir/packet.h>

/*
 * A plain model of rules: one after the other, each condition by itself, on the key that lib/packet
 * makes. Shares nothing with lib/prefilter, not even the reading of rules: it writes them.
 */
struct model_prefix {
	int version; /* 0: no condition */
	unsigned int length;
	uint8_t bytes[16];
};

struct model_range {
	bool set;
	uint32_t first, last;
};

struct model_rule {
	const char *action; /* analyse, pass or drop */
	const char *alone;  /* "arp", "non-ip" or NULL */
	int version;        /* `ip`, `ip6`; 0: not written */
	struct model_prefix from, to;
	struct model_range protocol, vlan, from_port, to_port;
};

struct model {
	struct model_rule rule[600];
	size_t count;
	const char *otherwise; /* the default's action */
};

void model_write(const struct model *model, FILE *out);

/* The rule for a frame: its number; count: the default; count + 1: unreadable. */
size_t model_decide(const struct model *model, const uint8_t *frame, uint32_t length);
const char *model_action(const struct model *model, size_t number);

/*
 * Rules at random, of a small world that model_frame() draws from as well. `lone`: out of 8, so
 * many have one prefix only.
 */
void model_draw(struct model *model, size_t count, unsigned int lone, struct prng *random);

/* A frame at random, most of them sound: its length. */
uint32_t model_frame(uint8_t *frame, struct prng *random);

#endif
