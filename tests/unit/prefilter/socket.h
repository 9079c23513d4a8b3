/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_PREFILTER_SOCKET_H
#define TEST_PREFILTER_SOCKET_H

/* A bound AF_XDP socket on queue 0 of the loopback interface of a network namespace of this process's own. */
int xdp_socket(void);

#endif
