/* SPDX-License-Identifier: BSD-3-Clause */
#include "arena.h"
#include "build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECOND (UINT64_C(1000000000) << 20) /* in units of rule.cost */

static size_t lines(size_t count, size_t size)
{
	return (count * size + PREFILTER_LINE - 1) / PREFILTER_LINE;
}

/* Lines for `count` things of `size`: the number of the first. */
static uint32_t take(struct arena *arena, size_t count, size_t size)
{
	const size_t first = arena->count;

	arena->count += lines(count, size);
	return (uint32_t)first;
}

static void *at_line(const struct arena *arena, uint32_t number)
{
	return arena->lines + (size_t)number * PREFILTER_LINE;
}

static bool is_ipv4(int tree)
{
	return tree == PREFILTER_TREE_SOURCE4 || tree == PREFILTER_TREE_DESTINATION4;
}

/* Where everything lies; the trees' lines are not there yet to be filled in. */
static void lay_out(struct build *build, struct prefilter_tree trees[PREFILTER_TREES])
{
	struct arena *arena = build->arena;
	struct prefilter_header *header = &build->header;

	arena->count = 1 + PREFILTER_TREES;
	header->rules =
		take(arena, build->rules->count + ARENA_EXTRA_RULES, sizeof(struct prefilter_rule));
	header->combinations = take(arena, PREFILTER_COMBINATIONS, sizeof(uint32_t));
	header->ones = take(arena, build->vectors.count, sizeof(struct prefilter_vector));
	for (int i = 0; i < PREFILTER_TABLES; i++)
		if (build->table[i] != NULL)
			header->table[i] = take(arena, table_values[i], sizeof(uint32_t));
	for (int i = 0; i < PREFILTER_TREES; i++) {
		const uint32_t fanout = is_ipv4(i) ? PREFILTER_FANOUT4 : PREFILTER_FANOUT6;
		const size_t spans = build->trees[i].count;

		trees[i].depth = tree_depth(spans, fanout);
		for (uint32_t level = 0; level < trees[i].depth; level++)
			trees[i].level[level] =
				take(arena, tree_nodes(spans, fanout, trees[i].depth, level),
				     PREFILTER_LINE);
		trees[i].intervals = take(arena, spans, sizeof(struct prefilter_interval));
	}
}

/* The last address below a child, all ones behind the last child. */
static address child_last(const struct spans *spans, size_t child, size_t below)
{
	const size_t end = (child + 1) * below;

	return end < spans->count ? spans->span[end - 1].last : ~(address)0;
}

static void fill_level(const struct build *build, int tree, uint32_t first, size_t nodes,
		       size_t below)
{
	const uint32_t fanout = is_ipv4(tree) ? PREFILTER_FANOUT4 : PREFILTER_FANOUT6;

	for (size_t i = 0; i < nodes; i++) {
		void *line = at_line(build->arena, first + (uint32_t)i);
		struct prefilter_node4 *node4 = line;
		struct prefilter_node6 *node6 = line;

		for (uint32_t j = 0; j < fanout; j++) {
			const address last = child_last(&build->trees[tree], i * fanout + j, below);

			if (is_ipv4(tree)) {
				node4->key[j] = (uint32_t)last;
			} else {
				node6->key[j].high = (uint64_t)(last >> 64);
				node6->key[j].low = (uint64_t)last;
			}
		}
	}
}

static void fill_tree(const struct build *build, int name, const struct prefilter_tree *tree)
{
	const uint32_t fanout = is_ipv4(name) ? PREFILTER_FANOUT4 : PREFILTER_FANOUT6;
	const struct spans *spans = &build->trees[name];
	struct prefilter_interval *interval = at_line(build->arena, tree->intervals);
	size_t below = 1;

	for (uint32_t level = tree->depth; level-- > 0; below *= fanout)
		fill_level(build, name, tree->level[level],
			   tree_nodes(spans->count, fanout, tree->depth, level), below);
	for (size_t i = 0; i < spans->count; i++) {
		interval[i].rule = spans->span[i].rule;
		interval[i].vector = build->header.ones + spans->span[i].vector;
	}
	memcpy(at_line(build->arena, 1 + (uint32_t)name), tree, sizeof(*tree));
}

static void fill_rule(struct prefilter_rule *line, const struct rule *rule, uint32_t meter)
{
	*line = (struct prefilter_rule){.action = rule->action, .then = rule->then};
	if (!rule_is_metered(rule))
		return;
	line->meter = meter;
	if (rule->action == PREFILTER_ACTION_SAMPLE) {
		line->every = rule->every;
		return;
	}
	line->bits = rule->bits;
	line->cost = (SECOND + rule->rate / 2) / rule->rate;
	line->depth = rule->burst * (rule->bits ? 8 : 1) * line->cost;
}

static void fill_rules(const struct build *build, const uint32_t *meter)
{
	const struct prefilter_rules *rules = build->rules;
	struct prefilter_rule *line = at_line(build->arena, build->header.rules);

	for (size_t i = 0; i < rules->count; i++)
		fill_rule(&line[i], &rules->rule[i], meter[i]);
	fill_rule(&line[rules->count], &rules->otherwise, meter[rules->count]);
	line[rules->count + 1] = (struct prefilter_rule){.action = PREFILTER_ACTION_ANALYSE};
	memcpy(at_line(build->arena, build->header.combinations), build->combination,
	       sizeof(build->combination));
}

static void fill(const struct build *build, const struct prefilter_tree *trees,
		 const uint32_t *meter)
{
	const uint32_t first = build->header.ones;

	memcpy(at_line(build->arena, 0), &build->header, sizeof(build->header));
	memcpy(at_line(build->arena, first), build->vectors.vector,
	       build->vectors.count * sizeof(*build->vectors.vector));
	for (int i = 0; i < PREFILTER_TABLES; i++) {
		uint32_t *vectors = at_line(build->arena, build->header.table[i]);

		for (uint32_t value = 0; build->table[i] != NULL && value < table_values[i];
		     value++)
			vectors[value] = first + build->table[i][value];
	}
	for (int i = 0; i < PREFILTER_TREES; i++)
		if (build->trees[i].count > 0)
			fill_tree(build, i, &trees[i]);
	fill_rules(build, meter);
}

static int lay_down(struct build *build, const uint32_t *meter, unsigned int cpus)
{
	struct prefilter_tree trees[PREFILTER_TREES] = {0};
	struct arena *arena = build->arena;

	lay_out(build, trees);
	arena->counters = arena->count;
	arena->counters_per_cpu =
		lines(build->rules->count + ARENA_EXTRA_RULES, sizeof(struct prefilter_count));
	arena->total = arena->count + cpus * arena->counters_per_cpu;
	if (arena->total >= UINT32_MAX)
		return -E2BIG;
	build->header.counters = (uint32_t)arena->counters;
	build->header.counters_per_cpu = (uint32_t)arena->counters_per_cpu;
	arena->lines = calloc(arena->count, PREFILTER_LINE);
	if (arena->lines == NULL)
		return -ENOMEM;
	fill(build, trees, meter);
	return 0;
}

int arena_make(const struct prefilter_rules *rules, const uint32_t *meter, unsigned int cpus,
	       struct arena *arena)
{
	struct build *build = calloc(1, sizeof(*build));
	int code = -ENOMEM;

	*arena = (struct arena){0};
	if (build == NULL)
		return -ENOMEM;
	build->rules = rules;
	build->arena = arena;
	build->extents = calloc(rules->count + 1, sizeof(*build->extents));
	if (build->extents != NULL)
		code = build_parts(build);
	if (code == 0)
		code = lay_down(build, meter, cpus);
	for (int i = 0; i < PREFILTER_TREES; i++)
		free(build->trees[i].span);
	for (int i = 0; i < PREFILTER_TABLES; i++)
		free(build->table[i]);
	vectors_free(&build->vectors);
	free(build->extents);
	free(build);
	return code;
}

void arena_free(struct arena *arena)
{
	free(arena->lines);
}
