/* SPDX-License-Identifier: BSD-3-Clause */
#include "core.h"

#include <time.h>

/* A shard naps as the main thread does, when nothing comes; for an answer nobody naps long. */
#define NAP_SHORTEST_NS (CLOCK_MILLISECOND / 20)
#define NAP_LONGEST_NS  (2 * CLOCK_MILLISECOND)

static void nap(uint64_t ns)
{
	const struct timespec time = {.tv_nsec = (long)ns};

	nanosleep(&time, NULL);
}

/* ---- the stats thread ---- */

uint32_t stats_shards(const struct stats *stats)
{
	return stats->shard_count;
}

void *stats_shard(struct stats *stats, uint32_t shard)
{
	return stats->shards[shard];
}

void shards_ask(struct stats *stats, uint32_t what)
{
	for (uint32_t s = 1; s < stats->shard_count; s++) {
		struct stats_shard *shard = stats->shards[s];

		shard->what = what;
		__atomic_store_n(&shard->asked, shard->asked + 1, __ATOMIC_RELEASE);
	}
}

bool shards_answered(const struct stats *stats)
{
	for (uint32_t s = 1; s < stats->shard_count; s++) {
		const struct stats_shard *shard = stats->shards[s];

		if (__atomic_load_n(&shard->answered, __ATOMIC_ACQUIRE) != shard->asked)
			return false;
	}
	return true;
}

uint32_t shards_wait(struct stats *stats)
{
	uint32_t drained = 0;

	while (!shards_answered(stats)) {
		uint32_t more = stats_drain(stats);

		drained += more;
		if (more == 0)
			nap(NAP_SHORTEST_NS);
	}
	return drained;
}

/* False: consumers have no room for what is left. */
static bool drain_all(struct stats *stats, uint32_t *drained)
{
	uint32_t more;

	do {
		/* Where there is room and nothing comes, nothing is left. */
		if (stats_room(stats) == 0)
			return false;
		more = stats_drain(stats);
		*drained += more;
	} while (more > 0);
	return true;
}

bool stats_gather(struct stats *stats, uint32_t what, uint32_t *drained)
{
	if (!stats->gathering)
		shards_ask(stats, what);
	stats->gathering = true;
	/* Asked before the last look: then all that they have passed on is there. */
	bool answered = shards_answered(stats);

	return drain_all(stats, drained) && answered;
}

/* ---- any shard ---- */

uint32_t shard_end_interval(struct stats_shard *shard, uint32_t what)
{
	struct stats *stats = shard->stats;
	uint32_t drained = 0;

	if ((what & SHARD_WALK) != 0)
		drained = shard_walk(shard);
	shard_give_deltas(shard);
	if ((what & SHARD_CLOSE) != 0)
		stats_close(stats, shard->index);
	if ((what & SHARD_CLOSE_TOPS) != 0 && shard->index > 0)
		shard->counting = !shard->counting;
	__atomic_store_n(&shard->pause, shard->longest, __ATOMIC_RELAXED);
	shard->longest = 0;
	return drained;
}

/* Done, or not yet: then the rings are not empty, and this is asked again. */
static bool answer(struct stats_shard *shard, uint32_t drained)
{
	const uint32_t what = shard->what;

	if ((what & SHARD_EMPTY) != 0 && (drained > 0 || shard_waiting(shard) > 0))
		return false;
	shard_end_interval(shard, what);
	return true;
}

int stats_run_shard(void *argument)
{
	struct stats_shard *shard = argument;
	uint64_t ns = NAP_SHORTEST_NS;
	bool stop = false;

	shard_rested(shard);
	while (!stop) {
		uint32_t asked = __atomic_load_n(&shard->asked, __ATOMIC_ACQUIRE);
		uint32_t drained = shard_drain(shard);

		if (asked != shard->answered && answer(shard, drained)) {
			stop = (shard->what & SHARD_STOP) != 0;
			__atomic_store_n(&shard->answered, asked, __ATOMIC_RELEASE);
			drained++;
		}
		if (drained > 0) {
			ns = NAP_SHORTEST_NS;
			continue;
		}
		nap(ns);
		shard_rested(shard);
		ns = ns + ns / 8 < NAP_LONGEST_NS ? ns + ns / 8 : NAP_LONGEST_NS;
	}
	return 0;
}
