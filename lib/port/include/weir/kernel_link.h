/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_KERNEL_LINK_H
#define WEIR_KERNEL_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the kernel knows of a network interface, asked in the namespace of this process. */

struct kernel_link {
	unsigned int index;
	char name[16];       /* not an alternative one; "" if there is no such interface */
	unsigned int flags;  /* IFF_* */
	unsigned short type; /* ARPHRD_* */
	uint32_t mtu;
	uint64_t rx_packets;  /* received since it is there */
	bool has_master;      /* part of a bridge or bond */
	bool has_xdp;         /* an XDP program is attached */
	uint32_t xdp_program; /* its id; 0: several, or the kernel does not tell */
};

/* `name` may be an alternative one. 0; -ENODEV: no such interface; or another negative errno. */
int kernel_link_read(const char *name, struct kernel_link *link);
int kernel_link_read_index(unsigned int index, struct kernel_link *link);

/* IFF_* flags, 0 if there is no such interface. Cheaper than kernel_link_read(). */
unsigned int kernel_link_flags(const char *name);

/*
 * A socket that keeps interface `index` promiscuous until it is closed, also by the death of the
 * process; or negative errno. Needs CAP_NET_RAW for this call alone.
 */
int kernel_link_promiscuous(unsigned int index);

/* One command of <linux/ethtool.h>, which says what lies behind `command`. 0 or negative errno. */
int kernel_link_ethtool(const char *name, void *command);

/* Speed in Mbit/s, 0 unknown. */
uint32_t kernel_link_speed(const char *name);

/* RX queues in use, at least 1. */
uint16_t kernel_link_rx_queues(const char *name);

/*
 * Do the interface's RX queues get both directions of a flow on the same queue? Known of
 * veth, which hashes symmetrically, and of NICs with a symmetric Toeplitz key.
 */
bool kernel_link_spreads_symmetrically(const char *name);

/* May one received "frame" be several of the wire, merged by kernel, NIC or virtual peer? */
bool kernel_link_merges_frames(const char *name);

/* Is there no hardware behind it, so that a peer's CPU makes its frames? False if not known. */
bool kernel_link_is_virtual(const char *name);

/* May VLAN tags of received frames come beside the frame only, taken out (rx-vlan-offload)? */
bool kernel_link_takes_tags_out(const char *name);

/* Does another interface (VLAN, bridge, macvlan ...) lie upon it? */
bool kernel_link_carries(const char *name, unsigned int index);

/*
 * An address by which this host is reached over the interface, as text in `address`. A
 * link-local IPv6 address does not count: every interface that is up has one.
 */
bool kernel_link_has_address(const char *name, char *address, size_t size);

#endif
