/* SPDX-License-Identifier: BSD-3-Clause */
#include "history.h"

#include <string.h>

#include <weir/clock.h>

bool history_add(struct history *history, const struct stats_history *interval, bool close)
{
	struct stats_history *open = &history->open;

	open->time = interval->time;
	open->duration += interval->duration;
	open->packets += interval->packets;
	open->frame_octets += interval->frame_octets;
	open->ip_octets += interval->ip_octets;
	open->flows += interval->flows;
	open->missed += interval->missed;
	open->received += interval->received;
	open->lost += interval->lost;
	if (open->duration == 0 || (open->duration < CLOCK_SECOND && !close))
		return false;
	history->entries[history->next] = *open;
	history->next = (history->next + 1) % STATS_HISTORY_MAX;
	if (history->count < STATS_HISTORY_MAX)
		history->count++;
	memset(open, 0, sizeof(*open));
	return true;
}

void history_copy(const struct history *history, int64_t shift, struct snapshot *snapshot)
{
	uint32_t oldest = (history->next + STATS_HISTORY_MAX - history->count) % STATS_HISTORY_MAX;
	uint32_t upto_end = STATS_HISTORY_MAX - oldest;

	if (upto_end > history->count)
		upto_end = history->count;
	memcpy(snapshot->history, history->entries + oldest, upto_end * sizeof(history->open));
	memcpy(snapshot->history + upto_end, history->entries,
	       (history->count - upto_end) * sizeof(history->open));
	snapshot->history_count = history->count;
	for (uint32_t i = 0; i < history->count; i++)
		snapshot->history[i].time += (uint64_t)shift;
}

uint32_t history_share_ppm(uint64_t lost, uint64_t received)
{
	uint64_t all = lost + received;

	return all == 0 ? 0 : (uint32_t)((unsigned __int128)lost * 1000000 / all);
}

/* The closed entry that `back` others came after. */
static const struct stats_history *closed(const struct history *history, uint32_t back)
{
	return &history->entries[(history->next + STATS_HISTORY_MAX - 1 - back) %
				 STATS_HISTORY_MAX];
}

struct snapshot_window history_window(const struct history *history, uint64_t length)
{
	/* The newest may still be growing. */
	bool open = history->open.duration > 0;
	const struct stats_history *entry = open ? &history->open : closed(history, 0);
	struct snapshot_window window = {.time = entry->duration};
	uint64_t lost = entry->lost, received = entry->received;

	for (uint32_t back = !open; back < history->count && window.time < length; back++) {
		entry = closed(history, back);
		uint64_t with = window.time + entry->duration;

		if (with > length && with - length >= length - window.time)
			break;
		window.time = with;
		window.entries++;
		lost += entry->lost;
		received += entry->received;
	}
	window.missed_share_ppm = history_share_ppm(lost, received);
	return window;
}
