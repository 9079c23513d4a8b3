/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_CHECK_H
#define WEIR_APP_WEIR_CHECK_H

#include "analyzer.h"
#include "options.h"

/*
 * `weir check`: all of a start up to the first frame, and a line on standard output for each thing
 * found, as it is found (weir/finding.h): "ok|warn|fail NAME: WHAT: WHY; COMMAND", or a JSON object
 * a line. What can be seen without DPDK comes first, so that it explains why DPDK does not start.
 * Ports are opened and started as for a run, but no frame is taken from this host. True: nothing
 * failed. Main thread.
 */
bool check(const struct options *options, struct analyzer *analyzer);

/* Before DPDK starts for a run: what it would fail at, see check_start(). 0 or -EIO with the line.
 */
int check_before(const struct options *options, struct error *error);

#endif
