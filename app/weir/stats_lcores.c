/* SPDX-License-Identifier: BSD-3-Clause */
#include "stats_lcores.h"

#include <errno.h>

#include <rte_launch.h>
#include <rte_lcore.h>

static bool is_placed(const struct source_settings *source, unsigned int lcore)
{
	for (unsigned int i = 0; i < source->place_count; i++)
		if (source->places[i].lcore == lcore)
			return true;
	return false;
}

int stats_lcores_check(const struct source_settings *source, struct error *error)
{
	for (unsigned int i = 0; i < source->stats_lcore_count; i++) {
		unsigned int lcore = source->stats_lcores[i];

		if (lcore == rte_get_main_lcore())
			return error_set(error, EINVAL,
					 "--stats-lcores %u: that is the main lcore, which has "
					 "statistics anyway; name others",
					 lcore);
		if (is_placed(source, lcore))
			return error_set(error, EINVAL,
					 "--stats-lcores %u: --config gives that lcore a worker; "
					 "name another one",
					 lcore);
		if (!rte_lcore_is_enabled(lcore))
			return error_set(
				error, EINVAL,
				source->kind == SOURCE_PORTS
					? "--stats-lcores %u: the EAL has no such lcore; "
					  "give it with -l"
					: "--stats-lcores %u: there is no such lcore; they "
					  "are numbered from 0, the main one, on, as many "
					  "as workers and these need",
				lcore);
	}
	return 0;
}

void stats_lcores_set(const struct source_settings *source, struct stats_settings *settings)
{
	settings->stats_lcores[0] = rte_get_main_lcore();
	settings->stats_lcore_count = 1;
	for (unsigned int i = 0; i < source->stats_lcore_count; i++)
		settings->stats_lcores[settings->stats_lcore_count++] = source->stats_lcores[i];
}

void stats_lcores_launch(struct stats *stats, const struct source_settings *source)
{
	for (unsigned int i = 0; i < source->stats_lcore_count; i++)
		rte_eal_remote_launch(stats_run_shard, stats_shard(stats, i + 1),
				      source->stats_lcores[i]);
}

void stats_lcores_wait(const struct source_settings *source)
{
	for (unsigned int i = 0; i < source->stats_lcore_count; i++)
		rte_eal_wait_lcore(source->stats_lcores[i]);
}
