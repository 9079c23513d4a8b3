/* SPDX-License-Identifier: BSD-3-Clause */
/* How the kernel is set, and what this process may have. */
#include <criterion/criterion.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rig.h"

TestSuite(machine, .init = rig_begin, .fini = rig_end);

#define CPU       "/sys/devices/system/cpu/"
#define CLOCK     "/sys/devices/system/clocksource/clocksource0/"
#define COUNT(of) (unsigned int)(sizeof(of) / sizeof((of)[0]))

static const int apart[] = {1, 3}; /* cores of their own; on core 0 is the main lcore */

/* ---- the kernel ---- */

Test(machine, slow_clock)
{
	rig_check_host();
	rig_expect(FINDING_CLOCK, VERDICT_OK, "tsc", NULL);
	rig_file(CLOCK "current_clocksource", "hpet\n");
	rig_check_host();
	rig_expect(FINDING_CLOCK, VERDICT_WARN, "hpet",
		   "echo tsc | sudo tee " CLOCK "current_clocksource", NULL);
	rig_file(CLOCK "available_clocksource", "hpet acpi_pm\n");
	rig_check_host();
	rig_expect(FINDING_CLOCK, VERDICT_WARN, "hpet", "tsc=reliable", NULL);
}

Test(machine, no_transparent_huge_pages)
{
	rig_file("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
	rig_check_host();
	rig_expect(FINDING_THP, VERDICT_WARN, "never", "echo madvise | sudo tee", NULL);
}

/* ---- what this process may have ---- */

/* 58 pages for 116 MB are a file each, unless they are in one. */
Test(machine, few_open_files)
{
	rig_check_host_as(getuid(), RLIMIT_NOFILE, 90);
	rig_expect(FINDING_NOFILE, VERDICT_OK, "need", NULL);
	rig_check_host_as(getuid(), RLIMIT_NOFILE, 80);
	rig_expect(FINDING_NOFILE, VERDICT_WARN, "huge page", "ulimit -n 90", NULL);
	rig_arguments("-a", NIC, "--single-file-segments", NULL);
	rig_check_host_as(getuid(), RLIMIT_NOFILE, 80);
	rig_expect(FINDING_NOFILE, VERDICT_OK, NULL);
}

/* The usual 1024 of a shell or service are no hindrance. */
Test(machine, the_eal_raises_the_limit_of_open_files)
{
	struct rlimit limit;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 60;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	rig_check_host();
	rig_expect(FINDING_NOFILE, VERDICT_OK, "need", NULL);
}

/* A user who owns the devices, and no more. */
static uid_t make_user(void)
{
	const uid_t user = getuid() == 0 ? 65534 : getuid();

	cr_assert_eq(chmod(rig_path(""), 0755), 0);
	cr_assert_eq(chown(rig_path("/dev/vfio/vfio"), user, (gid_t)-1), 0);
	cr_assert_eq(chown(rig_path("/dev/vfio/17"), user, (gid_t)-1), 0);
	cr_assert_eq(chown(rig_path("/dev/hugepages"), user, (gid_t)-1), 0);
	return user;
}

Test(machine, little_locked_memory)
{
	const uid_t user = make_user();

	rig_run.device_octets_least = 4 << 20;
	rig_check_host_as(user, RLIMIT_MEMLOCK, 5 << 20);
	rig_expect(FINDING_MEMLOCK, VERDICT_WARN, "116", "ulimit -l", NULL);
	rig_check_host_as(user, RLIMIT_MEMLOCK, 3 << 20);
	rig_expect(FINDING_MEMLOCK, VERDICT_FAIL, "3072 kB", "ulimit -l", NULL);
}

Test(machine, devices_of_others)
{
	const uid_t user = make_user();

	if (user == getuid()) {
		rig_end(); /* after a skip nobody does */
		cr_skip_test("needs root: only root can make a device somebody else's");
	}
	rig_run.device_octets = rig_run.device_octets_least = rig_run.more_octets = 0;
	cr_assert_eq(chown(rig_path("/dev/vfio/17"), 0, (gid_t)-1), 0);
	cr_assert_eq(chmod(rig_path("/dev/vfio/17"), 0600), 0);
	rig_check_host_as(user, RLIMIT_CORE, 0);
	rig_expect(FINDING_VFIO, VERDICT_FAIL, "/dev/vfio/17", "chown 65534 /dev/vfio/17", NULL);
	rig_arguments("-b", NIC, "--vdev", "net_null0", NULL);
	cr_assert_eq(chown(rig_path("/dev/hugepages"), 0, (gid_t)-1), 0);
	rig_check_host_as(user, RLIMIT_CORE, 0);
	rig_expect(FINDING_HUGEPAGES, VERDICT_FAIL, "/dev/hugepages", "--huge-dir", NULL);
}

/* ---- CPUs ---- */

Test(machine, cpus_are_well)
{
	rig_check_cpus(apart, COUNT(apart));
	rig_expect(FINDING_CORES, VERDICT_OK, "1,3", NULL);
	rig_expect(FINDING_SMT, VERDICT_OK, NULL);
	rig_expect(FINDING_GOVERNOR, VERDICT_OK, "performance", NULL);
	rig_expect(FINDING_BUSY, VERDICT_OK, NULL);
}

Test(machine, not_isolated)
{
	rig_file(CPU "isolated", "3\n");
	rig_check_cpus(apart, COUNT(apart));
	rig_expect(FINDING_CORES, VERDICT_WARN, "isolcpus=1 ", NULL);
	rig_file(CPU "isolated", "\n");
	rig_check_cpus(apart, COUNT(apart));
	rig_expect(FINDING_CORES, VERDICT_WARN, "isolcpus=1,3 nohz_full=1,3", NULL);
}

Test(machine, shared_by_lcores)
{
	rig_check_cpus((const int[]){2, 2}, 2);
	rig_expect(FINDING_CORES, VERDICT_WARN, "lcores 1 and 2 share CPU 2", "-l 0-2", NULL);
	rig_check_cpus((const int[]){-1, -1}, 2);
	rig_expect(FINDING_CORES, VERDICT_WARN, "share CPUs", NULL);
	rig_file(CPU "online", "0-1\n");
	rig_check_cpus((const int[]){0, 1}, 2);
	rig_expect(FINDING_CORES, VERDICT_WARN, "lcores 0 and 1 share CPU 0", "fewer workers",
		   NULL);
}

Test(machine, threads_of_one_core)
{
	rig_file(CPU "isolated", "1-7\n");
	rig_check_cpus((const int[]){1, 5}, 2);
	rig_expect(FINDING_SMT, VERDICT_WARN, "CPUs 1 and 5", "lscpu", NULL);
	rig_check_cpus((const int[]){4, 1}, 2); /* with the main lcore */
	rig_expect(FINDING_SMT, VERDICT_WARN, "CPUs 0 and 4", NULL);
}

Test(machine, slow_cpus)
{
	rig_file(CPU "cpu1/cpufreq/scaling_governor", "powersave\n");
	rig_check_cpus(apart, COUNT(apart));
	rig_expect(FINDING_GOVERNOR, VERDICT_WARN, "powersave", "cpupower -c 1 ", NULL);
	rig_file(CPU "cpu0/cpufreq/scaling_governor", "powersave\n");
	rig_check_cpus(apart, COUNT(apart));
	rig_expect(FINDING_GOVERNOR, VERDICT_WARN, "cpupower -c 0-1 ", NULL);
	rig_remove(CPU "cpu0/cpufreq");
	rig_remove(CPU "cpu1/cpufreq");
	rig_remove(CPU "cpu3/cpufreq");
	rig_check_cpus(apart, COUNT(apart));
	rig_expect(FINDING_GOVERNOR, VERDICT_OK, NULL);
}

/* ---- what the EAL is told ---- */

static unsigned int count_lcores(const char *option, const char *value)
{
	rig_arguments(option, value, NULL);
	return rig_run.eal.lcores;
}

Test(machine, arguments_of_the_eal)
{
	cr_expect_eq(count_lcores("-l", "0-3,7"), 5);
	cr_expect_eq(count_lcores("-l", "2"), 1);
	cr_expect_eq(count_lcores("-c", "0x1f"), 5);
	cr_expect_eq(count_lcores("--lcores", "0@3,1@5,2@(6,7)"), 3);
	cr_expect_eq(count_lcores("--lcores", "(0-4)@(0-1)"), 5);
	cr_expect_eq(count_lcores("--lcores", "(1,3),5-6@2"), 4);
	rig_arguments("--file-prefix=mine", "-n", "4", "--no-pci", "--log-level", "debug", "-m",
		      "12", NULL);
	cr_expect_str_eq(rig_run.eal.prefix, "mine");
	cr_expect(rig_run.eal.no_pci && !rig_run.eal.no_huge && rig_run.eal.memory_mb == 12);
	rig_arguments("-b", "05:00.0", "-a", "10000:02:00.1", NULL);
	cr_expect_str_eq(rig_run.eal.blocked[0], "0000:05:00.0");
	cr_expect_str_eq(rig_run.eal.devices[0], "10000:02:00.1");
	cr_expect_str_eq(rig_run.eal.prefix, "rte");
}
