/* SPDX-License-Identifier: BSD-3-Clause */
#include "tops.h"

#include <string.h>

/* Everything that the lists of one snapshot are made with. */
struct making {
	struct tops *tops;
	struct snapshot *snapshot;
	struct stats_row *rows; /* one list after the other */
};

size_t tops_rows(uint32_t length)
{
	return (size_t)STATS_DIMENSIONS * STATS_METRICS * STATS_WINDOWS * length;
}

static struct stats_row *list_rows(const struct making *making, enum stats_dimension dimension,
				   enum stats_metric metric, enum stats_window window)
{
	size_t list = ((size_t)dimension * STATS_METRICS + metric) * STATS_WINDOWS + window;

	return making->rows + list * making->tops->length;
}

static void show(enum stats_dimension dimension, unsigned int side, const struct summary_row *row,
		 struct stats_row *shown)
{
	key_show(dimension, side, row->key, &shown->key);
	memcpy(shown->metrics, row->metrics[side], sizeof(shown->metrics));
}

/* Does `a` come before `b`? As in a summary: the larger, among equals the smaller key. */
static bool before(const struct stats_row *a, const struct stats_row *b, enum stats_metric metric)
{
	if (a->metrics[metric] != b->metrics[metric])
		return a->metrics[metric] > b->metrics[metric];
	return memcmp(&a->key, &b->key, sizeof(a->key)) < 0;
}

/* The list of a dimension whose keys are a row for each side: merged from the sides' lists. */
static uint32_t list_both(struct tops *tops, const struct summary *summary,
			  enum stats_dimension dimension, enum stats_metric metric,
			  struct stats_row *rows)
{
	struct summary_row *sides[2] = {tops->rows, tops->rows + tops->length};
	uint32_t left[2], shown = 0;
	struct stats_row next[2];

	for (unsigned int side = 0; side < 2; side++) {
		left[side] = summary_top(summary, side, metric, sides[side], tops->length);
		if (left[side] > 0)
			show(dimension, side, sides[side], &next[side]);
	}
	while (shown < tops->length && left[0] + left[1] > 0) {
		unsigned int side =
			left[0] == 0 || (left[1] > 0 && before(&next[1], &next[0], metric));

		rows[shown++] = next[side];
		if (--left[side] > 0)
			show(dimension, side, ++sides[side], &next[side]);
	}
	return shown;
}

static uint32_t list_side(struct tops *tops, const struct summary *summary,
			  enum stats_dimension dimension, enum stats_metric metric,
			  struct stats_row *rows)
{
	unsigned int side = dimension_sources[dimension].sides[1] ? 1 : 0;
	uint32_t shown = summary_top(summary, side, metric, tops->rows, tops->length);

	for (uint32_t i = 0; i < shown; i++)
		show(dimension, side, &tops->rows[i], &rows[i]);
	return shown;
}

static void list(const struct making *making, enum stats_dimension d, enum stats_window w,
		 const struct summary *summary)
{
	const bool *sides = dimension_sources[d].sides;
	struct stats_top about = {.exact = summary_exact(summary)};

	for (unsigned int side = 0; side < 2; side++) {
		if (!sides[side])
			continue;
		about.keys += summary_side_keys(summary, side);
		for (unsigned int m = 0; m < STATS_METRICS; m++) {
			uint64_t error = summary_error(summary, side, m);

			if (error > about.error[m])
				about.error[m] = error;
		}
	}
	for (unsigned int m = 0; m < STATS_METRICS; m++) {
		struct stats_top *top = &making->snapshot->top[d][m][w];
		struct stats_row *rows = list_rows(making, d, m, w);

		*top = about;
		top->rows = rows;
		top->shown = sides[0] && sides[1] ? list_both(making->tops, summary, d, m, rows)
						  : list_side(making->tops, summary, d, m, rows);
		tops_breathe(making->tops);
	}
}

/* All dimensions that a subject has. */
static void list_subject(const struct making *making, enum subject subject, enum stats_window w,
			 const struct summary *summary)
{
	for (unsigned int d = 0; d < STATS_DIMENSIONS; d++)
		if (dimension_sources[d].subject == subject)
			list(making, d, w, summary);
}

void tops_list_nothing(const struct tops *tops, struct snapshot *snapshot)
{
	memset(snapshot->top, 0, sizeof(snapshot->top));
	snapshot->top_length = tops->length;
	snapshot->top_capacity = TOPS_CAPACITY;
	snapshot->top_window_capacity = TOPS_SLICE_CAPACITY;
}

/* Every record is of one protocol, and a summary has room for all of them. */
static void sum_up(const struct tops *tops, struct snapshot *snapshot)
{
	const struct summary *protocols = tops->subjects[SUBJECT_PROTOCOL].total;

	for (unsigned int m = 0; m < STATS_METRICS; m++)
		snapshot->top_counted[m] = summary_total(protocols, m);
}

void tops_list(struct tops *tops, struct snapshot *snapshot, struct stats_row *rows)
{
	struct making making = {.tops = tops, .snapshot = snapshot, .rows = rows};
	uint32_t in_10s = snapshot->windows[STATS_10S].entries;
	uint32_t in_60s = snapshot->windows[STATS_60S].entries;

	tops_list_nothing(tops, snapshot);
	sum_up(tops, snapshot);
	for (unsigned int s = 0; s < SUBJECTS; s++) {
		struct tops_subject *subject = &tops->subjects[s];

		list_subject(&making, s, STATS_NOW, subject->now);
		list_subject(&making, s, STATS_TOTAL, subject->total);
		/* The longer window is the shorter one and more. */
		summary_merge(subject->window, subject->slice);
		tops_breathe(tops);
		tops_gather(tops, subject, 0, in_10s);
		list_subject(&making, s, STATS_10S, subject->window);
		tops_gather(tops, subject, in_10s, in_60s);
		list_subject(&making, s, STATS_60S, subject->window);
		summary_clear(subject->window);
		tops_breathe(tops);
	}
}
