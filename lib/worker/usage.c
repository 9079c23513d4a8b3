/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/worker.h>

#include <errno.h>

#include <rte_lcore.h>
#include <rte_version.h>

#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)

/* rte_lcore hands its callback no context: one set of workers per process. */
static struct worker *reported;
static unsigned int reported_count;

static int lcore_usage(unsigned int lcore, struct rte_lcore_usage *usage)
{
	for (unsigned int i = 0; i < reported_count; i++) {
		struct worker_counters counters;

		if (reported[i].lcore != lcore)
			continue;
		worker_shared_counters(&reported[i].shared, &counters);
		usage->total_cycles = counters.cycles_total;
		usage->busy_cycles = counters.cycles_busy;
		return 0;
	}
	return -ENOTSUP;
}

void worker_register_lcore_usage(struct worker *workers, unsigned int count)
{
	reported = workers;
	reported_count = count;
	rte_lcore_register_usage_cb(lcore_usage);
}

#else

void worker_register_lcore_usage(struct worker *workers, unsigned int count)
{
	(void)workers;
	(void)count;
}

#endif
