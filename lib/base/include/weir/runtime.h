/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_RUNTIME_H
#define WEIR_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <weir/error.h>

/*
 * DPDK's runtime directory, BASE/dpdk/PREFIX: where a process with that file prefix has its
 * telemetry socket and, with shared memory, its configuration. BASE is found as DPDK finds it.
 * Other users and other programs put theirs beside it or into it, so what weir touches there is
 * reached by descriptors, never through a symbolic link, and is its own, which a lock in the
 * directory says. Main thread.
 */

/* Sockets in it: DPDK's telemetry, flow records, frames. Those of one process; of several that
 * share it the later ones have a number behind the name. */
#define RUNTIME_TELEMETRY "dpdk_telemetry.v2"
#define RUNTIME_FLOWS     "weir_flows.v1"
#define RUNTIME_CAPTURE   "weir_capture.v1"

/* File prefix of weirs that read captures, as many may at the same time. A process id follows. */
#define RUNTIME_READ_PREFIX "weir-read-"

/* $RUNTIME_DIRECTORY; else /var/run for root, for others $XDG_RUNTIME_DIR or /tmp. Not copied. */
const char *runtime_base(void);

/* Where root has them, and services. */
#define RUNTIME_SYSTEM "/var/run"

/*
 * A descriptor of BASE/dpdk, for reading; or negative errno with the line: -ENOENT, or -EPERM when
 * it belongs to neither this user nor root, who could answer for weir there.
 */
int runtime_open_parent(const char *base, struct error *error);

/* The directory of one prefix, ours as long as we hold its lock. */
struct runtime {
	char prefix[64];
	int parent, directory, lock; /* descriptors; -1: none */
	bool was_ours;               /* made now, or left by a weir that was killed */
	struct runtime_file {
		char name[64];
		ino_t inode;
	} * others, *ours; /* leftovers of others; what DPDK has made for us */
	size_t other_count, our_count;
};

/*
 * Make BASE/dpdk/PREFIX and lock it. -EBUSY: another weir has the lock, or another DPDK program
 * lives there, of whose things nothing is touched. Others may not write to it afterwards.
 */
int runtime_claim(struct runtime *runtime, const char *prefix, struct error *error);

/* DPDK has started: what is there now and was not left by others is ours. */
void runtime_note(struct runtime *runtime);

/* Remove what is ours, and the directory when nothing else is in it. Idempotent. */
void runtime_release(struct runtime *runtime);

/* Remove what killed weirs that read captures have left. */
void runtime_remove_stale(void);

/*
 * Give the sockets in the directory `path` ("": there is none) to `user`, and let members of
 * `group` in, to ask and to have flow records. Frames are for the user alone. The directory stays
 * whose it is, so nobody else can put something in a socket's place.
 */
int runtime_share(const char *path, uid_t user, gid_t group, struct error *error);

/* Let nobody but its owner write to the directory `path`, nor to the one around it. */
int runtime_secure(const char *path, struct error *error);

#endif
