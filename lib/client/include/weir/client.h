/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CLIENT_H
#define WEIR_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <jansson.h>

#include <weir/error.h>

/*
 * The client's side of DPDK's telemetry socket: a greeting comes first, then one message an
 * answer. Nothing waits longer than two seconds for the other side. One thread a client.
 */
struct client {
	int socket; /* -1: not connected */
	char *buffer;
	size_t size; /* longest answer, as the greeting said */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* of the socket */
};

/*
 * Connect to the weir behind the socket `path` or, where that is NULL, to the one that runs, or
 * that runs with `prefix` (NULL: any): of all telemetry sockets in DPDK's runtime directory the one
 * that answers /weir/info. Weirs that read captures come and go, so they count only where no other
 * runs. 0, or negative errno with the line, which says what to do: -ENOENT: none; -EEXIST: several.
 * The client is closed then.
 */
int client_connect(struct client *client, const char *path, const char *prefix,
		   struct error *error);
void client_close(struct client *client);

/*
 * Ask, and give in *answer (a new reference) what came under the command's name. Negative
 * errno with the line when there is none, -EREMOTEIO when the answer is an error, whose
 * text is the line then.
 */
int client_ask(struct client *client, const char *command, json_t **answer, struct error *error);

/* What weir says of itself; and of that, whether captures are what it reads. */
int client_ask_info(struct client *client, json_t **info, struct error *error);
bool client_info_of_captures(const json_t *info);

/*
 * Connect to another socket of that weir, whose name stands in its /weir/info under `member`: a
 * descriptor, which is the caller's; or negative errno with the line; -ENOTSUP without one: weir
 * has no such socket.
 */
int client_connect_beside(struct client *client, const char *member, struct error *error);

#endif
