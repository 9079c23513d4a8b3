/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/summary.h>

#include <string.h>

#include "layout.h"

/*
 * Which rows are large enough to stay is read off a histogram of each metric: two passes over
 * the rows, no sorting. A class is as wide as 1/16 of its values, and below 32 a class is one
 * value. So a pruning costs a few ns a row, and makes room for at least half as many.
 */
#define CLASSES (61 * 16)

/* Sums of a row at most: three metrics of two sides. */
#define SUMS_MAX (2 * SUMMARY_METRICS)

static unsigned int class_of(uint64_t value)
{
	int exponent;

	if (value < 16)
		return (unsigned int)value;
	exponent = 63 - __builtin_clzll(value);
	return ((unsigned int)(exponent - 3) << 4) | ((value >> (exponent - 4)) & 15);
}

/* Rows of a class above `class` stay, and of `class` itself the first `room` ones. */
struct cut {
	unsigned int class;
	uint32_t room;
};

/* The cut that lets at most `share` rows stay; never those whose value is 0. */
static struct cut cut_at(const uint32_t histogram[CLASSES], uint32_t share)
{
	struct cut cut = {.class = CLASSES - 1, .room = share};

	while (cut.class > 0 && histogram[cut.class] <= cut.room)
		cut.room -= histogram[cut.class --];
	if (cut.class == 0)
		cut.room = 0;
	return cut;
}

static bool stays(struct cut *cut, uint64_t value)
{
	unsigned int class = class_of(value);

	if (class != cut->class)
		return class > cut->class;
	if (cut->room == 0)
		return false;
	cut->room--;
	return true;
}

static void choose_cuts(const struct summary *summary, uint32_t share, struct cut *cuts)
{
	uint32_t histograms[SUMS_MAX][CLASSES] = {0};

	for (uint32_t row = 0; row < summary->count; row++) {
		const uint64_t *sums = row_metrics(summary, row_at(summary, row));

		for (unsigned int m = 0; m < summary->metric_words; m++)
			histograms[m][class_of(sums[m])]++;
	}
	for (unsigned int m = 0; m < summary->metric_words; m++)
		cuts[m] = cut_at(histograms[m], share);
}

/* Every cut is asked: a row uses up its room in each. */
static bool stays_by_any(const struct summary *summary, struct cut *cuts, const uint64_t *sums)
{
	bool stay = false;

	for (unsigned int m = 0; m < summary->metric_words; m++)
		stay |= stays(&cuts[m], sums[m]);
	return stay;
}

/* The largest of what is forgotten. */
static void note_forgotten(const struct summary *summary, const uint64_t *sums,
			   uint64_t (*forgotten)[SUMMARY_METRICS])
{
	for (unsigned int m = 0; m < summary->metric_words; m++) {
		uint64_t *most = &forgotten[m / SUMMARY_METRICS][m % SUMMARY_METRICS];

		if (sums[m] > *most)
			*most = sums[m];
	}
}

void summary_prune(struct summary *summary, uint32_t keep)
{
	struct cut cuts[SUMS_MAX];
	uint64_t forgotten[2][SUMMARY_METRICS] = {0};
	uint32_t kept = 0;

	if (summary->count <= keep)
		return;
	choose_cuts(summary, keep / summary->metric_words, cuts);
	index_clear(summary);
	for (uint32_t row = 0; row < summary->count; row++) {
		uint64_t *from = row_at(summary, row);
		const uint64_t *sums = row_metrics(summary, from);

		if (stays_by_any(summary, cuts, sums)) {
			memmove(row_at(summary, kept), from, summary->row_words * sizeof(*from));
			summary->hashes[kept++] = summary->hashes[row];
			continue;
		}
		note_forgotten(summary, sums, forgotten);
	}
	summary->count = kept;
	for (uint32_t row = 0; row < kept; row++)
		index_put(summary, row);
	summary_add_error(summary, (const uint64_t(*)[SUMMARY_METRICS])forgotten);
}

uint32_t summary_largest(const struct summary *summary, struct summary_row *rows, uint32_t keep,
			 uint64_t (*error)[SUMMARY_METRICS])
{
	const bool all = summary->count <= keep;
	struct cut cuts[SUMS_MAX];
	uint64_t forgotten[2][SUMMARY_METRICS] = {0};
	struct summary_row row;
	uint32_t position = 0, kept = 0;

	if (!all)
		choose_cuts(summary, keep / summary->metric_words, cuts);
	while (summary_next(summary, &position, &row)) {
		if (all || stays_by_any(summary, cuts, row.metrics[0]))
			rows[kept++] = row;
		else
			note_forgotten(summary, row.metrics[0], forgotten);
	}
	for (unsigned int side = 0; side < summary->shape.sides; side++)
		for (unsigned int m = 0; m < SUMMARY_METRICS; m++)
			error[side][m] = forgotten[side][m] + summary_error(summary, side, m);
	return kept;
}
