/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_CTL_LOCATE_H
#define WEIR_APP_CTL_LOCATE_H

#include "client.h"

/*
 * Connect to the one weir that runs, or that runs with `prefix` (NULL: any): of all telemetry
 * sockets in DPDK's runtime directory the one that answers /weir/info. Weirs that read captures
 * come and go, so they count only where no other runs. -ENOENT: none; -EEXIST: several; the line
 * says what to do.
 */
int locate(struct client *client, const char *prefix, struct error *error);

#endif
