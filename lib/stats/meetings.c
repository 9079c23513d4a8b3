/* SPDX-License-Identifier: BSD-3-Clause */
#include "core.h"

#include <weir/rendezvous.h>

/* The intervals of a capture: they end where its reader and the workers meet. */

void stats_meet(struct stats *stats, struct rendezvous *rendezvous)
{
	stats->rendezvous = rendezvous;
}

/* Without a meeting before it, the interval begins at a multiple of its length. */
static uint64_t begin_of(const struct stats *stats, uint64_t newest)
{
	return stats->met_at > 0 ? stats->met_at : newest - newest % stats->settings.interval;
}

uint32_t stats_step_meeting(struct stats *stats)
{
	const uint32_t what = SHARD_EMPTY | SHARD_WALK | SHARD_CLOSE;
	struct stats_interval interval = {0};
	uint32_t drained = 0;

	if (stats->rendezvous == NULL || !rendezvous_met(stats->rendezvous, &interval.to))
		return 0;
	/* Nobody ends records now, or counts packets. Without room for them it goes on later. */
	stats->meeting = true;
	if (!stats_gather(stats, what, &drained))
		return drained;
	shard_end_interval(stats->shards[0], what);
	if (stats->split.on)
		stats_walk_splits(stats);
	stats->gathering = stats->meeting = false;
	interval.from = begin_of(stats, interval.to - 1);
	stats_give_interval(stats, &interval);
	stats->met_at = interval.to;
	rendezvous_close(stats->rendezvous);
	return drained + 1;
}

void stats_end_capture(struct stats *stats)
{
	const struct stats_interval interval = {
		.from = begin_of(stats, stats->capture_end),
		.to = stats->capture_end,
		.last = true,
	};

	if (stats->rendezvous != NULL)
		stats_give_interval(stats, &interval);
}
