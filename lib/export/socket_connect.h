/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_SOCKET_CONNECT_H
#define WEIR_EXPORT_SOCKET_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/error.h>

#define CONNECT_WITHIN_MS 10000 /* each address of a host, and a handshake of TLS */

/* The other end, as the user has named it. */
struct socket_place {
	char name[256]; /* for messages: the URL without path and settings */
	char host[256], port[8];
	bool datagrams;
	uint32_t send_buffer; /* octets; 0: as the kernel has it */
};

/*
 * Look the host up and connect to the first of its addresses that answers: a socket that does not
 * block. Or negative errno with the line; -ECANCELED: `wake` can be read. (While a name is looked
 * up nothing can be cancelled.) Any thread.
 */
int socket_connect(const struct socket_place *place, int wake, struct error *error);

/* Until the socket can do one of `events` (poll(2)), or has failed: 0; else ECANCELED, ETIMEDOUT.
 */
int socket_wait(int socket, short events, int wake, int timeout_ms);

#endif
