/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PREFILTER_BUILD_H
#define WEIR_PREFILTER_BUILD_H

#include "arena.h"
#include "tree.h"

/* A rule set on its way from rules to the lines of an arena. */
struct build {
	const struct prefilter_rules *rules;
	uint32_t combination[PREFILTER_COMBINATIONS]; /* number of its rule */
	size_t combinations;
	struct vectors vectors;              /* vector 0: all bits */
	struct extent *extents;              /* room for one a rule */
	struct spans trees[PREFILTER_TREES]; /* count 0: not there */
	uint32_t *table[PREFILTER_TABLES];   /* vector numbers; NULL: not there */
	struct prefilter_header header;
	struct arena *arena;
};

/* The values that each direct table is for. */
extern const uint32_t table_values[PREFILTER_TABLES];

/* All of it but the lines, and in the header what is not a line: -ENOMEM. (build.c) */
int build_parts(struct build *build);

#endif
