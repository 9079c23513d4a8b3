/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_EAL_H
#define WEIR_APP_WEIR_EAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/error.h>

#include "options.h"

/*
 * DPDK's environment. For --read and --interface weir makes its arguments itself: no PCI, no
 * hugepages needed, lcore 0 for the stats core and `others` from 1 on, pinned
 * where there are CPUs enough, sharing them where not. Their runtime directory is weir's own
 * (weir/runtime.h); captures are read without one where none can be had. Main thread.
 */

/* The file prefix for --read and --interface. */
void eal_own_prefix(const struct options *options, char *prefix, size_t size);

/* 0, or negative errno with one line; nothing is left behind then. Once per process. */
int eal_start(const struct options *options, uint16_t others, struct error *error);

/* Clean up, the runtime directory that weir's own prefix made included. */
void eal_stop(void);

/*
 * This thread, and those that it starts meanwhile, run on CPUs that no lcore has, if there are
 * such; false: where its lcore is again. After eal_start(). Main thread.
 */
void eal_step_aside(bool aside);

/* CPUs that this process may use. */
unsigned int eal_cpus(void);

#endif
