/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SOURCE_INTERFACE_PACKET_H
#define WEIR_SOURCE_INTERFACE_PACKET_H

#include <weir/interface.h>
#include <weir/kernel_link.h>

/*
 * The interface as one port of AF_PACKET, with a queue for each worker as far as the driver has as
 * many. What merges frames is switched off before, if there is a keeper.
 */
int interface_packet_attach(struct interface *interface, const struct kernel_link *link,
			    const struct interface_settings *settings, struct error *error);

#endif
