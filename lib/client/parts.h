/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CLIENT_PARTS_H
#define WEIR_CLIENT_PARTS_H

#include <weir/client.h>

/* What the files of this folder share. */

/* As client_connect(), by a socket's path. */
int client_open(struct client *client, const char *path, struct error *error);

#endif
