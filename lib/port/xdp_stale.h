/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_XDP_STALE_H
#define WEIR_XDP_STALE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The AF_XDP driver's XDP program stays attached to interface `index` when its process is
 * killed, and would keep the next one from attaching its own. Take it off if it is that
 * program, and none of the RX queues has an AF_XDP socket any more. True: it is off.
 */
bool xdp_remove_stale(unsigned int index, uint16_t queues);

#endif
