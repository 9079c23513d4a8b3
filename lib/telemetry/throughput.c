/* SPDX-License-Identifier: BSD-3-Clause */
#include "handlers.h"

#include <weir/clock.h>

#include "answer.h"

_Static_assert(COMMAND_SECONDS_MAX == STATS_HISTORY_MAX, "no more can be asked for than is kept");

/* The newest entries that fit into `room` bytes. */
static json_t *fitting_history(const struct stats_history *entries, size_t *count, size_t room)
{
	size_t total = *count;

	if (*count > ANSWER_ARRAY)
		*count = ANSWER_ARRAY;
	for (;;) {
		json_t *history = document_history(entries + total - *count, *count);
		size_t bytes = answer_bytes(history);

		if (bytes <= room || *count == 0)
			return history;
		json_decref(history);
		/* In proportion, and always fewer. */
		*count = (*count - 1) * room / bytes;
	}
}

static json_t *rates_over(const struct stats_rates *rates, uint64_t ns)
{
	json_t *object = document_rates(rates);

	if (object != NULL)
		json_object_set_new(object, "covered_ms",
				    json_integer((json_int_t)document_ms(ns)));
	return object;
}

/* How many of the newest `count` entries it takes to cover so many seconds. */
static size_t entries_over(const struct stats_history *entries, size_t count, uint64_t seconds)
{
	uint64_t covered = 0;
	size_t taken = 0;

	/* An entry is a little early or late. */
	while (taken < count && covered + CLOCK_SECOND / 2 < seconds * CLOCK_SECOND)
		covered += entries[count - ++taken].duration;
	return taken;
}

json_t *answer_throughput(struct command_request *request)
{
	enum { SECONDS, OFFSET };
	const struct snapshot *snapshot = request->snapshot;
	const uint64_t seconds = request->arguments.number[SECONDS];
	const uint64_t offset = request->arguments.number[OFFSET];
	size_t end = snapshot->history_count > offset ? snapshot->history_count - offset : 0;
	size_t total = entries_over(snapshot->history, end, seconds), shown = total;
	json_t *history = fitting_history(snapshot->history + end - total, &shown,
					  ANSWER_BYTES - ANSWER_BYTES / 16);

	return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:o}", "now",
			 rates_over(&snapshot->now, snapshot->windows[STATS_NOW].time), "average",
			 rates_over(&snapshot->average, snapshot->windows[STATS_TOTAL].time),
			 "seconds", (json_int_t)seconds, "offset", (json_int_t)offset, "total",
			 (json_int_t)total, "shown", (json_int_t)shown, "history", history);
}
