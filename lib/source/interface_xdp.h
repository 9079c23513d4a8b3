/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SOURCE_INTERFACE_XDP_H
#define WEIR_SOURCE_INTERFACE_XDP_H

#include <weir/interface.h>
#include <weir/kernel_link.h>

/*
 * The interface as ports of AF_XDP, one for each of its RX queues, with the program in front.
 * Negative errno and the line: why not. Unless settings->driver asks for AF_XDP, that may be
 * because this host needs the interface itself.
 */
int interface_xdp_attach(struct interface *interface, const struct kernel_link *link,
			 const struct interface_settings *settings, struct error *error);

/* Is the interface free for an XDP program? 0, or -EBUSY: the line says who has one there. */
int interface_xdp_free(const char *name, const struct kernel_link *link, struct error *error);

#endif
