/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_PREFILTER_SOCKET_H
#define WEIR_TESTS_UNIT_PREFILTER_SOCKET_H

/* A bound AF_XDP socket on queue 0 of lo in a network namespace that the process gets; or -errno.
 */
int xdp_socket(void);

#endif
