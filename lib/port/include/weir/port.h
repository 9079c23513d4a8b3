/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PORT_H
#define WEIR_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include <weir/error.h>
#include <weir/port_counters.h>

/*
 * An ethdev port made ready for measuring: every input of weir is one, NICs, kernel
 * interfaces (AF_XDP, AF_PACKET), memif, and the ring port of the capture reader. All calls
 * but port_read_counters() and port_each_xstat() are for the main thread; workers use
 * rte_eth_rx_burst() alone.
 */

struct port_settings {
	uint16_t queues;      /* RX queues, 1..PORT_QUEUES_MAX */
	uint16_t descriptors; /* of each queue; 0: 4096, or what driver and memory allow */
	bool promiscuous;
	bool nic_timestamps; /* ask for them: see docs/decisions/nic-timestamps.md */
};

/* A driver's counter that may fall (a restart, a memif peer that left), made to grow only. */
struct port_count {
	uint64_t base, last;
};
#define PORT_COUNTS (5 + 3 * PORT_QUEUES_MAX)

struct port {
	uint16_t id;
	char name[64]; /* device name */
	char driver[32];
	char interface[32];           /* the kernel's name where there is one, else "" */
	unsigned int interface_index; /* the kernel's number of it, else 0 */
	int socket;                   /* NUMA node, -1 unknown */
	uint16_t queues;
	uint16_t descriptors;
	uint32_t max_frame; /* longest frame received whole, bytes without FCS */
	enum port_symmetry symmetry;
	uint64_t rss_functions;                         /* RTE_ETH_RSS_* in force */
	uint16_t rss_table;                             /* entries from hash to queue */
	bool checksum, timestamp, scatter, promiscuous; /* what the driver gave */
	bool link_known;          /* the driver or the kernel tells link state */
	struct rte_mempool *pool; /* owned */
	uint32_t spare; /* mbufs of each queue that may be held for long: weir/handover.h */
	bool started;
	bool unasked; /* the device was removed, or its driver is busy: nothing is asked of it */
	/* sockets of the kernel that belong to the port's driver (AF_PACKET, AF_XDP): the
	 * only place where their losses are counted. Owned by the driver, see kernel_loss.h. */
	int kernel_sockets[PORT_QUEUES_MAX];
	uint16_t kernel_socket_count;
	int kernel_family;                       /* of those sockets: AF_PACKET, AF_XDP; 0: none */
	uint64_t kernel_missed[PORT_QUEUES_MAX]; /* by socket, since the start */
	uint64_t kernel_before[PORT_QUEUES_MAX]; /* AF_XDP's counts when the port started */
	/* private to port.c, device.c and counters.c: */
	struct port_settings settings;
	char bus[16], device[64]; /* DPDK's name of the device, which may have several ports */
	char arguments[1024];     /* of the device, as the EAL was given them; a PCI device's fit */
	char kernel_driver[32];   /* that it is bound to; "" if it is on no bus of the kernel's */
	uint16_t tx_queues;       /* never used for sending; drivers and rte_pdump want some */
	bool promiscuous_undo;    /* weir switched it on, so weir switches it off */
	int promiscuous_socket;   /* keeps a kernel interface promiscuous; -1: none */
	int hold;                 /* on the kernel interface, see kernel_hold.h; -1: none */
	bool rss_asked;
	struct port_count counts[PORT_COUNTS];
};

/*
 * Configure port `id` with `settings` (RX only; as many queues, the longest frames and the
 * offloads that the driver has), and fill `port`. 0, or negative errno with one line in
 * `error`; the device is closed then.
 */
int port_open(uint16_t id, const struct port_settings *settings, struct port *port,
	      struct error *error);

/*
 * Start receiving; all counters begin at 0. Says through log_warning() when symmetry cannot be
 * had, which some drivers tell only now, and sets `symmetry` and `rss_functions` to the truth.
 */
int port_start(struct port *port, struct error *error);

/*
 * Stop receiving; the counters stay readable, as they were. Not while another thread is in
 * port_read_counters(). A stopped port cannot be started again (AF_PACKET closes its sockets).
 */
void port_stop(struct port *port);

/* Stop and close the device and free its pool. All mbufs must be back in the pool. */
void port_close(struct port *port);

/*
 * The device of a started port goes, and may come back. No worker polls the port meanwhile
 * (weir/worker.h), and nobody reads its counters at the same time. What it counted stays and goes
 * on; so does its pool, as others may still hold frames. Main thread.
 *
 * port_leave()		Stop and close it and, with the last of its ports, give the device back:
 *			whoever unplugs it, or unbinds its driver, waits for that.
 * port_is_back()	Is the device on its bus again, with the kernel's driver that it had?
 * port_return()	Take it again, as it was opened and started. `id` may be another one.
 * port_reset()		Its driver asks for it (RTE_ETH_EVENT_INTR_RESET): reset the device, and
 *			make it what it was.
 *
 * 0, or negative errno with the line; the port is left then.
 */
void port_leave(struct port *port);
bool port_is_back(const struct port *port);
int port_return(struct port *port, struct error *error);
int port_reset(struct port *port, struct error *error);

/*
 * Everything that the port counted since start; no counter ever falls. One thread at a time,
 * the stats core. It may ask the kernel (two system calls for a kernel interface).
 */
void port_read_counters(struct port *port, struct port_counters *counters);

/*
 * Before the workers run: throw away what waits in the queues, and let all counters begin at 0
 * again. Main thread, after port_start().
 */
void port_discard(struct port *port);

/*
 * Frames that AF_XDP sockets of the port refused since they were made: their ring was full, or
 * no buffer was there. 0 for other drivers and a stopped port. Main or stats thread.
 */
uint64_t port_sockets_refused(const struct port *port);

/*
 * A socket that poll(2) finds readable while frames wait in `queue`; the driver's. -1: it has
 * none that tells. Main thread, after port_open().
 */
int port_queue_socket(const struct port *port, uint16_t queue);

/* Call `each` for every extended statistic that is not 0. Main or stats thread. */
void port_each_xstat(const struct port *port,
		     void (*each)(void *context, const char *name, uint64_t value), void *context);

/* How many RX queues the driver of `id` offers for `wanted` ones (1..wanted). 0: no such port. */
uint16_t port_queues_possible(uint16_t id, uint16_t wanted);

/*
 * Octets of packet buffers that a port of `queues` queues takes of the EAL's memory: a NIC; with
 * the smallest rings that weir starts with; and a software driver, which copies. Needs no EAL.
 */
struct port_memory {
	uint64_t usual, least, copied;
};
struct port_memory port_memory(uint16_t queues);

/*
 * As many as that where nobody asked for a number; one of memif, whose peer may have no more, and
 * then several would give each frame as often.
 */
uint16_t port_queues_by_default(uint16_t id, uint16_t wanted);

/* ---- what weir's own inputs write into an mbuf beside the frame ---- */

/*
 * Offsets of dynamic mbuf fields and flags; the same for all ports of a process. The capture
 * reader sets time, clock and wire length; a NIC sets time and its flag.
 */
struct port_fields {
	int time;           /* uint64_t: ns since 1970 (rte_mbuf_dyn_rx_timestamp) */
	int clock;          /* uint64_t: see struct packet */
	int wire_length;    /* uint32_t: frame length on the wire without FCS */
	uint64_t time_flag; /* ol_flags bit: `time` is set */
	uint64_t wire_flag; /* ol_flags bit: `clock` and `wire_length` are set */
};

/* Register the fields; again and again gives the same. 0 or negative errno with a line. */
int port_fields_register(struct port_fields *fields, struct error *error);

#endif
