/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_INTERFACE_H
#define WEIR_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/error.h>
#include <weir/front.h>
#include <weir/keeper.h>
#include <weir/port.h>

/*
 * A kernel interface as ethdev ports: AF_XDP, one vdev per RX queue (a vdev over several
 * queues fails where the driver reports no combined channels), or AF_PACKET, one vdev
 * with a fanout by flow. Main thread, after rte_eal_init(). No frame that AF_XDP takes reaches
 * this host, so an XDP program stands in front of it, which leaves to this host what is for it;
 * AF_PACKET sees copies. Both see what comes in; AF_PACKET on request also what this host sends
 * (not on a loopback interface, where every frame would be seen twice).
 *
 * What the AF_PACKET driver does to frames: IPv4 fragments come reassembled, as one frame
 * (its fanout group has PACKET_FANOUT_FLAG_DEFRAG), and a frame longer than 65,342 bytes is
 * cut to that.
 */

enum interface_driver {
	INTERFACE_ANY, /* AF_XDP where it works, else AF_PACKET */
	INTERFACE_AF_XDP,
	INTERFACE_AF_PACKET
};

struct interface_settings {
	const char *name; /* or an alternative one */
	enum interface_driver driver;
	uint16_t workers;    /* queues wanted; AF_XDP takes all RX queues there are */
	struct front *front; /* prepared */
	/* of AF_PACKET alone: */
	bool outgoing;         /* see what this host sends, too */
	struct keeper *keeper; /* switches off what merges frames; NULL: it stays as it is */
};

struct interface {
	char name[32];                /* also when it was asked for by an alternative one */
	unsigned int index;           /* the kernel's */
	enum interface_driver driver; /* what it became */
	char why[160];                /* in words: why this driver */
	/* Negative errno why AF_PACKET had to do, as interface_attach() has it for AF_XDP, and
	 * -EADDRINUSE: this host uses it. 0: it was asked for. The line, with what to do. */
	int not_xdp;
	struct error not_xdp_line;
	/* Masks of offloads that merge frames before AF_PACKET, see interface_offloads(). */
	unsigned int unmerged, merged; /* switched off for the run; still on, `merged_why`: */
	int merged_why;                /* negative errno; 0: the driver does not let them go */
	uint16_t port_ids[PORT_QUEUES_MAX];
	uint16_t port_count;
	uint16_t queues_each; /* RX queues to ask of each port */
	/* of all ports together: AF_XDP's queues are filled as the NIC spreads them, and each
	 * port knows of its own only. PORT_NOT_SYMMETRIC: it was said. */
	enum port_symmetry symmetry;
};

/*
 * Can interface `name`, or of that alternative name, be measured on? Needs no rte_eal_init(). 0, or
 * the line and -ENODEV: no such interface; -ENETDOWN: it is down; -EPROTONOSUPPORT: it is not
 * Ethernet; -EINVAL: DPDK cannot take its name; -EPERM: the line names the capability that is
 * missing.
 */
int interface_check(const char *name, struct error *error);

/*
 * Make the ports, for `workers` queues. AF_XDP always takes all RX queues of the interface, because
 * what arrives on another queue would go unseen. The front is attached then, in front of AF_XDP
 * always, of AF_PACKET if it has rules.
 *
 * INTERFACE_ANY keeps off AF_XDP on an interface that this host uses, because AF_PACKET shows what
 * is for this host as well: one with an IP address, unless the front passes frames; and one that
 * carries a bridge, bond or VLAN. Whether AF_XDP works is found by making a socket and attaching
 * the program, which on some NICs takes the link down and up.
 *
 * As interface_check(), and -EBUSY: it has an XDP program already, or another weir reads it.
 */
int interface_attach(const struct interface_settings *settings, struct interface *interface,
		     struct error *error);

/* Of frames that the kernel still merges: a line that says so. False: of none, or of AF_XDP. */
bool interface_merges(const struct interface *interface, struct error *line);

/* The kernel's names of such a mask, as ethtool(8) takes them: "rx-gro, rx-lro". */
const char *interface_offloads(unsigned int mask, char *text, size_t size);

/*
 * Which frames AF_PACKET's sockets take from now on; no matter for AF_XDP, which takes what
 * comes in alone. A frame that waits in a queue already stays there.
 */
enum interface_frames { INTERFACE_NOTHING, INTERFACE_INCOMING };
void interface_take(const struct interface *interface, enum interface_frames frames);

/* Remove the vdevs again; their ports must be closed. The front stays. */
void interface_detach(struct interface *interface);

#endif
