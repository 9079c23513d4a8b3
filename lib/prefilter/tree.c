/* SPDX-License-Identifier: BSD-3-Clause */
#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NESTED_MAX (128 + 2) /* prefixes that can lie in one another, and all addresses */

/* A prefix that the scan is in: what is known of the addresses of it that no longer prefix has. */
struct entered {
	address last;
	uint32_t rule;
	struct prefilter_vector vector;
};

struct scan {
	struct entered entered[NESTED_MAX];
	size_t depth;
	address next; /* the first address that is in no span yet */
	bool over;    /* there is none */
	struct vectors *vectors;
	struct spans *spans;
	size_t room;
};

static address last_address(int version)
{
	return version == 4 ? UINT32_MAX : ~(address)0;
}

/* Wider prefixes before those in them; rules do not matter. */
static int by_place(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return 0;
}

static int append(struct scan *scan, struct span span)
{
	struct spans *spans = scan->spans;
	struct span *before = spans->count > 0 ? &spans->span[spans->count - 1] : NULL;

	if (before != NULL && before->rule == span.rule && before->vector == span.vector) {
		before->last = span.last;
		return 0;
	}
	if (spans->count == scan->room) {
		const size_t room = scan->room != 0 ? 2 * scan->room : 64;
		struct span *grown = realloc(spans->span, room * sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		spans->span = grown;
		scan->room = room;
	}
	spans->span[spans->count++] = span;
	return 0;
}

/* The innermost prefix has all addresses from `next` to `last`. */
static int cover(struct scan *scan, address last)
{
	const struct entered *entered = &scan->entered[scan->depth - 1];
	int vector;

	if (scan->over || last < scan->next)
		return 0;
	vector = vectors_number(scan->vectors, &entered->vector);
	if (vector < 0)
		return vector;
	scan->next = last + 1;
	scan->over = scan->next == 0;
	return append(scan, (struct span){last, entered->rule, (uint32_t)vector});
}

/* Leave the prefixes that end before `first`. */
static int leave(struct scan *scan, address first)
{
	int code = 0;

	while (code == 0 && scan->entered[scan->depth - 1].last < first) {
		code = cover(scan, scan->entered[scan->depth - 1].last);
		scan->depth--;
	}
	return code;
}

/* Enter the prefix that `extent` and its like (of which it is the first) are about. */
static int enter(struct scan *scan, const struct extent *extent)
{
	int code = leave(scan, extent->first);

	if (code == 0 && extent->first > 0)
		code = cover(scan, extent->first - 1);
	if (code < 0)
		return code;
	scan->entered[scan->depth] = scan->entered[scan->depth - 1];
	scan->entered[scan->depth++].last = extent->last;
	return 0;
}

static void note(struct entered *entered, const struct extent *extent)
{
	if (extent->bit != PREFILTER_NONE)
		entered->vector.word[extent->bit / 64] |= UINT64_C(1) << extent->bit % 64;
	else if (extent->rule < entered->rule)
		entered->rule = extent->rule;
}

int spans_make(struct extent *extents, size_t count, int version,
	       const struct prefilter_vector *any, struct vectors *vectors, struct spans *spans)
{
	struct scan scan = {.depth = 1, .vectors = vectors, .spans = spans};
	int code = 0;

	*spans = (struct spans){0};
	scan.entered[0] = (struct entered){last_address(version), PREFILTER_NONE, *any};
	if (count > 0)
		qsort(extents, count, sizeof(*extents), by_place);
	for (size_t i = 0; i < count && code == 0; i++) {
		if (i == 0 || by_place(&extents[i - 1], &extents[i]) != 0)
			code = enter(&scan, &extents[i]);
		note(&scan.entered[scan.depth - 1], &extents[i]);
	}
	while (code == 0 && scan.depth > 0) {
		code = cover(&scan, scan.entered[scan.depth - 1].last);
		scan.depth--;
	}
	if (code == 0)
		return 0;
	free(spans->span);
	*spans = (struct spans){0};
	return code;
}

uint32_t tree_depth(size_t spans, uint32_t fanout)
{
	uint32_t depth = 0;

	for (size_t reach = 1; reach < spans; reach *= fanout)
		depth++;
	return depth;
}

size_t tree_nodes(size_t spans, uint32_t fanout, uint32_t depth, uint32_t level)
{
	size_t below = 1; /* spans under a node */

	for (uint32_t i = level; i < depth; i++)
		below *= fanout;
	return (spans + below - 1) / below;
}
