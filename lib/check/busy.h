/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CHECK_BUSY_H
#define WEIR_CHECK_BUSY_H

#include "sysfs.h"

/* Who works on these CPUs, while this process sleeps: a finding. */
void busy_look(const char *root, const struct sysfs_cpus *cpus);

#endif
