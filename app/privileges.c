/* SPDX-License-Identifier: BSD-3-Clause */
#include "privileges.h"

#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>

#include <weir/log.h>

#define BIT(capability) (UINT64_C(1) << (capability))

/* By default it does nothing, so one that comes late does no harm. */
#define SIGNAL SIGURG

#define ATTEMPTS   1000
#define ATTEMPT_US 1000

void privileges_no_new(void)
{
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* ---- one thread ---- */

struct sets {
	uint64_t effective, permitted;
};

/* Of any thread of this process. */
static int get_sets(pid_t thread, struct sets *sets)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, thread};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) != 0)
		return -errno;
	sets->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	sets->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	return 0;
}

/* Of the calling thread; what it has not got is left out. Async-signal-safe. */
static void set_sets(struct sets wanted)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
	struct sets now = {0};

	if (get_sets(0, &now) != 0)
		return;
	wanted.permitted &= now.permitted;
	wanted.effective &= now.permitted;
	for (unsigned int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].effective = (uint32_t)(wanted.effective >> (32 * i));
		data[i].permitted = (uint32_t)(wanted.permitted >> (32 * i));
	}
	(void)syscall(SYS_capset, &header, data);
}

/* ---- all threads ---- */

static uint64_t others_keep; /* set before the first signal */

static void on_signal(int number)
{
	int saved = errno;

	(void)number;
	set_sets((struct sets){others_keep, others_keep});
	errno = saved;
}

/* Ask every other thread that has more than it shall. How many those were. */
static unsigned int ask_threads(void)
{
	DIR *directory = opendir("/proc/self/task");
	const struct dirent *entry;
	unsigned int asked = 0;

	if (directory == NULL)
		return 1;
	while ((entry = readdir(directory)) != NULL) {
		pid_t thread = atoi(entry->d_name);
		struct sets sets = {0};

		if (thread <= 0 || thread == gettid() || get_sets(thread, &sets) != 0 ||
		    ((sets.permitted | sets.effective) & ~others_keep) == 0)
			continue;
		(void)syscall(SYS_tgkill, getpid(), thread, SIGNAL);
		asked++;
	}
	closedir(directory);
	return asked;
}

int privileges_drop(const struct privileges *keep, struct error *error)
{
	const struct sets mine = {keep->running, keep->running | keep->closing};
	struct sigaction action = {.sa_handler = on_signal}, before;
	unsigned int left, attempts = 0;
	struct sets now = {0};

	/* An ordinary user's process, whose threads have none either: nothing to ask them. */
	if (get_sets(0, &now) == 0 && (now.permitted | now.effective) == 0)
		return 0;
	/* First of all: what starts from here on inherits it. */
	set_sets(mine);
	others_keep = keep->running;
	action.sa_flags = (int)SA_RESTART;
	sigaction(SIGNAL, &action, &before);
	while ((left = ask_threads()) > 0 && attempts++ < ATTEMPTS)
		usleep(ATTEMPT_US);
	sigaction(SIGNAL, &before, NULL);
	if (left == 0)
		return 0;
	return error_set(error, EPERM,
			 "capabilities: %u threads do not give them up; please report it", left);
}

void privileges_close(void)
{
	struct sets sets = {0};

	if (get_sets(0, &sets) == 0)
		set_sets((struct sets){sets.permitted, sets.permitted});
}

/* ---- who needs what: found out by leaving them out, tests/smoke/privileges.py ---- */

static struct privileges of_port(const struct port *port, bool own_program)
{
	struct rte_eth_dev_info info;

	/* To take its XDP program off; weir's own comes off with its link. */
	if ((strcmp(port->driver, "net_af_xdp") == 0 && !own_program) ||
	    strcmp(port->driver, "net_tap") == 0)
		return (struct privileges){.closing = BIT(CAP_NET_ADMIN)};
	if (rte_eth_dev_info_get(port->id, &info) != 0 || info.device == NULL ||
	    strcmp(rte_bus_name(rte_dev_bus(info.device)), "vdev") == 0)
		return (struct privileges){0};
	/* A NIC's driver: registers, DMA, and the kernel's part of it where there is one. */
	return (struct privileges){.running = BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW) |
					      BIT(CAP_IPC_LOCK) | BIT(CAP_SYS_RAWIO)};
}

struct privileges privileges_of(const struct source *source)
{
	struct privileges sum = {0};

	for (uint32_t p = 0; p < source->port_count; p++) {
		struct privileges one = of_port(&source->ports[p], source->front.prefilter != NULL);

		sum.running |= one.running;
		sum.closing |= one.closing;
	}
	/*
	 * Rules are changed through bpf(), by telemetry's threads. Counters need nothing, nor do
	 * start and end of counting and this host's addresses: they are mapped.
	 */
	if (front_offer(&source->front) != NULL)
		sum.running |= BIT(CAP_BPF);
	/* Physical addresses of memory that is asked for later, as by dpdk-dumpcap. */
	if (rte_eal_has_hugepages() && rte_eal_iova_mode() == RTE_IOVA_PA)
		sum.running |= BIT(CAP_SYS_ADMIN);
	return sum;
}
