/* SPDX-License-Identifier: BSD-3-Clause */
#include "build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const uint32_t table_values[PREFILTER_TABLES] = {
	[PREFILTER_TABLE_PROTOCOL] = 256,
	[PREFILTER_TABLE_SOURCE_PORT] = PREFILTER_PORT_NONE + 1,
	[PREFILTER_TABLE_DESTINATION_PORT] = PREFILTER_PORT_NONE + 1,
	[PREFILTER_TABLE_VLAN] = 4096,
};

static const struct range *table_range(const struct rule *rule, enum prefilter_table table)
{
	switch (table) {
	case PREFILTER_TABLE_PROTOCOL:
		return &rule->protocol;
	case PREFILTER_TABLE_SOURCE_PORT:
		return &rule->from_port;
	case PREFILTER_TABLE_DESTINATION_PORT:
		return &rule->to_port;
	default:
		return &rule->vlan;
	}
}

/* A rule's prefix on a side (0: source). `ip` and `ip6` alone are prefixes of the source. */
static struct prefix side_prefix(const struct rule *rule, int side)
{
	if (side == 0 && rule->from.version == 0 && rule->to.version == 0)
		return (struct prefix){.version = rule->version};
	return side == 0 ? rule->from : rule->to;
}

static void set_bit(struct prefilter_vector *vector, size_t bit)
{
	vector->word[bit / 64] |= UINT64_C(1) << bit % 64;
}

static struct extent make_extent(const struct prefix *prefix, uint32_t rule, uint32_t bit)
{
	const unsigned int host = (prefix->version == 4 ? 32 : 128) - prefix->length;
	const address first = (address)prefix->high << 64 | prefix->low;
	const address hosts = host == 128 ? ~(address)0 : ((address)1 << host) - 1;

	return (struct extent){first, first + hosts, rule, bit};
}

static int make_tree(struct build *build, int side, int version)
{
	const int name = (version == 4 ? PREFILTER_TREE_SOURCE4 : PREFILTER_TREE_SOURCE6) + side;
	struct prefilter_vector any = {0};
	uint32_t bit = 0;
	size_t count = 0;

	for (uint32_t i = 0; i < build->rules->count; i++) {
		const struct rule *rule = &build->rules->rule[i];
		const struct prefix prefix = side_prefix(rule, side);
		const bool lone = rule_is_lone(rule);

		if (rule->kind != RULE_IP)
			continue;
		if (prefix.version == version)
			build->extents[count++] =
				make_extent(&prefix, i, lone ? PREFILTER_NONE : bit);
		else if (prefix.version == 0 && !lone)
			set_bit(&any, bit);
		bit += !lone;
	}
	return spans_make(build->extents, count, version, &any, &build->vectors,
			  &build->trees[name]);
}

/* The two trees of a side, if a rule looks at it. */
static int make_side(struct build *build, int side)
{
	int code;

	for (size_t i = 0; i < build->rules->count; i++) {
		const struct rule *rule = &build->rules->rule[i];

		if (rule->kind != RULE_IP || side_prefix(rule, side).version == 0)
			continue;
		build->header.sides |= 1u << side;
		code = make_tree(build, side, 4);
		return code < 0 ? code : make_tree(build, side, 6);
	}
	return 0;
}

/* The vector of one value of a table. */
static int value_vector(struct build *build, enum prefilter_table table, uint32_t value)
{
	struct prefilter_vector vector = {0};

	for (size_t i = 0; i < build->combinations; i++) {
		const struct rule *rule = &build->rules->rule[build->combination[i]];
		const struct range *range = table_range(rule, table);

		if (!range->set || (value >= range->first && value <= range->last))
			set_bit(&vector, i);
	}
	return vectors_number(&build->vectors, &vector);
}

/* Vectors change only where a range begins or behind its end. */
static int fill_table(struct build *build, enum prefilter_table table, const bool *edge)
{
	int vector = 0;

	for (uint32_t value = 0; value < table_values[table]; value++) {
		if (value == 0 || edge[value])
			vector = value_vector(build, table, value);
		if (vector < 0)
			return vector;
		build->table[table][value] = (uint32_t)vector;
	}
	return 0;
}

static int make_table(struct build *build, enum prefilter_table table)
{
	bool *edge = calloc(table_values[table] + 1, sizeof(*edge));
	bool used = false;
	int code = 0;

	if (edge == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < build->combinations; i++) {
		const struct rule *rule = &build->rules->rule[build->combination[i]];
		const struct range *range = table_range(rule, table);

		if (!range->set)
			continue;
		used = true;
		edge[range->first] = edge[range->last + 1] = true;
	}
	if (used) {
		build->header.fields |= 1u << table;
		build->table[table] = calloc(table_values[table], sizeof(**build->table));
		code = build->table[table] != NULL ? fill_table(build, table, edge) : -ENOMEM;
	}
	free(edge);
	return code;
}

/* The rules that frames which are not IP go by, and which of the others combine. */
static void sort_out(struct build *build)
{
	const struct prefilter_rules *rules = build->rules;
	struct prefilter_header *header = &build->header;

	header->default_rule = (uint32_t)rules->count;
	header->unreadable_rule = (uint32_t)rules->count + 1;
	header->arp_rule = header->non_ip_rule = header->default_rule;
	for (uint32_t i = (uint32_t)rules->count; i-- > 0;) {
		const struct rule *rule = &rules->rule[i];

		if (rule->kind == RULE_ARP || rule->kind == RULE_NON_IP)
			header->arp_rule = i;
		if (rule->kind == RULE_NON_IP)
			header->non_ip_rule = i;
	}
	for (uint32_t i = 0; i < rules->count; i++)
		if (rules->rule[i].kind == RULE_IP && !rule_is_lone(&rules->rule[i]))
			build->combination[build->combinations++] = i;
	header->words = (uint32_t)(build->combinations + 63) / 64;
}

int build_parts(struct build *build)
{
	struct prefilter_vector ones;
	int code;

	sort_out(build);
	memset(&ones, 0xff, sizeof(ones));
	code = vectors_number(&build->vectors, &ones);
	for (int side = 0; side < 2 && code >= 0; side++)
		code = make_side(build, side);
	for (int table = 0; table < PREFILTER_TABLES && code >= 0; table++)
		code = make_table(build, (enum prefilter_table)table);
	return code < 0 ? code : 0;
}
