/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_TLS_H
#define WEIR_EXPORT_TLS_H

#include <stddef.h>
#include <sys/types.h>

#include <weir/error.h>
#include <weir/socket_sender.h>

/* TLS 1.2 and later on a socket that is connected, by OpenSSL. */
struct tls;

/*
 * Whom to trust and who weir is; reads all files. `name` is for lines of later, `host` is who the
 * other end has to be; both are copied. 0, or negative errno with the line.
 */
int tls_create(const struct socket_options *options, const char *name, const char *host,
	       struct tls **tls, struct error *error);
void tls_destroy(struct tls *tls); /* NULL: nothing to do */

/* ---- one thread; all but the first return 0 or a positive errno, with the line ---- */

/* A session on this socket, which stays the caller's. */
int tls_begin(struct tls *tls, int socket, int wake, struct error *error);
void tls_end(struct tls *tls);

/* *done: how much of it the kernel has taken. Once it has failed the session is good for nothing.
 */
int tls_write(struct tls *tls, const char *bytes, size_t size, size_t *done, int wake,
	      struct error *error);

/* What the other end says is not listened to; but has it ended the session? EPIPE, without a line.
 */
int tls_look(struct tls *tls, struct error *error);

#endif
