/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_CHECK_RIG_H
#define WEIR_TESTS_UNIT_CHECK_RIG_H

#include <sys/resource.h>
#include <sys/types.h>

#include <weir/check.h>
#include <weir/finding.h>

/*
 * A machine as the kernel would show it: a directory of /sys, /proc and /dev of the test's own. It
 * begins as one on which all is well, with a NIC at NIC, on node 1 of two, for a run of it.
 */

#define NIC "0000:03:00.0"

extern struct check_run rig_run;

/* For TestSuite(). */
void rig_begin(void);
void rig_end(void);

/* Write a small file, and the directories it is in. `path` begins with '/'. */
void rig_file(const char *path, const char *text);
/* A symbolic link; there is none if `target` is NULL. */
void rig_link(const char *path, const char *target);
void rig_remove(const char *path);
/* The path below the root; good until the next one. */
const char *rig_path(const char *path);

/* The NIC's arguments of the EAL, or others: up to NULL. */
void rig_arguments(const char *first, ...);

/* What check_host() told, or check_cpus() of a main lcore on CPU 0 and workers on `cpus`. */
void rig_check_host(void);
void rig_check_host_as(uid_t user, int resource, rlim_t most); /* in a process with a limit */
void rig_check_cpus(const int *cpus, unsigned int count);

/*
 * Of `finding` there is one line, of that verdict, which has all of the words; and nothing else
 * complained. VERDICT_OK: any number of lines.
 */
void rig_expect(enum finding finding, enum verdict verdict, const char *word, ...);

#endif
