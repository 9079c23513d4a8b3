/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PREFILTER_KERNEL_H
#define WEIR_PREFILTER_KERNEL_H

#include <pthread.h>
#include <stdatomic.h>

#include "arena.h"

struct bpf_program;
struct host_watch;
struct prefilter_bpf;

/* An arena in the kernel, mapped here. */
struct live {
	int fd;
	uint8_t *lines;
	size_t total, counters, counters_per_cpu; /* lines */
};

/* What a rule keeps when rules are replaced. */
struct rule_state {
	uint32_t meter;                /* if the rule is metered */
	struct prefilter_count before; /* counted in arenas that are gone */
};

struct prefilter {
	/* Written by prefilter_create() alone. */
	struct prefilter_bpf *bpf;
	struct bpf_program *program; /* the one of them that is loaded */
	enum prefilter_target target;
	unsigned int cpus;
	/* By CPU; mapped. The program writes what it points to, each CPU its own. */
	const struct prefilter_total *totals;

	/* Held while rules change: by the main thread (start, SIGHUP) and those of telemetry. */
	pthread_mutex_t lock;
	/* Written and read with the lock held. The counters in `live` are the program's to write.
	 */
	struct prefilter_rules *rules; /* in force; owned; NULL: created without */
	struct rule_state *state;      /* of each, of the default, of unreadable frames */
	struct live live;
	struct prefilter_sum gone; /* counted by rules that are not in force any more */
	uint32_t free_meter[PREFILTER_METERS];
	size_t free_meters;
	/* Written with the lock held, read by any thread without. */
	_Atomic(struct prefilter_sampling) sampling;

	/* By prefilter_attach() and prefilter_detach(), which the main thread calls, as does who
	 * reads. */
	int link; /* -1: not attached */
	struct host_watch *watch;
	enum prefilter_mode mode;
};

/* Load maps and the program, with or without rules, for `queues` (0: as they are). (kernel.c) */
int kernel_load(struct prefilter *prefilter, bool rules, uint16_t queues, struct error *error);
void kernel_unload(struct prefilter *prefilter);

/* Bring an arena into the kernel, and put it in force; the one before may be dropped then. */
int kernel_arena(const struct arena *arena, struct live *live);
int kernel_switch(const struct prefilter *prefilter, const struct live *live);
void kernel_drop(struct live *live);

/* A meter as if nothing had ever gone through it. */
int kernel_reset_meter(const struct prefilter *prefilter, uint32_t meter);

/* What the program is told of this host. */
struct prefilter_host *kernel_host(const struct prefilter *prefilter);

/* What has been counted for rule `number` since its arena is in force, all CPUs together.
 * (counters.c) */
struct prefilter_count live_count(const struct prefilter *prefilter, size_t number);
void add_count(struct prefilter_count *sum, const struct prefilter_count *more);

/* Put `rules` (theirs on success) in force. With the lock held. (change.c) */
int change_rules(struct prefilter *prefilter, struct prefilter_rules *rules, struct error *error);

#endif
