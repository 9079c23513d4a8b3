/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_BPF_SEARCH_H
#define WEIR_BPF_SEARCH_H

/* From a key to the number of its rule: contract.h says how. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "contract.h"

/* Lines of the arena are there by construction; the verifier wants to see it checked. */
static __always_inline const void *line(void *arena, __u32 number)
{
	return bpf_map_lookup_elem(arena, &number);
}

/*
 * 1 if a < b, by the borrow of the subtraction. A branch would be mispredicted half of the time and
 * make the verifier walk both ways from each key; clang must not see that it could be one.
 */
static __always_inline __u64 below32(__u32 a, __u32 b)
{
	__u64 difference = (__u64)a - b;

	barrier_var(difference);
	return difference >> 63;
}

/* The same for a < b + borrow in 64 bits: the borrow that comes out. */
static __always_inline __u64 below64(__u64 a, __u64 b, __u64 borrow)
{
	__u64 out = (~a & b) | ((~a | b) & (a - b - borrow));

	barrier_var(out);
	return out >> 63;
}

/* The child of a node that holds the address: its number on the next level. */
static __always_inline __u32 child4(void *arena, __u32 level, __u32 node, __u32 address)
{
	const struct prefilter_node4 *keys = line(arena, level + node);
	const __u32 *part;
	__u64 child;

	if (!keys)
		return 0;
	/* By every fourth key to the four children, by the three between them to the one. */
	child = 4 * (below32(keys->key[3], address) + below32(keys->key[7], address) +
		     below32(keys->key[11], address));
	part = keys->key + child;
	child += below32(part[0], address) + below32(part[1], address) + below32(part[2], address);
	return node * PREFILTER_FANOUT4 + child;
}

static __always_inline __u32 child6(void *arena, __u32 level, __u32 node, __u64 high, __u64 low)
{
	const struct prefilter_node6 *keys = line(arena, level + node);
	__u64 child = 0;

	if (!keys)
		return 0;
#pragma unroll
	for (int i = 0; i < PREFILTER_FANOUT6 - 1; i++)
		child += below64(keys->key[i].high, high, below64(keys->key[i].low, low, 0));
	return node * PREFILTER_FANOUT6 + child;
}

/*
 * Level by level, without a loop: clang does not unroll it, and kernels before 6.3 refuse loops
 * whose end falls through to their beginning, which is up to clang.
 */
#define DESCEND4(i)                                                                                \
	if (i < depth)                                                                             \
		node = child4(arena, tree->level[i], node, address);
#define DESCEND6(i)                                                                                \
	if (i < depth)                                                                             \
		node = child6(arena, tree->level[i], node, high, low);

static __noinline __u32 search4(void *arena, const struct prefilter_tree *tree, __u32 address)
{
	const __u32 depth = tree->depth;
	__u32 node = 0;

	DESCEND4(0) DESCEND4(1) DESCEND4(2) DESCEND4(3) DESCEND4(4) return node;
}
_Static_assert(PREFILTER_DEPTH4 == 5, "as many levels as search4() descends");

static __noinline __u32 search6(void *arena, const struct prefilter_tree *tree, __u64 high,
				__u64 low)
{
	const __u32 depth = tree->depth;
	__u32 node = 0;

	DESCEND6(0)
	DESCEND6(1)
	DESCEND6(2)
	DESCEND6(3)
	DESCEND6(4) DESCEND6(5) DESCEND6(6) DESCEND6(7) DESCEND6(8) DESCEND6(9) return node;
}
_Static_assert(PREFILTER_DEPTH6 == 10, "as many levels as search6() descends");

/* The interval of an address on one side (0: source). */
static __always_inline const struct prefilter_interval *search(void *arena, __u8 version, int side,
							       const __u64 *address)
{
	const int name = (version == 4 ? PREFILTER_TREE_SOURCE4 : PREFILTER_TREE_SOURCE6) + side;
	const struct prefilter_tree *tree = line(arena, 1 + name);
	const struct prefilter_interval *intervals;
	__u32 number;

	if (!tree)
		return 0;
	number = version == 4 ? search4(arena, tree, address[1])
			      : search6(arena, tree, address[0], address[1]);
	intervals = line(arena, tree->intervals + number / 8);
	return intervals ? intervals + (number & 7) : 0;
}

/* The vector of a field's value by its direct table. */
static __always_inline const struct prefilter_vector *
table_vector(void *arena, const struct prefilter_header *header, int table, __u32 value)
{
	const __u32 *vectors;

	if (!(header->fields & 1u << table))
		return line(arena, header->ones);
	vectors = line(arena, header->table[table] + value / 16);
	return vectors ? line(arena, vectors[value & 15]) : 0;
}

/* The best combination. `source` and `destination`: lines of the addresses' vectors. */
static __always_inline __u32 search_combinations(void *arena, const struct prefilter_header *header,
						 const struct prefilter_key *key, __u32 source,
						 __u32 destination)
{
	const struct prefilter_vector *from = line(arena, source), *to = line(arena, destination);
	const struct prefilter_vector *protocol, *from_port, *to_port, *vlan;

	protocol = table_vector(arena, header, PREFILTER_TABLE_PROTOCOL, key->protocol);
	from_port = table_vector(arena, header, PREFILTER_TABLE_SOURCE_PORT, key->source_port);
	to_port = table_vector(arena, header, PREFILTER_TABLE_DESTINATION_PORT,
			       key->destination_port);
	vlan = table_vector(arena, header, PREFILTER_TABLE_VLAN, key->vlan);
	if (!from || !to || !protocol || !from_port || !to_port || !vlan)
		return PREFILTER_NONE;
#pragma unroll
	for (__u32 i = 0; i < PREFILTER_COMBINATIONS / 64; i++) {
		const __u64 bits = from->word[i] & to->word[i] & protocol->word[i] &
				   from_port->word[i] & to_port->word[i] & vlan->word[i];

		if (i == header->words)
			break;
		if (bits) {
			const __u32 number = i * 64 + __builtin_popcountll((bits & -bits) - 1);
			const __u32 *rules = line(arena, header->combinations + number / 16);

			return rules ? rules[number & 15] : PREFILTER_NONE;
		}
	}
	return PREFILTER_NONE;
}

/* The number of the first rule that fits an IP packet. */
static __always_inline __u32 search_rule(void *arena, const struct prefilter_header *header,
					 const struct prefilter_key *key)
{
	__u32 source = header->ones, destination = header->ones;
	__u32 best = header->default_rule;

	if (header->sides & 1) {
		const struct prefilter_interval *found =
			search(arena, key->version, 0, key->source);

		if (found) {
			best = found->rule < best ? found->rule : best;
			source = found->vector;
		}
	}
	if (header->sides & 2) {
		const struct prefilter_interval *found =
			search(arena, key->version, 1, key->destination);

		if (found) {
			best = found->rule < best ? found->rule : best;
			destination = found->vector;
		}
	}
	if (header->words) {
		__u32 found = search_combinations(arena, header, key, source, destination);

		best = found < best ? found : best;
	}
	return best;
}

#endif
