/* SPDX-License-Identifier: BSD-3-Clause */
#include "tops.h"

/*
 * The end of an interval in stages, one subject after the other, and each in parts that take a
 * millisecond or less: rings are drained between them. A stage is called until it says that it is
 * done.
 */

typedef bool stage_done(struct tops *tops, struct tops_subject *subject);

/* Ports and protocols that were counted become keys. */
static bool move_numbers(struct tops *tops, struct tops_subject *subject)
{
	if (tops->end.subject == SUBJECT_PORT)
		return numbered_move(&tops->ports, &tops->secret, subject->now, TOPS_PART);
	if (tops->end.subject == SUBJECT_PROTOCOL)
		return numbered_move(&tops->protocols, &tops->secret, subject->now, TOPS_PART);
	return true;
}

static bool add_to_total(struct tops *tops, struct tops_subject *subject)
{
	return summary_merge_part(subject->total, subject->now, &tops->end.position, TOPS_PART);
}

static bool add_to_slice(struct tops *tops, struct tops_subject *subject)
{
	return subject->slice == subject->now ||
	       summary_merge_part(subject->slice, subject->now, &tops->end.position, TOPS_PART);
}

static void list(struct tops *tops, enum stats_window window, const struct summary *summary)
{
	struct tops_quality quality;

	tops_quality_of(summary, &quality);
	tops_list(tops, tops->end.subject, window, summary, &quality);
}

static bool list_now(struct tops *tops, struct tops_subject *subject)
{
	list(tops, STATS_NOW, subject->now);
	return true;
}

static bool list_total(struct tops *tops, struct tops_subject *subject)
{
	list(tops, STATS_TOTAL, subject->total);
	return true;
}

static bool drop_from_windows(struct tops *tops, struct tops_subject *subject)
{
	for (unsigned int w = 0; w < TOPS_WINDOWS; w++)
		if (tops_window_drop(tops, subject, &subject->windows[w], tops->end.older[w]))
			return false;
	return true;
}

static bool store_slice(struct tops *tops, struct tops_subject *subject)
{
	tops_store_slice(tops, subject);
	return true;
}

static bool add_to_windows(struct tops *tops, struct tops_subject *subject)
{
	for (unsigned int w = 0; w < TOPS_WINDOWS; w++)
		if (tops_window_add(tops, subject, &subject->windows[w], tops->end.older[w]))
			return false;
	return true;
}

static void list_window(struct tops *tops, struct tops_subject *subject, enum stats_window shown,
			enum tops_window_number w)
{
	struct tops_quality quality;

	/* Nothing older: it is the newest slice, and that is all here. */
	if (tops->end.older[w] == 0) {
		list(tops, shown, subject->slice);
		return;
	}
	tops_window_quality(subject, &subject->windows[w], &quality);
	tops_list(tops, tops->end.subject, shown, subject->windows[w].sums, &quality);
}

static bool list_10s(struct tops *tops, struct tops_subject *subject)
{
	list_window(tops, subject, STATS_10S, TOPS_10S);
	return true;
}

static bool list_60s(struct tops *tops, struct tops_subject *subject)
{
	list_window(tops, subject, STATS_60S, TOPS_60S);
	return true;
}

static bool clear(struct tops *tops, struct tops_subject *subject)
{
	if (tops->end.slice_ends)
		summary_clear(subject->slice);
	summary_clear(subject->now);
	return true;
}

static stage_done *const stages[] = {
	move_numbers, add_to_total,   add_to_slice, list_now, list_total, drop_from_windows,
	store_slice,  add_to_windows, list_10s,     list_60s, clear,
};
#define STAGES (sizeof(stages) / sizeof(stages[0]))

/* As many as the ring and the sums of the window have room for. */
static uint32_t older_of(const struct tops *tops, const struct snapshot *snapshot,
			 enum stats_window window)
{
	uint32_t most = window == STATS_10S ? TOPS_10S_SLICES - 1 : TOPS_SLICES;
	uint32_t older = snapshot->windows[window].entries;

	most = most < tops->newest ? most : tops->newest;
	return older < most ? older : most;
}

/* Every record is of one protocol, and a summary has room for all of them. */
static void sum_up(const struct tops *tops, struct snapshot *snapshot)
{
	const struct summary *protocols = tops->subjects[SUBJECT_PROTOCOL].total;

	for (unsigned int m = 0; m < STATS_METRICS; m++)
		snapshot->top_counted[m] = summary_total(protocols, m);
}

/* False: that was all. */
static bool step(struct tops *tops)
{
	struct tops_end *end = &tops->end;

	if (!stages[end->stage](tops, &tops->subjects[end->subject]))
		return true;
	end->position = 0;
	if (++end->stage < STAGES)
		return true;
	end->stage = 0;
	return ++end->subject < SUBJECTS;
}

void tops_end(struct tops *tops, struct snapshot *snapshot, struct stats_row *rows, bool slice_ends)
{
	tops_list_nothing(tops, snapshot);
	tops->end = (struct tops_end){
		.snapshot = snapshot,
		.rows = rows,
		.slice_ends = slice_ends,
		.older = {[TOPS_10S] = older_of(tops, snapshot, STATS_10S),
			  [TOPS_60S] = older_of(tops, snapshot, STATS_60S)},
	};
	while (step(tops))
		tops_breathe(tops);
	sum_up(tops, snapshot);
	tops->newest += slice_ends;
}
