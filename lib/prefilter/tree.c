/* SPDX-License-Identifier: BSD-3-Clause */
#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NESTED_MAX (128 + 2) /* prefixes that can lie in one another, and all addresses */

/* A prefix that the sweep is in: what is known of the addresses of it that no longer prefix has. */
struct frame {
	address last;
	uint32_t rule;
	struct prefilter_row row;
};

struct sweep {
	struct frame frame[NESTED_MAX];
	size_t depth;
	address next; /* the first address that is in no span yet */
	bool over;    /* there is none */
	struct rows *rows;
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
	const struct cut *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return 0;
}

static int append(struct sweep *sweep, struct span span)
{
	struct spans *spans = sweep->spans;
	struct span *before = spans->count > 0 ? &spans->span[spans->count - 1] : NULL;

	if (before != NULL && before->rule == span.rule && before->row == span.row) {
		before->last = span.last;
		return 0;
	}
	if (spans->count == sweep->room) {
		const size_t room = sweep->room != 0 ? 2 * sweep->room : 64;
		struct span *grown = realloc(spans->span, room * sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		spans->span = grown;
		sweep->room = room;
	}
	spans->span[spans->count++] = span;
	return 0;
}

/* The innermost prefix has all addresses from `next` to `last`. */
static int cover(struct sweep *sweep, address last)
{
	const struct frame *frame = &sweep->frame[sweep->depth - 1];
	int row;

	if (sweep->over || last < sweep->next)
		return 0;
	row = rows_number(sweep->rows, &frame->row);
	if (row < 0)
		return row;
	sweep->next = last + 1;
	sweep->over = sweep->next == 0;
	return append(sweep, (struct span){last, frame->rule, (uint32_t)row});
}

/* Leave the prefixes that end before `first`. */
static int leave(struct sweep *sweep, address first)
{
	int code = 0;

	while (code == 0 && sweep->frame[sweep->depth - 1].last < first) {
		code = cover(sweep, sweep->frame[sweep->depth - 1].last);
		sweep->depth--;
	}
	return code;
}

/* Enter the prefix that `cut` and its like (of which it is the first) are about. */
static int enter(struct sweep *sweep, const struct cut *cut)
{
	int code = leave(sweep, cut->first);

	if (code == 0 && cut->first > 0)
		code = cover(sweep, cut->first - 1);
	if (code < 0)
		return code;
	sweep->frame[sweep->depth] = sweep->frame[sweep->depth - 1];
	sweep->frame[sweep->depth++].last = cut->last;
	return 0;
}

static void note(struct frame *frame, const struct cut *cut)
{
	if (cut->bit != PREFILTER_NONE)
		frame->row.word[cut->bit / 64] |= UINT64_C(1) << cut->bit % 64;
	else if (cut->rule < frame->rule)
		frame->rule = cut->rule;
}

int spans_make(struct cut *cuts, size_t count, int version, const struct prefilter_row *any,
	       struct rows *rows, struct spans *spans)
{
	struct sweep sweep = {.depth = 1, .rows = rows, .spans = spans};
	int code = 0;

	*spans = (struct spans){0};
	sweep.frame[0] = (struct frame){last_address(version), PREFILTER_NONE, *any};
	if (count > 0)
		qsort(cuts, count, sizeof(*cuts), by_place);
	for (size_t i = 0; i < count && code == 0; i++) {
		if (i == 0 || by_place(&cuts[i - 1], &cuts[i]) != 0)
			code = enter(&sweep, &cuts[i]);
		note(&sweep.frame[sweep.depth - 1], &cuts[i]);
	}
	while (code == 0 && sweep.depth > 0) {
		code = cover(&sweep, sweep.frame[sweep.depth - 1].last);
		sweep.depth--;
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
