/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SOURCE_INTERFACE_VDEV_H
#define WEIR_SOURCE_INTERFACE_VDEV_H

#include <weir/interface.h>

/*
 * The vdevs that an interface becomes: one of AF_PACKET, or one of AF_XDP for each queue. They are
 * added in order, from queue 0 on, and removed by interface_detach(). 0, or what DPDK said.
 */
int interface_vdev_add(struct interface *interface, uint16_t queue, const char *arguments);

#endif
