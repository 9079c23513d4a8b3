/* SPDX-License-Identifier: BSD-3-Clause */
#include "hugepages.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weir/finding.h>

#include "devices.h"
#include "sysfs.h"

#define MB       (UINT64_C(1) << 20)
#define ANY_NODE (-1)

/* ---- how much ---- */

/* Of devices that lie on `node`, or all (ANY_NODE). */
static unsigned int count_devices(const struct check_run *run, int node)
{
	struct device devices[DEVICES_MAX];
	const unsigned int count = devices_find(run, devices);
	unsigned int found = 0;

	for (unsigned int i = 0; i < count; i++)
		found += node == ANY_NODE || devices[i].node == node;
	return found;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Of the packet buffers of all ports, and what DPDK needs besides. */
static uint64_t octets_good(const struct check_run *run)
{
	return count_devices(run, ANY_NODE) * run->device_octets +
	       run->eal.vdevs * run->vdev_octets + run->more_octets;
}

/* Virtual devices are too different to be sure of. */
static uint64_t octets_least(const struct check_run *run)
{
	return count_devices(run, ANY_NODE) * run->device_octets_least;
}

uint64_t hugepages_needed(const struct check_run *run)
{
	return most(octets_good(run), run->eal.memory_mb * MB);
}

uint64_t hugepages_needed_least(const struct check_run *run)
{
	return most(octets_least(run), run->eal.memory_mb * MB);
}

static uint64_t page_octets(const char *root)
{
	char path[512], line[128];
	FILE *file = fopen(sysfs_path(path, sizeof(path), root, "/proc/meminfo"), "re");
	unsigned long kb = 2048;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "Hugepagesize: %lu", &kb) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return kb * UINT64_C(1024);
}

uint64_t hugepages_count(const struct check_run *run, uint64_t octets)
{
	const uint64_t page = page_octets(run->root);

	return (octets + page - 1) / page;
}

/* ---- how much there is ---- */

/* Of pages of all sizes, of a node or (ANY_NODE) of the machine: "free", "nr". */
static uint64_t octets_of(const char *root, int node, const char *which)
{
	char folder[64] = "/sys/kernel/mm/hugepages";
	const struct dirent *entry;
	uint64_t sum = 0;
	DIR *sizes;

	if (node != ANY_NODE)
		snprintf(folder, sizeof(folder), "/sys/devices/system/node/node%d/hugepages", node);
	sizes = sysfs_directory(root, "%s", folder);
	while (sizes != NULL && (entry = sysfs_next(sizes)) != NULL) {
		unsigned long kb;
		int64_t pages;

		if (sscanf(entry->d_name, "hugepages-%lukB", &kb) == 1 &&
		    sysfs_number(&pages, root, "%s/%s/%s_hugepages", folder, entry->d_name, which))
			sum += kb * UINT64_C(1024) * (uint64_t)pages;
	}
	if (sizes != NULL)
		closedir(sizes);
	return sum;
}

/*
 * What killed processes have left in files, which the EAL removes when it starts: whoever lives
 * holds a lock.
 */
static uint64_t octets_of_dead(const char *root, const char *mount)
{
	DIR *files = sysfs_directory(root, "%s", mount);
	const struct dirent *entry;
	uint64_t sum = 0;

	while (files != NULL && (entry = sysfs_next(files)) != NULL) {
		struct stat status;
		int file;

		if (strstr(entry->d_name, "map_") == NULL)
			continue;
		file = openat(dirfd(files), entry->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0 && fstat(file, &status) == 0)
			sum += (uint64_t)status.st_blocks * 512;
		if (file >= 0)
			close(file);
	}
	if (files != NULL)
		closedir(files);
	return sum;
}

/* Where hugetlbfs is mounted that the run may use; false: nowhere. */
static bool find_mount(const struct check_run *run, char *where, size_t size)
{
	char path[512], line[512], type[32];
	FILE *file = fopen(sysfs_path(path, sizeof(path), run->root, "/proc/mounts"), "re");
	bool found = false;

	where[0] = '\0';
	while (!found && file != NULL && fgets(line, sizeof(line), file) != NULL) {
		char place[256];

		found = sscanf(line, "%*s %255s %31s", place, type) == 2 &&
			strcmp(type, "hugetlbfs") == 0 &&
			(run->eal.huge_directory == NULL ||
			 strncmp(run->eal.huge_directory, place, strlen(place)) == 0);
		if (found)
			snprintf(where, size, "%s",
				 run->eal.huge_directory != NULL ? run->eal.huge_directory : place);
	}
	if (file != NULL)
		fclose(file);
	return found;
}

/* ---- verdicts ---- */

static void judge_ordinary(const struct check_run *run)
{
	const uint64_t have = run->eal.memory_mb * MB;
	const uint64_t good = octets_good(run);

	if (have >= good)
		finding_ok(FINDING_HUGEPAGES,
			   "none, as asked for: %lu MB of ordinary memory, and the packet buffers "
			   "of these ports, of %u queues each, need %lu",
			   (unsigned long)(have / MB), run->workers, (unsigned long)(good / MB));
	else
		finding_tell(
			FINDING_HUGEPAGES, have < octets_least(run) ? VERDICT_FAIL : VERDICT_WARN,
			"none, as asked for, and %lu MB of ordinary memory: the packet buffers "
			"of these ports, of %u queues each, need %lu, and RX rings get smaller, "
			"or there are none; give the EAL -m %lu",
			(unsigned long)(have / MB), run->workers, (unsigned long)(good / MB),
			(unsigned long)(good / MB + 1));
}

/* True: it is told. */
static bool judge_mount(const struct check_run *run, const char *mount)
{
	char path[512];

	if (run->eal.in_memory)
		return false;
	if (mount[0] == '\0') {
		finding_fail(FINDING_HUGEPAGES,
			     "no hugetlbfs is mounted%s%s, so DPDK cannot use any; sudo mkdir -p "
			     "%s && sudo mount -t hugetlbfs none %s",
			     run->eal.huge_directory != NULL ? " at " : "",
			     run->eal.huge_directory != NULL ? run->eal.huge_directory : "",
			     run->eal.huge_directory != NULL ? run->eal.huge_directory
							     : "/dev/hugepages",
			     run->eal.huge_directory != NULL ? run->eal.huge_directory
							     : "/dev/hugepages");
		return true;
	}
	sysfs_path(path, sizeof(path), run->root, "%s", mount);
	if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0)
		return false;
	finding_fail(FINDING_HUGEPAGES,
		     "%s: this user may not write to it, so DPDK cannot use any; sudo mkdir "
		     "-m 700 %s/weir && sudo chown %u %s/weir, and give the EAL --huge-dir %s/weir",
		     mount, mount, (unsigned int)geteuid(), mount, mount);
	return true;
}

/* The command that makes there be `lacking` octets more. */
static void say_command(const char *root, int node, uint64_t lacking, char *out, size_t size)
{
	const uint64_t page = page_octets(root);
	char folder[64] = "/sys/kernel/mm/hugepages";
	int64_t pages = 0;

	if (node != ANY_NODE)
		snprintf(folder, sizeof(folder), "/sys/devices/system/node/node%d/hugepages", node);
	(void)sysfs_number(&pages, root, "%s/hugepages-%lukB/nr_hugepages", folder,
			   (unsigned long)(page / 1024));
	snprintf(out, size, "echo %lu | sudo tee %s/hugepages-%lukB/nr_hugepages",
		 (unsigned long)((uint64_t)pages + (lacking + page - 1) / page), folder,
		 (unsigned long)(page / 1024));
}

/* Of a node, or of the machine. True: there are enough. */
static bool judge_place(const struct check_run *run, int node, uint64_t have, uint64_t good,
			uint64_t least)
{
	char command[160], place[48] = "";

	if (have >= good)
		return true;
	if (node != ANY_NODE)
		snprintf(place, sizeof(place), " on node %d, where the NIC is", node);
	say_command(run->root, node, good - have, command, sizeof(command));
	finding_tell(FINDING_HUGEPAGES, have < least ? VERDICT_FAIL : VERDICT_WARN,
		     "%lu MB are free%s, and the packet buffers of these ports, of %u queues each, "
		     "need %lu: %s; %s",
		     (unsigned long)(have / MB), place, run->workers, (unsigned long)(good / MB),
		     have < least ? "without DPDK does not start"
				  : "with less the RX rings are smaller",
		     command);
	return false;
}

/* Each node that has NICs by itself. */
static bool judge_nodes(const struct check_run *run, uint64_t dead)
{
	bool enough = true;

	for (int node = 0; node < EAL_NODES_MAX; node++) {
		const uint64_t devices = count_devices(run, node);
		const uint64_t given = run->eal.socket_mb[node] * MB;

		if (devices == 0 && given == 0)
			continue;
		if (!sysfs_exists(run->root, "/sys/devices/system/node/node%d", node))
			continue;
		enough &= judge_place(run, node, octets_of(run->root, node, "free") + dead,
				      most(devices * run->device_octets, given),
				      most(devices * run->device_octets_least, given));
	}
	return enough;
}

static bool has_nodes(const char *root)
{
	return sysfs_exists(root, "/sys/devices/system/node/node1");
}

void hugepages_look(const struct check_run *run)
{
	char mount[256];
	uint64_t dead = 0, have;

	if (run->eal.no_huge) {
		judge_ordinary(run);
		return;
	}
	if (find_mount(run, mount, sizeof(mount)))
		dead = octets_of_dead(run->root, mount);
	have = octets_of(run->root, ANY_NODE, "free") + dead;
	if (judge_mount(run, mount))
		return;
	/* A page is the least that the EAL takes. */
	if (judge_place(run, ANY_NODE, have, hugepages_needed(run),
			most(hugepages_needed_least(run), page_octets(run->root))) &&
	    (!has_nodes(run->root) || judge_nodes(run, dead)))
		finding_ok(FINDING_HUGEPAGES,
			   "%lu MB are free, and the packet buffers of these ports, of %u queues "
			   "each, need %lu",
			   (unsigned long)(have / MB), run->workers,
			   (unsigned long)(hugepages_needed(run) / MB));
}
