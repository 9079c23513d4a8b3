/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PREFILTER_ARENA_H
#define WEIR_PREFILTER_ARENA_H

#include "rules.h"

/*
 * A rule set as the program reads it: see bpf/contract.h. Rules keep their numbers; behind them
 * come two more, the default and the one for unreadable frames.
 */
#define ARENA_EXTRA_RULES 2

struct arena {
	uint8_t *lines; /* the first `count`, filled in; owned: arena_free() */
	size_t count;
	size_t total;                      /* with the counters behind them, which begin as zero */
	size_t counters, counters_per_cpu; /* in lines, as in the header */
};

/* `meter`: of each rule that needs one, and of the default. -ENOMEM; -E2BIG: not enough numbers. */
int arena_make(const struct prefilter_rules *rules, const uint32_t *meter, unsigned int cpus,
	       struct arena *arena);
void arena_free(struct arena *arena);

#endif
