/* SPDX-License-Identifier: BSD-3-Clause */
/* Huge pages: how many, where, and what else may be in their way. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "rig.h"

TestSuite(hugepages, .init = rig_begin, .fini = rig_end);

#define SIZES "/hugepages/hugepages-2048kB/"
#define ALL   "/sys/kernel/mm" SIZES
#define NODE1 "/sys/devices/system/node/node1" SIZES

/* 64 pages of 2 MB are 128 MB; 4 queues want 100 MB, 50 MB at least, and some more is DPDK's. */

Test(hugepages, none_at_all)
{
	rig_file(ALL "free_hugepages", "0\n");
	rig_file(ALL "nr_hugepages", "3\n");
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_FAIL, "0 MB are free", "116",
		   "echo 61 | sudo tee " ALL "nr_hugepages", NULL);
}

Test(hugepages, enough_to_start_only)
{
	rig_file(ALL "free_hugepages", "40\n");
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_WARN, "80 MB are free", "116", "smaller",
		   "echo 82 | sudo tee", NULL);
}

/* The other node's do not help the NIC. */
Test(hugepages, on_the_wrong_node)
{
	rig_file(NODE1 "free_hugepages", "4\n");
	rig_file(NODE1 "nr_hugepages", "4\n");
	rig_file("/sys/devices/system/node/node0" SIZES "free_hugepages", "60\n");
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_FAIL, "node 1, where the NIC is",
		   "echo 50 | sudo tee " NODE1 "nr_hugepages", NULL);
}

Test(hugepages, less_than_was_asked_for)
{
	rig_arguments("-a", NIC, "-m", "1024", NULL);
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_FAIL, "1024", NULL);
	rig_arguments("-a", NIC, "--socket-mem", "0,200", NULL);
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_FAIL, "200", NULL);
}

Test(hugepages, more_ports_need_more)
{
	rig_arguments("-a", NIC, "--vdev", "net_null0", "--vdev=net_null1", NULL);
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_WARN, "need 156", NULL);
}

Test(hugepages, nowhere_mounted)
{
	rig_file("/proc/mounts", "proc /proc proc rw 0 0\n");
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_FAIL, "hugetlbfs", "mount -t hugetlbfs", NULL);
	rig_arguments("-a", NIC, "--in-memory", NULL);
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_OK, NULL);
}

Test(hugepages, mounted_elsewhere)
{
	rig_arguments("-a", NIC, "--huge-dir", "/mnt/huge", NULL);
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_FAIL, "/mnt/huge",
		   "mount -t hugetlbfs none /mnt/huge", NULL);
}

/* What a killed process left is there for the next one; what a living one has is not. */
Test(hugepages, left_by_the_dead)
{
	static char page[2 << 20];
	int file;

	rig_file(ALL "free_hugepages", "56\n");
	rig_file(NODE1 "free_hugepages", "56\n");
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_WARN, "112 MB are free", NULL);
	file = open(rig_path("/dev/hugepages/rtemap_0"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(write(file, page, sizeof(page)), (ssize_t)sizeof(page));
	fsync(file);
	cr_assert_eq(flock(file, LOCK_SH), 0);
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_WARN, "112 MB are free", NULL);
	flock(file, LOCK_UN);
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_OK, NULL);
	close(file);
}

Test(hugepages, ordinary_memory)
{
	rig_arguments("--no-huge", "-m", "200", "-a", NIC, NULL);
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_OK, "200", "116", NULL);
	rig_arguments("--no-huge", "-m", "100", "-a", NIC, NULL);
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_WARN, "100", "-m 117", NULL);
	rig_arguments("--no-huge", "-m", "10", "-a", NIC, NULL);
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_FAIL, "-m 117", NULL);
	rig_arguments("--no-huge", "-a", NIC, NULL); /* 64 MB, if nobody says more */
	rig_check_host();
	rig_expect(FINDING_HUGEPAGES, VERDICT_WARN, "64 MB", NULL);
}
