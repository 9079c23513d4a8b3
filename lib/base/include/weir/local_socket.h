/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_LOCAL_SOCKET_H
#define WEIR_LOCAL_SOCKET_H

#include <sys/un.h>

/*
 * A UNIX stream socket to listen at, in a directory where nobody else may write: that of
 * telemetry's. Where several weirs share it, those that come later have a number behind the name
 * ("NAME:1"), as telemetry's sockets do; one that a killed weir has left is taken over. It does not
 * block.
 */
struct local_socket {
	int listener; /* -1: none */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/* 0 or negative errno, with nothing left behind. */
int local_socket_open(struct local_socket *socket, const char *directory, const char *name,
		      int backlog);

/* Its name in the directory. */
const char *local_socket_name(const struct local_socket *socket);

/* A client that has come, which does not block; or negative errno: -EAGAIN: none has. */
int local_socket_accept(const struct local_socket *socket);

/* Also where none is open. */
void local_socket_close(struct local_socket *socket);

#endif
