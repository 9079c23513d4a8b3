/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <weir/log.h>

#include <bpf/bpf.h>

#include "prefilter.skel.h"

static int print(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char text[1024];

	(void)level;
	if (log_get_level() < LOG_LEVEL_DEBUG)
		return 0;
	vsnprintf(text, sizeof(text), format, arguments);
	text[strcspn(text, "\n")] = '\0';
	log_debug("prefilter: %s", text);
	return 0;
}

/* Names of the capabilities needed that this thread does not have. */
static void missing_capabilities(char *names, size_t size)
{
	static const struct {
		unsigned int number;
		bool in_sys_admin;
		const char *name;
	} needed[] = {
		{CAP_BPF, true, "CAP_BPF"},
		{CAP_PERFMON, true, "CAP_PERFMON"},
		{CAP_NET_ADMIN, false, "CAP_NET_ADMIN"},
	};
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {0};
	size_t length = 0;
	uint64_t has;

	names[0] = '\0';
	if (syscall(SYS_capget, &header, data) != 0)
		return;
	has = (uint64_t)data[1].effective << 32 | data[0].effective;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		const bool admin = needed[i].in_sys_admin && (has >> CAP_SYS_ADMIN & 1);

		if (admin || (has >> needed[i].number & 1))
			continue;
		length += (size_t)snprintf(names + length, size - length, "%s%s",
					   length > 0 ? ", " : "", needed[i].name);
	}
}

static int load_failed(int code, struct error *error)
{
	char missing[80];

	missing_capabilities(missing, sizeof(missing));
	/* The verifier, too, says EACCES. */
	if (code != -EPERM && (code != -EACCES || missing[0] == '\0'))
		return error_set(error, code == -ENOMEM ? ENOMEM : EIO,
				 "prefilter: the kernel does not load the XDP program: %s; weir "
				 "needs Linux 5.15 or later with BPF (--log-level debug says more)",
				 strerror(-code));
	if (missing[0] == '\0')
		return error_set(error, EPERM,
				 "prefilter: the kernel forbids loading BPF programs; look for a "
				 "lockdown or a container's seccomp profile");
	return error_set(error, EPERM,
			 "prefilter: this user may not load XDP programs: %s missing; run weir as "
			 "root or give it the capabilities",
			 missing);
}

/* Of the two programs one is loaded, and of the maps those that it looks at. */
static void choose_program(struct prefilter *prefilter, bool rules)
{
	struct prefilter_bpf *bpf = prefilter->bpf;

	prefilter->program = rules ? bpf->progs.weir_prefilter : bpf->progs.weir_front;
	bpf_program__set_autoload(bpf->progs.weir_prefilter, rules);
	bpf_program__set_autoload(bpf->progs.weir_front, !rules);
	bpf_program__set_autoload(bpf->progs.weir_parse, false);
	bpf_map__set_autocreate(bpf->maps.weir_parsed, false);
	bpf_map__set_autocreate(bpf->maps.weir_active, rules);
	bpf_map__set_autocreate(bpf->maps.weir_meters, rules);
	bpf_map__set_autocreate(bpf->maps.weir_samples, rules);
}

int kernel_load(struct prefilter *prefilter, bool rules, uint16_t queues, struct error *error)
{
	const int cpus = libbpf_num_possible_cpus();
	struct prefilter_bpf *bpf;
	void *totals;
	int code;

	libbpf_set_print(print);
	if (cpus < 0)
		return load_failed(cpus, error);
	bpf = prefilter_bpf__open();
	if (bpf == NULL)
		return load_failed(-errno, error);
	prefilter->bpf = bpf;
	prefilter->cpus = (unsigned int)cpus;
	bpf->rodata->to_kernel = prefilter->target == PREFILTER_TO_KERNEL;
	choose_program(prefilter, rules);
	bpf_map__set_max_entries(bpf->maps.weir_totals, prefilter->cpus);
	if (queues != 0)
		bpf_map__set_max_entries(bpf->maps.xsks_map, queues);
	code = prefilter_bpf__load(bpf);
	if (code < 0)
		return load_failed(code, error);
	totals = mmap(NULL, prefilter->cpus * sizeof(struct prefilter_total), PROT_READ, MAP_SHARED,
		      bpf_map__fd(bpf->maps.weir_totals), 0);
	if (totals == MAP_FAILED)
		return load_failed(-errno, error);
	prefilter->totals = totals;
	return 0;
}

void kernel_unload(struct prefilter *prefilter)
{
	if (prefilter->totals != NULL)
		munmap((void *)(uintptr_t)prefilter->totals,
		       prefilter->cpus * sizeof(struct prefilter_total));
	prefilter_bpf__destroy(prefilter->bpf);
}

int kernel_arena(const struct arena *arena, struct live *live)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	const size_t size = arena->total * PREFILTER_LINE;
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "weir_arena", sizeof(uint32_t), PREFILTER_LINE,
				(uint32_t)arena->total, &options);
	void *lines;

	if (fd < 0)
		return fd;
	lines = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (lines == MAP_FAILED) {
		const int code = -errno;

		close(fd);
		return code;
	}
	memcpy(lines, arena->lines, arena->count * PREFILTER_LINE);
	*live = (struct live){.fd = fd,
			      .lines = lines,
			      .total = arena->total,
			      .counters = arena->counters,
			      .counters_per_cpu = arena->counters_per_cpu};
	return 0;
}

int kernel_switch(const struct prefilter *prefilter, const struct live *live)
{
	const uint32_t key = 0;

	/* Of a map of maps the system call returns behind a grace period of RCU. */
	return bpf_map_update_elem(bpf_map__fd(prefilter->bpf->maps.weir_active), &key, &live->fd,
				   BPF_ANY);
}

void kernel_drop(struct live *live)
{
	if (live->lines == NULL)
		return;
	munmap(live->lines, live->total * PREFILTER_LINE);
	close(live->fd);
	live->lines = NULL;
}

int kernel_reset_meter(const struct prefilter *prefilter, uint32_t meter)
{
	/* More than any bucket holds; what is too much runs over with the first frame. */
	const struct prefilter_meter full = {.credit = INT64_MAX};
	uint64_t *counts = calloc(prefilter->cpus, sizeof(*counts));
	int code = -ENOMEM;

	if (counts != NULL)
		code = bpf_map_update_elem(bpf_map__fd(prefilter->bpf->maps.weir_samples), &meter,
					   counts, BPF_ANY);
	free(counts);
	if (code < 0)
		return code;
	return bpf_map_update_elem(bpf_map__fd(prefilter->bpf->maps.weir_meters), &meter, &full,
				   BPF_ANY);
}

int prefilter_sockets_fd(const struct prefilter *prefilter)
{
	return bpf_map__fd(prefilter->bpf->maps.xsks_map);
}

int prefilter_program_fd(const struct prefilter *prefilter)
{
	return bpf_program__fd(prefilter->program);
}

struct prefilter_host *kernel_host(const struct prefilter *prefilter)
{
	return &prefilter->bpf->bss->weir_host;
}

/* Longer than any frame is on its way from the program to a socket. */
#define SETTLE_US 2000

/* QUIET: AF_XDP's sockets get what the program hands them, AF_PACKET's all that the kernel gets. */
void prefilter_set_state(struct prefilter *prefilter, enum prefilter_state state)
{
	const enum prefilter_target target = prefilter->target;
	enum prefilter_gate gate = PREFILTER_GATE_SHUT;

	if (state == PREFILTER_COUNTING)
		gate = PREFILTER_GATE_OPEN;
	else if (state == PREFILTER_QUIET && target == PREFILTER_TO_KERNEL)
		gate = PREFILTER_GATE_DROPPING;
	__atomic_store_n(&prefilter->bpf->bss->weir_gate, gate, __ATOMIC_RELEASE);
	if (state == PREFILTER_QUIET)
		usleep(SETTLE_US);
}
