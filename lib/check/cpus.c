/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/check.h>

#include <stdio.h>
#include <string.h>

#include <weir/finding.h>

#include "busy.h"
#include "sysfs.h"

#define CPU "/sys/devices/system/cpu"

/* The CPUs of lcores that have one to themselves. */
struct lcores {
	const char *root;
	const struct check_lcore *list;
	unsigned int count;
	struct sysfs_cpus all, workers;
};

/* ---- a CPU each, for it alone ---- */

static const struct check_lcore *on_cpu(const struct lcores *lcores, unsigned int upto, int cpu)
{
	for (unsigned int i = 0; i < upto; i++)
		if (lcores->list[i].cpu == cpu)
			return &lcores->list[i];
	return NULL;
}

#define TOO_FEW "use fewer workers, or give this machine or cgroup more CPUs"

static void say_shared(const struct lcores *lcores, const struct check_lcore *one,
		       const struct check_lcore *other)
{
	struct sysfs_cpus online;
	char line[1024], mend[96];

	(void)sysfs_text(line, sizeof(line), lcores->root, CPU "/online");
	sysfs_cpus_read(line, &online);
	if (sysfs_cpus_count(&online) < lcores->count)
		strcpy(mend, TOO_FEW);
	else
		snprintf(mend, sizeof(mend), "give each a CPU of its own: -l 0-%u",
			 lcores->count - 1);
	finding_warn(FINDING_CORES,
		     "lcores %u and %u share CPU %d, and frames are lost while one waits for the "
		     "other; %s",
		     one->lcore, other->lcore, other->cpu, mend);
}

/* False after the finding. */
static bool have_one_each(const struct lcores *lcores)
{
	for (unsigned int i = 0; i < lcores->count; i++) {
		const struct check_lcore *lcore = &lcores->list[i], *other;

		if (lcore->cpu < 0) {
			finding_warn(FINDING_CORES,
				     "the lcores share CPUs, as there are too few, and frames are "
				     "lost while one has the CPU of another; " TOO_FEW);
			return false;
		}
		other = on_cpu(lcores, i, lcore->cpu);
		if (other != NULL) {
			say_shared(lcores, other, lcore);
			return false;
		}
	}
	return true;
}

/* What the kernel keeps its scheduler off. */
static void look_at_isolation(const struct lcores *lcores)
{
	struct sysfs_cpus isolated, shared = {0};
	char line[1024], list[256];

	(void)sysfs_text(line, sizeof(line), lcores->root, CPU "/isolated");
	sysfs_cpus_read(line, &isolated);
	for (unsigned int cpu = 0; cpu < SYSFS_CPUS_MAX; cpu++)
		if (sysfs_cpus_has(&lcores->workers, cpu) && !sysfs_cpus_has(&isolated, cpu))
			sysfs_cpus_add(&shared, cpu);
	if (sysfs_cpus_count(&shared) == 0) {
		finding_ok(FINDING_CORES, "workers have CPUs %s, isolated",
			   sysfs_cpus_text(list, sizeof(list), &lcores->workers));
		return;
	}
	sysfs_cpus_text(list, sizeof(list), &shared);
	finding_warn(FINDING_CORES,
		     "the kernel runs other tasks on CPUs %s of workers, too, and frames are lost "
		     "meanwhile; add \"isolcpus=%s nohz_full=%s rcu_nocbs=%s\" to its command line",
		     list, list, list, list);
}

/* ---- threads of one core ---- */

static void look_at_siblings(const struct lcores *lcores)
{
	bool alone = true;

	for (unsigned int i = 0; i < lcores->count; i++) {
		const struct check_lcore *one = &lcores->list[i];
		struct sysfs_cpus siblings;
		char line[256];

		(void)sysfs_text(line, sizeof(line), lcores->root,
				 CPU "/cpu%d/topology/thread_siblings_list", one->cpu);
		sysfs_cpus_read(line, &siblings);
		for (unsigned int j = i + 1; j < lcores->count; j++) {
			const struct check_lcore *other = &lcores->list[j];

			if (other->cpu < 0 || other->cpu == one->cpu ||
			    !(one->worker || other->worker) ||
			    !sysfs_cpus_has(&siblings, (unsigned int)other->cpu))
				continue;
			alone = false;
			finding_warn(FINDING_SMT,
				     "CPUs %d and %d of lcores %u and %u are threads of one core, "
				     "and each gets little more than half of it; choose lcores by "
				     "\"lscpu -e=CPU,CORE,NODE\", one of each core",
				     one->cpu, other->cpu, one->lcore, other->lcore);
		}
	}
	if (alone)
		finding_ok(FINDING_SMT, "each lcore has a core");
}

/* ---- frequency ---- */

static void look_at_governor(const struct lcores *lcores)
{
	struct sysfs_cpus slow = {0};
	char governor[32], name[32] = "", list[256];
	bool scales = false;

	for (unsigned int cpu = 0; cpu < SYSFS_CPUS_MAX; cpu++) {
		if (!sysfs_cpus_has(&lcores->all, cpu) ||
		    !sysfs_text(governor, sizeof(governor), lcores->root,
				CPU "/cpu%u/cpufreq/scaling_governor", cpu))
			continue;
		scales = true;
		if (strcmp(governor, "performance") == 0)
			continue;
		sysfs_cpus_add(&slow, cpu);
		strcpy(name, governor);
	}
	if (name[0] != '\0')
		finding_warn(FINDING_GOVERNOR,
			     "%s on CPUs %s: a burst after a pause meets a slow CPU; sudo cpupower "
			     "-c %s frequency-set -g performance",
			     name, sysfs_cpus_text(list, sizeof(list), &slow), list);
	else
		finding_ok(FINDING_GOVERNOR, "%s",
			   scales ? "performance" : "the kernel does not change the frequency");
}

/* ---- all ---- */

void check_cpus(const char *root, const struct check_lcore *list, unsigned int count)
{
	struct lcores lcores = {.root = root, .list = list, .count = count};

	for (unsigned int i = 0; i < count; i++) {
		if (list[i].cpu < 0)
			continue;
		sysfs_cpus_add(&lcores.all, (unsigned int)list[i].cpu);
		if (list[i].worker)
			sysfs_cpus_add(&lcores.workers, (unsigned int)list[i].cpu);
	}
	if (!have_one_each(&lcores))
		return;
	look_at_isolation(&lcores);
	look_at_siblings(&lcores);
	look_at_governor(&lcores);
	busy_look(root, &lcores.all);
}
