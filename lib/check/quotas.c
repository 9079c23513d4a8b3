/* SPDX-License-Identifier: BSD-3-Clause */
#include "quotas.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <weir/capability.h>
#include <weir/finding.h>

#include "devices.h"
#include "hugepages.h"

#define MB (UINT64_C(1) << 20)

/* ---- locked memory ---- */

static bool has_vfio(const struct check_run *run)
{
	struct device devices[DEVICES_MAX];
	const unsigned int count = devices_find(run, devices);

	for (unsigned int i = 0; i < count; i++)
		if (devices[i].access == DEVICE_VFIO)
			return true;
	return false;
}

/* vfio locks what a device may reach: all packet buffers. */
void quotas_memlock(const struct check_run *run)
{
	const uint64_t limit = capability_locked_memory(), needed = hugepages_needed(run);

	if (!has_vfio(run))
		return;
	if (limit == UINT64_MAX || capability_here(CAP_IPC_LOCK))
		finding_ok(FINDING_MEMLOCK, "no limit");
	else if (limit >= needed)
		finding_ok(FINDING_MEMLOCK, "%lu MB, and vfio locks %lu",
			   (unsigned long)(limit / MB), (unsigned long)(needed / MB));
	else
		finding_tell(FINDING_MEMLOCK,
			     limit < hugepages_needed_least(run) ? VERDICT_FAIL : VERDICT_WARN,
			     "%lu kB may be locked, and vfio locks %lu MB of packet buffers, or "
			     "gives no device: DPDK does not start or gets no more memory; "
			     "ulimit -l %lu, or setcap cap_ipc_lock+ep on the program",
			     (unsigned long)(limit / 1024), (unsigned long)(needed / MB),
			     (unsigned long)(needed / 1024));
}

/* ---- open files ---- */

/*
 * Without single-file segments the EAL keeps a file open for each huge page. It takes all that the
 * hard limit gives.
 */
void quotas_nofile(const struct check_run *run)
{
	const bool pages = run->source == CHECK_PORTS && !run->eal.no_huge && !run->eal.single_file;
	const uint64_t least =
		run->descriptors + (pages ? hugepages_count(run, hugepages_needed(run)) : 0);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (limit.rlim_max >= least)
		finding_ok(FINDING_NOFILE, "%lu files, and a run needs %lu",
			   (unsigned long)limit.rlim_max, (unsigned long)least);
	else
		finding_warn(FINDING_NOFILE,
			     "%lu files may be open, and a run needs %lu%s: without, it cannot "
			     "start, or not answer; ulimit -n %lu",
			     (unsigned long)limit.rlim_max, (unsigned long)least,
			     pages ? ", one for each huge page" : "", (unsigned long)least);
}

/* ---- disk ---- */

#define ROOM_GOOD   (UINT64_C(1) << 30)
#define ROOM_LEAST  (UINT64_C(1) << 16)
#define LINE_OCTETS 600 /* of a flow record, about */

static void judge_room(const char *path, const char *folder, const struct statvfs *status)
{
	const uint64_t room = (uint64_t)status->f_bavail * status->f_frsize;
	const bool inodes = status->f_files == 0 || status->f_favail > 0;

	if (room < ROOM_LEAST || !inodes)
		finding_fail(FINDING_DISK,
			     "%s: the file system has no room%s, so what is written there is "
			     "lost; free some: \"du -xh %s | sort -h\" shows what takes it",
			     path, inodes ? "" : " for another file", folder);
	else if (room < ROOM_GOOD)
		finding_warn(
			FINDING_DISK,
			"%s: room for %lu MB, some %lu thousand flow records, and what comes "
			"later is lost; free some: \"du -xh %s | sort -h\" shows what takes it",
			path, (unsigned long)(room / MB),
			(unsigned long)(room / LINE_OCTETS / 1000), folder);
	else
		finding_ok(FINDING_DISK, "%s: room for %lu MB", path, (unsigned long)(room / MB));
}

/* A pipe, a terminal: no disk is in it. */
static bool is_special(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static void judge_file(const char *path)
{
	char copy[PATH_MAX];
	const char *folder;
	struct statvfs status;

	snprintf(copy, sizeof(copy), "%s", path);
	folder = dirname(copy);
	if (statvfs(folder, &status) != 0 ||
	    (faccessat(AT_FDCWD, path, F_OK, 0) == 0
		     ? faccessat(AT_FDCWD, path, W_OK, AT_EACCESS)
		     : faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS)) != 0)
		finding_fail(FINDING_DISK, "%s: cannot be written: %s; name another place", path,
			     strerror(errno));
	else if (!is_special(path))
		judge_room(path, folder, &status);
}

void quotas_disk(const struct check_run *run)
{
	if (run->write_as != NULL)
		run->write_as(run->writer, true);
	for (unsigned int i = 0; i < CHECK_FILES_MAX; i++)
		if (run->files[i] != NULL)
			judge_file(run->files[i]);
	if (run->write_as != NULL)
		run->write_as(run->writer, false);
}
