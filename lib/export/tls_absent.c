/* SPDX-License-Identifier: BSD-3-Clause */
/* In place of tls.c where there is no OpenSSL. */
#include "tls.h"

#include <errno.h>

int tls_create(const struct socket_options *options, const char *name, const char *host,
	       struct tls **tls, struct error *error)
{
	(void)options, (void)name, (void)host, (void)tls;
	return error_set(error, EINVAL,
			 "this weir was built without OpenSSL; build it with that, or use tcp");
}

void tls_destroy(struct tls *tls)
{
	(void)tls;
}

int tls_begin(struct tls *tls, int socket, int wake, struct error *error)
{
	(void)tls, (void)socket, (void)wake, (void)error;
	return ENOTSUP;
}

void tls_end(struct tls *tls)
{
	(void)tls;
}

int tls_write(struct tls *tls, const char *bytes, size_t size, size_t *done, int wake,
	      struct error *error)
{
	(void)tls, (void)bytes, (void)size, (void)done, (void)wake, (void)error;
	return ENOTSUP;
}

int tls_look(struct tls *tls, struct error *error)
{
	(void)tls, (void)error;
	return ENOTSUP;
}
