/* SPDX-License-Identifier: BSD-3-Clause */
#include "history.h"

#include <string.h>

#include <weir/clock.h>

void history_add(struct history *history, const struct stats_history *interval, bool close)
{
	struct stats_history *open = &history->open;

	open->time = interval->time;
	open->duration += interval->duration;
	open->packets += interval->packets;
	open->frame_octets += interval->frame_octets;
	open->ip_octets += interval->ip_octets;
	open->missed += interval->missed;
	open->received += interval->received;
	open->lost += interval->lost;
	if (open->duration == 0 || (open->duration < CLOCK_SECOND && !close))
		return;
	history->entries[history->next] = *open;
	history->next = (history->next + 1) % STATS_HISTORY_MAX;
	if (history->count < STATS_HISTORY_MAX)
		history->count++;
	memset(open, 0, sizeof(*open));
}

void history_copy(const struct history *history, struct snapshot *snapshot)
{
	uint32_t oldest = (history->next + STATS_HISTORY_MAX - history->count) % STATS_HISTORY_MAX;
	uint32_t upto_end = STATS_HISTORY_MAX - oldest;

	if (upto_end > history->count)
		upto_end = history->count;
	memcpy(snapshot->history, history->entries + oldest, upto_end * sizeof(history->open));
	memcpy(snapshot->history + upto_end, history->entries,
	       (history->count - upto_end) * sizeof(history->open));
	snapshot->history_count = history->count;
}
