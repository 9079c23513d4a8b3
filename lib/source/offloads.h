/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SOURCE_OFFLOADS_H
#define WEIR_SOURCE_OFFLOADS_H

#include <stddef.h>

/*
 * The offloads of a kernel interface that make one frame of several received ones before
 * AF_PACKET sees them: rx-gro and its like. A set of them is a mask; bit i is offloads_name(i).
 * All calls take time in the kernel, on some NICs the link goes down and up.
 */

/* Which are in force. 0, or negative errno. */
int offloads_read(const char *interface, unsigned int *on);

/*
 * Ask for those in `which` to be off (on). Needs CAP_NET_ADMIN. *changed: those of which the
 * setting is another than before; what is in force then, offloads_read() tells. 0, or negative
 * errno.
 */
int offloads_set(const char *interface, unsigned int which, int on, unsigned int *changed);

/* The kernel's name, as ethtool(8) takes it; NULL behind the last. */
const char *offloads_name(unsigned int index);

/* "rx-gro, rx-lro" */
const char *offloads_text(unsigned int which, char *text, size_t size);

#endif
