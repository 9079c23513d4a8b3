/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PORT_KERNEL_LOSS_H
#define WEIR_PORT_KERNEL_LOSS_H

#include <stdint.h>

#include <weir/port.h>

/*
 * What the kernel lost on its way to the AF_PACKET and AF_XDP drivers, which leave it out of
 * `imissed`. Their sockets tell.
 *
 * AF_PACKET: tp_drops of PACKET_STATISTICS, which begins at 0 with every reading.
 * AF_XDP: rx_ring_full of XDP_STATISTICS. The driver reports rx_dropped in `imissed`; in copy
 * mode that holds the frames that found the fill ring empty, for which rx_fill_ring_empty_descs
 * is counted as well, so adding that would count them twice. (Measured with frames sent while
 * nobody polled: received + imissed + rx_ring_full = sent, to the frame.)
 */

/* The AF_XDP sockets open before the queues were set up: all later ones are the port's. */
struct kernel_sockets {
	int sockets[1024];
	uint16_t count;
};
void kernel_loss_before(struct kernel_sockets *before);

/* Find the port's sockets. `index`: its kernel interface. */
void kernel_loss_attach(struct port *port, unsigned int index, const struct kernel_sockets *before);

/* Frames lost before this moment do not count. */
void kernel_loss_start(struct port *port);

/*
 * Bring port->kernel_missed up to date: frames lost since kernel_loss_start(). AF_PACKET's sockets
 * are made one after the other and so found in the order of the queues; of AF_XDP's that is not
 * known.
 */
void kernel_loss_read(struct port *port);

/* The driver is about to close its sockets: their numbers may soon mean other files. */
void kernel_loss_stop(struct port *port);

#endif
