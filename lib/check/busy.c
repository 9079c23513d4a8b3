/* SPDX-License-Identifier: BSD-3-Clause */
#include "busy.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weir/finding.h>

#define LOOK_US      250000
#define BUSY_PERCENT 10
#define THREADS_MAX  65536

/* ---- CPUs ---- */

struct cpu_time {
	uint64_t busy, all; /* ticks since the start of the machine */
};

/* "cpu3 user nice system idle iowait irq softirq steal ...": only of those numbered. */
static void read_cpus(const char *root, struct cpu_time times[SYSFS_CPUS_MAX])
{
	char path[512], line[512];
	FILE *file = fopen(sysfs_path(path, sizeof(path), root, "/proc/stat"), "re");

	memset(times, 0, SYSFS_CPUS_MAX * sizeof(times[0]));
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		unsigned long v[8] = {0};
		unsigned int cpu;

		if (sscanf(line, "cpu%u %lu %lu %lu %lu %lu %lu %lu %lu", &cpu, &v[0], &v[1], &v[2],
			   &v[3], &v[4], &v[5], &v[6], &v[7]) < 5 ||
		    cpu >= SYSFS_CPUS_MAX)
			continue;
		times[cpu].busy = v[0] + v[1] + v[2] + v[5] + v[6];
		times[cpu].all = times[cpu].busy + v[3] + v[4] + v[7];
	}
	if (file != NULL)
		fclose(file);
}

/* ---- threads ---- */

struct thread {
	int id, process;
	char name[20];
	unsigned int cpu; /* where it ran last */
	uint64_t ticks;
};

struct threads {
	struct thread *list;
	unsigned int count;
};

/* "12 (name of it) R ...": what stands behind the name may be counted. */
static bool read_thread(const char *root, int process, const char *id, struct thread *thread)
{
	unsigned long user, system;
	unsigned int cpu;
	char line[1024];
	const char *open, *close;

	if (!sysfs_text(line, sizeof(line), root, "/proc/%d/task/%s/stat", process, id))
		return false;
	open = strchr(line, '(');
	close = strrchr(line, ')');
	if (open == NULL || close == NULL ||
	    sscanf(close + 1,
		   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d "
		   "%*u %*u %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*d %u",
		   &user, &system, &cpu) != 3)
		return false;
	*thread = (struct thread){atoi(id), process, "", cpu, user + system};
	snprintf(thread->name, sizeof(thread->name), "%.*s", (int)(close - open - 1), open + 1);
	return true;
}

static void read_process(const char *root, int process, struct threads *threads)
{
	DIR *tasks = sysfs_directory(root, "/proc/%d/task", process);
	const struct dirent *entry;

	while (tasks != NULL && threads->count < THREADS_MAX && (entry = sysfs_next(tasks)) != NULL)
		threads->count +=
			read_thread(root, process, entry->d_name, &threads->list[threads->count]);
	if (tasks != NULL)
		closedir(tasks);
}

static void read_threads(const char *root, struct threads *threads)
{
	DIR *processes = sysfs_directory(root, "/proc");
	const struct dirent *entry;

	threads->count = 0;
	threads->list = calloc(THREADS_MAX, sizeof(threads->list[0]));
	while (threads->list != NULL && processes != NULL &&
	       (entry = sysfs_next(processes)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]))
			read_process(root, atoi(entry->d_name), threads);
	if (processes != NULL)
		closedir(processes);
}

static uint64_t ticks_before(const struct threads *before, const struct thread *thread)
{
	for (unsigned int i = 0; i < before->count; i++)
		if (before->list[i].id == thread->id)
			return before->list[i].ticks;
	return 0;
}

/* Who worked most on a CPU meanwhile; NULL: nobody that can be seen. */
static const struct thread *busiest(const struct threads *before, const struct threads *after,
				    unsigned int cpu)
{
	const struct thread *found = NULL;
	uint64_t most = 0;

	for (unsigned int i = 0; i < after->count; i++) {
		const struct thread *thread = &after->list[i];
		uint64_t ticks;

		if (thread->cpu != cpu || thread->ticks == 0)
			continue;
		ticks = thread->ticks - ticks_before(before, thread);
		if (ticks > most) {
			most = ticks;
			found = thread;
		}
	}
	return found;
}

/* ---- verdict ---- */

static unsigned int percent(const struct cpu_time *before, const struct cpu_time *after)
{
	const uint64_t all = after->all - before->all;

	return all == 0 ? 0 : (unsigned int)((after->busy - before->busy) * 100 / all);
}

static void judge(unsigned int cpu, unsigned int share, const struct thread *thread)
{
	if (thread == NULL)
		finding_warn(FINDING_BUSY,
			     "CPU %u is %u%% busy without weir, and frames are lost while others "
			     "have it; top -1 shows with what",
			     cpu, share);
	else
		finding_warn(FINDING_BUSY,
			     "CPU %u is %u%% busy without weir, mostly with %s (process %d), and "
			     "frames are lost while others have it; sudo taskset -apc OTHER_CPUS "
			     "%d, or choose other lcores",
			     cpu, share, thread->name, thread->process, thread->process);
}

void busy_look(const char *root, const struct sysfs_cpus *cpus)
{
	static struct cpu_time before[SYSFS_CPUS_MAX], after[SYSFS_CPUS_MAX];
	struct threads first, second;
	unsigned int busy = 0;
	char list[64];

	read_threads(root, &first);
	read_cpus(root, before);
	usleep(LOOK_US);
	read_cpus(root, after);
	read_threads(root, &second);
	for (unsigned int cpu = 0; cpu < SYSFS_CPUS_MAX; cpu++) {
		unsigned int share = percent(&before[cpu], &after[cpu]);

		if (!sysfs_cpus_has(cpus, cpu) || share < BUSY_PERCENT)
			continue;
		judge(cpu, share, busiest(&first, &second, cpu));
		busy++;
	}
	if (busy == 0)
		finding_ok(FINDING_BUSY, "nobody else works on CPUs %s",
			   sysfs_cpus_text(list, sizeof(list), cpus));
	free(first.list);
	free(second.list);
}
