/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_CTL_CLIENT_H
#define WEIR_APP_CTL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <jansson.h>

#include <weir/error.h>

/*
 * The client's side of DPDK's telemetry socket: a greeting comes first, then one message an
 * answer. Nothing waits longer than two seconds for the other side.
 */
struct client {
	int socket; /* -1: not connected */
	char *buffer;
	size_t size; /* longest answer, as the greeting said */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* of the socket */
};

/* 0, or negative errno with the line; the client is closed then. */
int client_open(struct client *client, const char *path, struct error *error);
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

#endif
