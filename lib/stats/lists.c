/* SPDX-License-Identifier: BSD-3-Clause */
#include "tops.h"

#include <string.h>

size_t tops_rows(uint32_t length)
{
	return (size_t)STATS_DIMENSIONS * STATS_METRICS * STATS_WINDOWS * length;
}

static struct stats_row *list_rows(const struct tops *tops, enum stats_dimension dimension,
				   enum stats_metric metric, enum stats_window window)
{
	size_t list = ((size_t)dimension * STATS_METRICS + metric) * STATS_WINDOWS + window;

	return tops->end.rows + list * tops->length;
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
static uint32_t list_both(const struct summary_tops *tops, enum stats_dimension dimension,
			  enum stats_metric metric, struct stats_row *rows)
{
	const struct summary_row *sides[2];
	uint32_t left[2], shown = 0;
	struct stats_row next[2];

	for (unsigned int side = 0; side < 2; side++) {
		sides[side] = tops->of[side][metric].rows;
		left[side] = tops->of[side][metric].count;
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

static uint32_t list_side(const struct summary_top *top, enum stats_dimension dimension,
			  unsigned int side, struct stats_row *rows)
{
	for (uint32_t i = 0; i < top->count; i++)
		show(dimension, side, &top->rows[i], &rows[i]);
	return top->count;
}

static void list(const struct tops *tops, enum stats_dimension d, enum stats_window w,
		 const struct summary_tops *found, const struct tops_quality *quality)
{
	const bool *sides = dimension_sources[d].sides;
	struct stats_top about = {.exact = quality->exact};

	for (unsigned int side = 0; side < 2; side++) {
		if (!sides[side])
			continue;
		about.keys += found->keys[side];
		for (unsigned int m = 0; m < STATS_METRICS; m++)
			if (quality->error[side][m] > about.error[m])
				about.error[m] = quality->error[side][m];
	}
	for (unsigned int m = 0; m < STATS_METRICS; m++) {
		struct stats_top *top = &tops->end.snapshot->top[d][m][w];
		struct stats_row *rows = list_rows(tops, d, m, w);

		*top = about;
		top->rows = rows;
		top->shown = sides[0] && sides[1]
				     ? list_both(found, d, m, rows)
				     : list_side(&found->of[sides[1]][m], d, sides[1], rows);
	}
}

void tops_quality_of(const struct summary *summary, struct tops_quality *quality)
{
	*quality = (struct tops_quality){.exact = summary_exact(summary)};
	for (unsigned int side = 0; side < summary_shape(summary)->sides; side++)
		for (unsigned int m = 0; m < STATS_METRICS; m++)
			quality->error[side][m] = summary_error(summary, side, m);
}

void tops_list(struct tops *tops, enum subject subject, enum stats_window window,
	       const struct summary *summary, const struct tops_quality *quality)
{
	struct summary_tops found = {.length = tops->length};

	for (unsigned int side = 0; side < 2; side++)
		for (unsigned int m = 0; m < STATS_METRICS; m++)
			found.of[side][m].rows = tops->top_rows[side][m];
	summary_top(summary, &found);
	for (unsigned int d = 0; d < STATS_DIMENSIONS; d++)
		if (dimension_sources[d].subject == subject)
			list(tops, d, window, &found, quality);
}

void tops_list_nothing(const struct tops *tops, struct snapshot *snapshot)
{
	memset(snapshot->top, 0, sizeof(snapshot->top));
	snapshot->top_length = tops->length;
	snapshot->top_capacity = TOPS_CAPACITY;
	snapshot->top_window_capacity = TOPS_SLICE_CAPACITY;
}
