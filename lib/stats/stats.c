/* SPDX-License-Identifier: BSD-3-Clause */
#include "core.h"

#include <errno.h>
#include <string.h>

#include <weir/memory.h>

static bool settings_valid(const struct stats_settings *settings)
{
	return settings->interval > 0 && settings->top_length > 0 && settings->flow_capacity > 0 &&
	       settings->worker_count > 0 && settings->worker_count <= WORKERS_MAX &&
	       settings->stats_lcore_count <= STATS_LCORES_MAX && settings->port_count <= PORTS_MAX;
}

/* The arrays belong to the caller: keep copies. */
static void copy_settings(struct stats *stats, const struct stats_settings *settings)
{
	stats->settings = *settings;
	for (uint32_t w = 0; w < settings->worker_count; w++) {
		stats->workers[w] = settings->workers[w];
		stats->lcores[w] = settings->lcores[w];
	}
	for (uint32_t p = 0; p < settings->port_count; p++)
		stats->ports[p] = settings->ports[p];
	stats->settings.workers = stats->workers;
	stats->settings.lcores = stats->lcores;
	stats->settings.ports = stats->ports;
	if (stats->settings.top_length > TOPS_LENGTH_MAX)
		stats->settings.top_length = TOPS_LENGTH_MAX;
}

static size_t shadow_bytes(const struct stats *stats)
{
	return stats->settings.flow_capacity * sizeof(struct shadow);
}

/* Places for records between a shard and the stats thread, for each worker: some ms of them. */
#define FORWARD_RING 16384

static int allocate_shards(struct stats *stats)
{
	int result = 0;

	for (uint32_t s = 0; s == 0 || s < stats->settings.stats_lcore_count; s++) {
		struct stats_shard *shard = memory_allocate(sizeof(*shard));

		if (shard == NULL)
			return -ENOMEM;
		shard->stats = stats;
		shard->index = s;
		stats->shards[stats->shard_count++] = shard;
		result = tops_counts_init(&shard->counts[0], &stats->settings);
		if (result == 0 && s > 0)
			result = tops_counts_init(&shard->counts[1], &stats->settings);
		if (result != 0)
			return result;
	}
	for (uint32_t w = 0; w < stats->settings.worker_count && result == 0; w++)
		if (shard_of(stats, w) != 0)
			result = record_ring_init(&stats->forward[w], FORWARD_RING,
						  stats->extensions);
	return result;
}

/* The first consumer of deltas. */
static void count_tops(void *context, uint32_t shard, const struct stats_batch *batch)
{
	struct stats_shard *own = ((struct stats *)context)->shards[shard];

	tops_count(&own->counts[own->counting], batch);
}

static void breathe(void *stats)
{
	stats_drain(stats);
}

static int allocate(struct stats *stats)
{
	const struct stats_settings *settings = &stats->settings;
	int result = allocate_shards(stats);

	if (result == 0)
		result = tops_init(&stats->tops, settings);
	stats->tops.breathe = breathe;
	stats->tops.breathe_context = stats;
	if (result == 0)
		result = pool_init(&stats->pool, tops_rows(settings->top_length));
	for (uint32_t w = 0; w < settings->worker_count && result == 0; w++) {
		stats->shadows[w] = memory_allocate(shadow_bytes(stats));
		if (stats->shadows[w] == NULL)
			result = -ENOMEM;
	}
	if (result == 0 && settings->workers[0]->timeline != NULL)
		result = over_time_init(&stats->over_time);
	return result;
}

int stats_create(const struct stats_settings *settings, struct clock_reading now,
		 struct stats **created)
{
	struct stats *stats;
	int result;

	if (!settings_valid(settings))
		return -EINVAL;
	stats = memory_allocate(sizeof(*stats));
	if (stats == NULL)
		return -ENOMEM;
	copy_settings(stats, settings);
	stats->extensions = settings->workers[0]->extensions;
	stats->started = now.clock;
	stats->idle = true;
	stats->interval_began = now.clock;
	result = allocate(stats);
	if (result != 0) {
		stats_destroy(stats);
		return result;
	}
	(void)stats_add_consumer(stats,
				 &(struct stats_consumer){.deltas = count_tops, .context = stats});
	*created = stats;
	return 0;
}

void stats_destroy(struct stats *stats)
{
	if (stats == NULL)
		return;
	for (uint32_t w = 0; w < stats->settings.worker_count; w++) {
		memory_free(stats->shadows[w], shadow_bytes(stats));
		record_ring_release(&stats->forward[w]);
	}
	for (uint32_t s = 0; s < stats->shard_count; s++) {
		tops_counts_release(&stats->shards[s]->counts[0]);
		tops_counts_release(&stats->shards[s]->counts[1]);
		memory_free(stats->shards[s], sizeof(*stats->shards[s]));
	}
	over_time_release(&stats->over_time);
	split_release(&stats->split);
	pool_release(&stats->pool);
	tops_release(&stats->tops);
	memory_free(stats, sizeof(*stats));
}

int stats_merge_splits(struct stats *stats, uint64_t active_timeout, uint64_t inactive_timeout)
{
	const struct split_timeouts timeouts = {active_timeout, inactive_timeout};
	uint32_t capacity = stats->settings.flow_capacity / 4;

	stats->split.leave = stats_give_record;
	stats->split.context = stats;
	return split_init(&stats->split, capacity < 4096 ? 4096 : capacity, &timeouts,
			  &stats->settings.secret);
}

static void publish(struct stats *stats, struct pool_entry *entry)
{
	const struct stats_settings *settings = &stats->settings;

	if (settings->outlets != NULL)
		settings->outlets(settings->outlets_context, &entry->snapshot);
	entry->snapshot.number = ++stats->numbers;
	pool_publish(&stats->pool, entry);
}

/* All shards walk, and close their parts of the interval. Returns what was drained meanwhile. */
static uint32_t close_interval(struct stats *stats, bool final)
{
	const uint32_t what =
		SHARD_WALK | SHARD_CLOSE | SHARD_CLOSE_TOPS | (final ? SHARD_STOP : 0);
	uint32_t drained;

	drained = shards_wait(stats); /* stats_take_rest() may have asked */
	shards_ask(stats, what);
	drained += shard_end_interval(stats->shards[0], what);
	tops_merge(&stats->tops, &stats->shards[0]->counts[0]);
	drained += shards_wait(stats);
	for (uint32_t s = 1; s < stats->shard_count; s++)
		tops_merge(&stats->tops, &stats->shards[s]->counts[!stats->shards[s]->counting]);
	if (stats->split.on)
		stats_walk_splits(stats);
	return drained;
}

/* What of ended records waits, before it is looked at for this interval. */
static void fill_waiting(const struct stats *stats, struct snapshot *snapshot)
{
	for (uint32_t w = 0; w < snapshot->worker_count; w++) {
		struct snapshot_worker *worker = &snapshot->workers[w];

		worker->stats_lcore = stats->settings.stats_lcores[shard_of(stats, w)];
		worker->ring_records = record_ring_waiting(&stats->workers[w]->ended);
		if (shard_of(stats, w) != 0)
			worker->ring_records += record_ring_waiting(&stats->forward[w]);
	}
}

/* What shards know of themselves. */
static void fill_shards(const struct stats *stats, struct snapshot *snapshot)
{
	snapshot->unread = 0;
	for (uint32_t s = 0; s < stats->shard_count; s++)
		snapshot->unread += __atomic_load_n(&stats->shards[s]->unread, __ATOMIC_RELAXED);
	for (uint32_t w = 0; w < snapshot->worker_count; w++)
		snapshot->workers[w].ring_pause = __atomic_load_n(
			&stats->shards[shard_of(stats, w)]->pause, __ATOMIC_RELAXED);
}

/* Write the snapshot of the interval that ends now, and begin the next. Returns what it drained. */
static uint32_t end_interval(struct stats *stats, struct pool_entry *entry,
			     struct clock_reading now, bool final)
{
	struct ledger_time time = {
		.started = stats->started,
		.now = now,
		.elapsed = now.clock - stats->interval_began,
		.final = final,
	};
	const struct stats_interval interval = {
		.from = stats->interval_began, .to = now.clock, .shift = now.shift, .last = final};
	uint32_t drained = 0;
	/* The counters first, as they are at `now`: the walk takes its time. */
	bool entry_closed = ledger_fill(&stats->ledger, &stats->settings, &time, &entry->snapshot);

	fill_waiting(stats, &entry->snapshot);
	/*
	 * The lists of a capture wait for its end: from ended records alone, in their order, they
	 * are the same in every run, also beyond what they hold exactly.
	 */
	entry->snapshot.top_pending = stats->settings.capture && !final;
	if (entry->snapshot.top_pending) {
		tops_list_nothing(&stats->tops, &entry->snapshot);
	} else {
		drained = close_interval(stats, final);
		tops_end(&stats->tops, &entry->snapshot, entry->rows, entry_closed);
	}
	if (final)
		over_time_fill(&stats->over_time, &stats->settings, &entry->snapshot.over_time);
	entry->snapshot.split = stats->split.counts;
	fill_shards(stats, &entry->snapshot);
	publish(stats, entry);
	if (!stats->settings.capture)
		stats_give_interval(stats, &interval);
	stats->interval_began = now.clock;
	return drained;
}

uint32_t stats_step(struct stats *stats, struct clock_reading now)
{
	struct pool_entry *entry;
	uint32_t drained;

	/* Whoever was told that nothing is left may have slept. */
	if (stats->idle)
		shard_rested(stats->shards[0]);
	drained = stats_drain(stats) + stats_step_meeting(stats);
	stats->idle = drained == 0;
	if (now.clock - stats->interval_began < stats->settings.interval)
		return drained;
	/* While readers hold all snapshots the interval goes on: nothing is lost. */
	entry = pool_spare(&stats->pool);
	if (entry == NULL)
		return drained;
	return drained + end_interval(stats, entry, now, false);
}

void stats_set_capture_end(struct stats *stats, const struct stats_capture_end *end)
{
	stats->capture_end = end->clock;
	stats->ledger.capture_span = end->span;
	stats->ledger.capture_missed = end->missed;
}

bool stats_take_rest(struct stats *stats)
{
	uint32_t drained = 0;

	/* A meeting goes first, which stats_step() brings to its end. */
	if (stats->meeting || !stats_gather(stats, SHARD_EMPTY, &drained))
		return false;
	stats->gathering = false;
	return !stats->split.on || split_flush(&stats->split, stats_room(stats));
}

void stats_finish(struct stats *stats, struct clock_reading now)
{
	while (!stats_take_rest(stats))
		;
	end_interval(stats, pool_last(&stats->pool), now, true);
	stats_end_capture(stats);
}

bool stats_renew(struct stats *stats, struct clock_reading now)
{
	struct pool_entry *entry = pool_spare(&stats->pool);

	if (entry == NULL)
		return false;
	pool_copy_newest(&stats->pool, entry);
	entry->snapshot.clock = now.clock;
	entry->snapshot.time = clock_date(now);
	publish(stats, entry);
	return true;
}

const struct snapshot *stats_acquire(struct stats *stats)
{
	return pool_acquire(&stats->pool);
}

void stats_release(struct stats *stats, const struct snapshot *snapshot)
{
	(void)stats;
	pool_let_go(snapshot);
}
