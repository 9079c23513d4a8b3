/* SPDX-License-Identifier: BSD-3-Clause */
#include "core.h"

#include <errno.h>

int stats_add_consumer(struct stats *stats, const struct stats_consumer *consumer)
{
	if (stats->consumer_count == CONSUMERS)
		return -ENOSPC;
	stats->consumers[stats->consumer_count++] = *consumer;
	stats->record_consumers += consumer->record != NULL;
	return 0;
}

bool stats_needs_intervals(const struct stats *stats)
{
	for (uint32_t c = 0; c < stats->consumer_count; c++)
		if (stats->consumers[c].interval != NULL)
			return true;
	return false;
}

void shard_give_deltas(struct stats_shard *shard)
{
	const struct stats *stats = shard->stats;

	if (shard->batch.count == 0)
		return;
	for (uint32_t c = 0; c < stats->consumer_count; c++) {
		const struct stats_consumer *consumer = &stats->consumers[c];

		if (consumer->deltas != NULL)
			consumer->deltas(consumer->context, shard->index, &shard->batch);
	}
	shard->batch.count = 0;
}

void stats_close(struct stats *stats, uint32_t shard)
{
	for (uint32_t c = 0; c < stats->consumer_count; c++) {
		const struct stats_consumer *consumer = &stats->consumers[c];

		if (consumer->close != NULL)
			consumer->close(consumer->context, shard);
	}
}

void stats_give_record(void *context, const struct flow_view *view)
{
	const struct stats *stats = context;

	for (uint32_t c = 0; c < stats->consumer_count; c++) {
		const struct stats_consumer *consumer = &stats->consumers[c];

		if (consumer->record != NULL)
			consumer->record(consumer->context, view);
	}
}

void stats_give_interval(struct stats *stats, const struct stats_interval *interval)
{
	for (uint32_t c = 0; c < stats->consumer_count; c++) {
		const struct stats_consumer *consumer = &stats->consumers[c];

		if (consumer->interval != NULL)
			consumer->interval(consumer->context, interval);
	}
}

uint32_t stats_room(const struct stats *stats)
{
	uint32_t room = UINT32_MAX;

	for (uint32_t c = 0; c < stats->consumer_count; c++) {
		const struct stats_consumer *consumer = &stats->consumers[c];
		uint32_t own =
			consumer->room != NULL ? consumer->room(consumer->context) : UINT32_MAX;

		room = own < room ? own : room;
	}
	return room;
}
