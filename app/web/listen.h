/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEB_LISTEN_H
#define WEIR_APP_WEB_LISTEN_H

#include <stddef.h>

#include <weir/error.h>

/*
 * A listening socket at "ADDRESS:PORT", an IPv6 address in brackets, and in `shown` where that is:
 * of port 0 the one that it got. The descriptor, or negative errno with the line.
 */
int listen_open(const char *address, char *shown, size_t size, struct error *error);

#endif
