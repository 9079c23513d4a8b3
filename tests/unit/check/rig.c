/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINES_MAX 64
#define MB        (UINT64_C(1) << 20)

struct check_run rig_run;

static char root[64];
/* What was told; shared with children. */
static struct told {
	unsigned int count;
	struct {
		enum finding finding;
		enum verdict verdict;
		char text[512];
	} lines[LINES_MAX];
} * told;

/* ---- the tree ---- */

const char *rig_path(const char *path)
{
	static char out[512];

	snprintf(out, sizeof(out), "%s%s", root, path);
	return out;
}

static void make_parents(const char *path)
{
	char copy[512];

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0755);
		*slash = '/';
	}
}

void rig_file(const char *path, const char *text)
{
	FILE *file;

	make_parents(rig_path(path));
	file = fopen(rig_path(path), "we");
	cr_assert(file != NULL, "%s", path);
	fputs(text, file);
	fclose(file);
}

void rig_link(const char *path, const char *target)
{
	make_parents(rig_path(path));
	unlink(rig_path(path));
	if (target != NULL)
		cr_assert_eq(symlink(target, rig_path(path)), 0);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

void rig_remove(const char *path)
{
	nftw(rig_path(path), remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_node(int node, const char *cpus, const char *pages)
{
	char path[160];
	static const char *const which[] = {"free", "nr"};

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpulist", node);
	rig_file(path, cpus);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path),
			 "/sys/devices/system/node/node%d/hugepages/hugepages-2048kB/%s_hugepages",
			 node, which[i]);
		rig_file(path, pages);
	}
}

static void make_cpus(void)
{
	char path[128], siblings[16];

	for (int cpu = 0; cpu < 8; cpu++) {
		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
		snprintf(siblings, sizeof(siblings), "%d,%d\n", cpu % 4, cpu % 4 + 4);
		rig_file(path, siblings);
		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", cpu);
		rig_file(path, "performance\n");
	}
	rig_file("/sys/devices/system/cpu/isolated", "1-3\n");
	rig_file("/sys/devices/system/cpu/online", "0-7\n");
	rig_file("/proc/stat", "cpu  1 0 0 1 0 0 0 0\ncpu0 1 0 0 1 0 0 0 0\n");
}

static void make_nic(void)
{
	rig_file("/sys/bus/pci/devices/" NIC "/class", "0x020000\n");
	rig_file("/sys/bus/pci/devices/" NIC "/vendor", "0x8086\n");
	rig_file("/sys/bus/pci/devices/" NIC "/device", "0x1592\n");
	rig_file("/sys/bus/pci/devices/" NIC "/numa_node", "1\n");
	rig_link("/sys/bus/pci/devices/" NIC "/driver", "../../../bus/pci/drivers/vfio-pci");
	rig_link("/sys/bus/pci/devices/" NIC "/iommu_group", "../../../kernel/iommu_groups/17");
	rig_link("/sys/kernel/iommu_groups/17/devices/" NIC, "../../../../" NIC);
	rig_file("/dev/vfio/vfio", "");
	rig_file("/dev/vfio/17", "");
}

static void take(void *context, enum finding finding, enum verdict verdict, const char *text)
{
	(void)context;
	if (told->count == LINES_MAX)
		abort();
	told->lines[told->count].finding = finding;
	told->lines[told->count].verdict = verdict;
	snprintf(told->lines[told->count++].text, sizeof(told->lines[0].text), "%s", text);
}

/* What vfio would lock, as an ordinary user may often not; each test would be told of that, too. */
static void need_locked_memory(void)
{
	struct rlimit limit;

	cr_assert_eq(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
	if (getuid() != 0 && limit.rlim_cur < 1024 * MB)
		cr_skip_test("needs root, or 1 GB of locked memory");
}

void rig_begin(void)
{
	need_locked_memory();
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert(told != MAP_FAILED);
	strcpy(root, "/tmp/weir-check-XXXXXX");
	cr_assert(mkdtemp(root) != NULL);
	make_node(0, "0,2,4,6\n", "0\n");
	make_node(1, "1,3,5,7\n", "64\n");
	rig_file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "64\n");
	rig_file("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "64\n");
	rig_file("/proc/meminfo", "MemTotal: 1 kB\nHugepagesize:       2048 kB\n");
	rig_file("/proc/mounts", "none /dev/hugepages hugetlbfs rw 0 0\n");
	rig_file("/proc/cpuinfo", "processor : 0\nvendor_id\t: GenuineIntel\n");
	rig_file("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
	rig_file("/sys/devices/system/clocksource/clocksource0/available_clocksource",
		 "tsc hpet\n");
	rig_file("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
	make_cpus();
	make_nic();
	mkdir(rig_path("/dev/hugepages"), 0755);
	rig_run = (struct check_run){
		.root = root,
		.source = CHECK_PORTS,
		.device_octets = 100 * MB,
		.device_octets_least = 50 * MB,
		.vdev_octets = 20 * MB,
		.more_octets = 16 * MB,
		.workers = 4,
		.descriptors = 32,
	};
	rig_arguments("-a", NIC, NULL);
	finding_listen((struct finding_listener){take, NULL});
}

void rig_end(void)
{
	rig_remove("");
}

/* ---- what is checked ---- */

void rig_arguments(const char *first, ...)
{
	char *words[16] = {(char *)"weir"};
	int count = 1;
	va_list rest;

	va_start(rest, first);
	for (const char *word = first; word != NULL; word = va_arg(rest, const char *))
		words[count++] = (char *)word;
	va_end(rest);
	eal_words_read(count, words, &rig_run.eal);
}

void rig_check_host(void)
{
	told->count = 0;
	check_host(&rig_run);
}

/* Criterion's own assertions are not for a child. */
void rig_check_host_as(uid_t user, int resource, rlim_t most)
{
	const struct rlimit limit = {most, most};
	pid_t child = fork();
	int status = -1;

	cr_assert_geq(child, 0);
	if (child == 0) {
		if (setrlimit(resource, &limit) != 0 ||
		    (user != getuid() && (setgid(user) != 0 || setuid(user) != 0)))
			_exit(1);
		rig_check_host();
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert_eq(status, 0);
}

void rig_check_cpus(const int *cpus, unsigned int count)
{
	struct check_lcore lcores[8] = {{0, 0, false}};

	for (unsigned int i = 0; i < count; i++)
		lcores[i + 1] = (struct check_lcore){i + 1, cpus[i], true};
	told->count = 0;
	check_cpus(root, lcores, count + 1);
}

void rig_expect(enum finding finding, enum verdict verdict, const char *word, ...)
{
	unsigned int found = 0;
	va_list rest;

	for (unsigned int i = 0; i < told->count; i++) {
		const char *text = told->lines[i].text;

		if (told->lines[i].finding != finding) {
			cr_expect_eq(told->lines[i].verdict, VERDICT_OK, "%s: %s",
				     finding_name(told->lines[i].finding), text);
			continue;
		}
		found++;
		cr_expect_eq(told->lines[i].verdict, verdict, "%s", text);
		cr_expect(verdict == VERDICT_OK || strstr(text, "; ") != NULL,
			  "nothing mends it: %s", text);
		va_start(rest, word);
		for (const char *one = word; one != NULL; one = va_arg(rest, const char *))
			cr_expect(strstr(text, one) != NULL, "\"%s\" is missing: %s", one, text);
		va_end(rest);
	}
	if (verdict == VERDICT_OK)
		cr_expect_geq(found, 1, "%s", finding_name(finding));
	else
		cr_expect_eq(found, 1, "%s: %u lines", finding_name(finding), found);
}
