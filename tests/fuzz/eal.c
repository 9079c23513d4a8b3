/* SPDX-License-Identifier: BSD-3-Clause */
#include "fuzz.h"

#include <unistd.h>

#include <rte_eal.h>

/* The same as in tests/eal: what a crash leaves behind, those tests remove. */
#define PREFIX "weir-test-"

static void stop(void)
{
	char path[64];

	rte_eal_cleanup();
	snprintf(path, sizeof(path), "/var/run/dpdk/" PREFIX "%d", getpid());
	rmdir(path);
}

void fuzz_eal_start(const char *megabytes)
{
	char prefix[64];
	const char *argv[] = {"fuzz",
			      "--no-huge",
			      "-m",
			      megabytes,
			      "--no-shconf",
			      "--no-pci",
			      "--no-telemetry",
			      "--lcores=0",
			      "--log-level=lib.*:1",
			      "--log-level=*:1",
			      prefix};

	snprintf(prefix, sizeof(prefix), "--file-prefix=" PREFIX "%d", getpid());
	require(rte_eal_init(sizeof(argv) / sizeof(argv[0]), (char **)argv) >= 0);
	atexit(stop);
}
