/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CAPTURE_CLIENT_H
#define WEIR_CAPTURE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/capture.h>
#include <weir/handover.h>

#include "request.h"
#include "stream.h"

_Static_assert(CAPTURE_CLIENTS_MAX <= HANDOVER_RECEIVERS, "each is a receiver");

/* A connection, from its line to the end of its stream. The capture thread's alone. */
enum client_state {
	CLIENT_NONE,
	CLIENT_ASKS,     /* its line is on its way */
	CLIENT_COMPILES, /* its filter is compiled */
	CLIENT_STARTS,   /* the workers are told that it wants frames */
	CLIENT_RUNS,
	CLIENT_ENDS,  /* the workers are told that it wants no more */
	CLIENT_LEAVES /* its stream is at its end, some of it is still to be sent */
};

struct client {
	enum client_state state;
	unsigned int receiver; /* as workers know it: its place in the list */
	int socket;
	char *text; /* of its line so far; REQUEST_BYTES_MAX */
	size_t length;
	uint64_t until; /* monotonic ns: asked by then, or the stream's end */
	struct request request;
	struct filter_job *job;
	struct filter *filter;
	struct stream *stream;
	bool waits;                      /* for its socket to take more */
	bool counted;                    /* how many it lost is known: */
	uint64_t lost[RTE_MAX_ETHPORTS]; /* by interface; until then before it began */
};

/* What all clients share. */
struct clients {
	struct capture_settings settings;
	struct client list[CAPTURE_CLIENTS_MAX];
};

/* A connection has come: it becomes a client, or is told why not. */
void clients_add(struct clients *clients, int socket, uint64_t now);

/* What workers have for them, to their streams. True: there was something. */
bool clients_take(struct clients *clients);

/* Go on with each as far as that goes now. */
void clients_step(struct clients *clients, uint64_t now);

/* No more frames for any of them; what is left of their streams still goes out with the steps. */
void clients_stop(struct clients *clients);

/* How many are there? And how many of those does a worker, or a compiler, work for? */
unsigned int clients_count(const struct clients *clients);
unsigned int clients_busy(const struct clients *clients);

/* Let all of them go, whatever they wait for. */
void clients_drop(struct clients *clients);

#endif
