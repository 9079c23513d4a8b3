/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal_rig.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_pause.h>

#define PREFIX "weir-test-"

static char scratch[64];
static pid_t scratch_maker;

/*
 * For the leak checker: DPDK 22.11's AF_XDP driver never frees its UMEM, and Criterion keeps
 * the parameters of parameterized tests.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:xsk_umem__create\nleak:libcriterion";
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Folders of tests that crashed. */
static void remove_dead(const char *parent)
{
	DIR *directory = opendir(parent);
	const struct dirent *entry;
	char path[512];

	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0 ||
		    kill(atoi(entry->d_name + strlen(PREFIX)), 0) == 0 || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), "%s/%.200s", parent, entry->d_name);
		remove_tree(path);
	}
	if (directory != NULL)
		closedir(directory);
}

void eal_rig_start(const char *const *arguments)
{
	static const char *const always[] = {"test",
					     "--no-huge",
					     "-m",
					     "256",
					     "--no-shconf",
					     "--no-pci",
					     "--log-level=lib.*:error",
					     "--lcores=0"};
	static char prefix[64];
	char *argv[32], parent[256];
	int argc = 0;

	for (; argc < (int)RTE_DIM(always); argc++)
		argv[argc] = (char *)always[argc];
	snprintf(prefix, sizeof(prefix), "--file-prefix=" PREFIX "%d", getpid());
	argv[argc++] = prefix;
	for (; arguments != NULL && *arguments != NULL; arguments++)
		argv[argc++] = (char *)*arguments;
	cr_assert_geq(rte_eal_init(argc, argv), 0, "rte_eal_init failed");
	snprintf(parent, sizeof(parent), "%s", rte_eal_get_runtime_dir());
	*strrchr(parent, '/') = '\0';
	remove_dead(parent);
}

void eal_rig_stop(void)
{
	char path[256];

	snprintf(path, sizeof(path), "%s", rte_eal_get_runtime_dir());
	rte_eal_cleanup();
	remove_tree(path);
	eal_rig_remove_paths();
}

uint16_t eal_rig_port(const char *name)
{
	uint16_t id = 0;

	cr_assert_eq(rte_eth_dev_get_port_by_name(name, &id), 0, "no port %s", name);
	return id;
}

void eal_rig_open(uint16_t id, uint16_t queues, struct port *port)
{
	const struct port_settings settings = {.queues = queues, .promiscuous = true};
	struct error error;

	cr_assert_eq(port_open(id, &settings, port, &error), 0, "%s", error.text);
	cr_assert_eq(port_start(port, &error), 0, "%s", error.text);
}

/* One burst from each queue. */
static uint64_t poll_once(const struct port *port, eal_rig_frame *each, void *context)
{
	struct rte_mbuf *mbufs[32];
	uint64_t total = 0;

	for (uint16_t q = 0; q < port->queues; q++) {
		uint16_t n = rte_eth_rx_burst(port->id, q, mbufs, RTE_DIM(mbufs));

		for (uint16_t i = 0; i < n && each != NULL; i++)
			each(context, q, mbufs[i]);
		rte_pktmbuf_free_bulk(mbufs, n);
		total += n;
	}
	return total;
}

uint64_t eal_rig_poll_ports(const struct port *ports, unsigned int count, uint64_t wanted,
			    eal_rig_frame *each, void *context)
{
	uint64_t patience = rte_get_tsc_hz(), last = rte_rdtsc(), total = 0;

	while (total < wanted && rte_rdtsc() - last < patience) {
		uint64_t before = total;

		for (unsigned int i = 0; i < count; i++)
			total += poll_once(&ports[i], each, context);
		if (total > before)
			last = rte_rdtsc();
		else
			usleep(20);
	}
	return total;
}

uint64_t eal_rig_poll(const struct port *port, uint64_t wanted, eal_rig_frame *each, void *context)
{
	return eal_rig_poll_ports(port, 1, wanted, each, context);
}

const char *eal_rig_path(const char *name)
{
	static char path[128];

	if (scratch[0] == '\0') {
		remove_dead("/tmp");
		snprintf(scratch, sizeof(scratch), "/tmp/" PREFIX "%d", getpid());
		cr_assert_eq(mkdir(scratch, 0700), 0);
		scratch_maker = getpid();
	}
	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	return path;
}

void eal_rig_remove_paths(void)
{
	if (scratch[0] != '\0' && scratch_maker == getpid()) /* and not a child of its own */
		remove_tree(scratch);
}
