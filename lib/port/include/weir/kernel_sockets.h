/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_KERNEL_SOCKETS_H
#define WEIR_KERNEL_SOCKETS_H

#include <stdint.h>

/*
 * The kernel's sockets of the AF_PACKET and AF_XDP drivers, which do not give them out, so they are
 * found among the descriptors of the process:
 *
 * - AF_PACKET's are made when the vdev is probed. They are known by their interface, and by
 *   being in a fanout group, which the driver joins even for one queue.
 * - AF_XDP's are made when the RX queues are set up. They are the ones that are there after
 *   it and were not before: the kernel does not tell the interface of such a socket.
 *
 * How many: at most `max`.
 */

/* The AF_XDP sockets open now. */
uint16_t kernel_sockets_xdp(int *sockets, uint16_t max);

/* The driver's AF_PACKET sockets on interface `index`. */
uint16_t kernel_sockets_packet(unsigned int index, int *sockets, uint16_t max);

#endif
