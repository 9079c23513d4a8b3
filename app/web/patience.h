/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEB_PATIENCE_H
#define WEIR_APP_WEB_PATIENCE_H

#include <pthread.h>
#include <stdint.h>

/*
 * How long a connection may take for a request: who sends an octet now and then would keep its
 * place for ever, as libmicrohttpd's own timeout is for those that send nothing. `now`: monotonic,
 * ns. All functions: any thread.
 */

#define PATIENCE_CONNECTIONS 64
#define PATIENCE_SECONDS     30

struct patience {
	pthread_mutex_t lock;
	struct patience_connection {
		int fd;         /* -1: nobody */
		uint64_t since; /* it came, or its last request was done */
	} connections[PATIENCE_CONNECTIONS];
};

void patience_init(struct patience *patience);

/* NULL: there are too many to look after. */
struct patience_connection *patience_begin(struct patience *patience, int fd, uint64_t now);
/* A request is done. `connection` may be NULL. */
void patience_renew(struct patience *patience, struct patience_connection *connection,
		    uint64_t now);
/* Before its descriptor is closed. */
void patience_end(struct patience *patience, struct patience_connection *connection);

/* Shut down those that have taken too long. */
void patience_look(struct patience *patience, uint64_t now);

#endif
