/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PREFILTER_HOST_H
#define WEIR_PREFILTER_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>
#include <weir/error.h>

#include "contract.h"

/*
 * Which frames on an interface are for this host. An AF_XDP socket would keep them from it, so the
 * program passes them to the kernel:
 *
 * - what is sent to the interface's MAC address and, in an untagged frame, to an IP address of this
 *   host, on whichever interface that is: the kernel answers for all of them on all;
 * - what is sent to all IPv6 nodes, and to the solicited-node addresses, by which an IPv6 address
 * is asked for, if the interface has a link-local address;
 * - if the interface is in use by this host, all that is sent to its MAC address or one of what
 *   belongs to it (VLANs, macvlans and the like upon it, its bridge or bond), and all
 *   broadcasts and multicasts: it may forward, listen to groups and ask for more addresses.
 *
 * It is in use if something belongs to it, or if it has an IP address that is not link-local IPv6:
 * the kernel gives one of those to every interface that is up.
 */
struct host_set {
	uint64_t own;                    /* as in struct prefilter_host, but for ..._SECOND */
	struct prefilter_host_key *keys; /* owned: free() */
	size_t count;
};

/* As rtnetlink tells it now. -ENODEV: there is no such interface; or another negative errno. */
int host_read(unsigned int index, struct host_set *set);

/*
 * Put a set in force, whole. Returns how many keys found no place: then the interface counts as
 * in use. One thread at a time.
 */
size_t host_publish(struct prefilter_host *shared, const struct host_set *set);

/*
 * A thread that keeps `shared` up to date, from the return on, at once whenever an address or a
 * link changes. It needs no privilege. 0, or negative errno with the line. -ENOSPC: the host has
 * more addresses than there is room for; when that comes later, an error is logged.
 */
struct host_watch;
int host_watch_start(unsigned int index, struct prefilter_host *shared, struct host_watch **watch,
		     struct error *error);
void host_watch_stop(struct host_watch *watch); /* NULL is fine */

#endif
