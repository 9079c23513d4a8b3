/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SOURCE_XDP_SOCKET_H
#define WEIR_SOURCE_XDP_SOCKET_H

/*
 * From now on libxdp makes sockets for DPDK's AF_XDP driver and nothing else: it neither looks for
 * an XDP program on the interface, which takes CAP_SYS_ADMIN, nor attaches one of its own. The
 * sockets get frames when they are entered into the map of weir's program. (The driver has no
 * argument that says so; what libxdp prints goes to the log, at level debug.
 * docs/decisions/af-xdp-own-program.md.)
 */
void xdp_sockets_only(void);

/* Can there be an AF_XDP socket? 0 or negative errno. */
int xdp_socket_possible(void);

#endif
