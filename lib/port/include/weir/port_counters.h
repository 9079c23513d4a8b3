/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PORT_COUNTERS_H
#define WEIR_PORT_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

/* What is told of a port, as plain data. Needs no DPDK. */

#define PORT_QUEUES_MAX 64

/*
 * Do both directions of a flow, and all of its fragments, arrive on one queue?
 *
 * RSS hashes addresses alone wherever the driver has a hash over plain IP: ports are missing
 * in later fragments, so a hash over ports sends fragments and whole packets of one flow to
 * two workers, and the flow falls into two records. The price is that all traffic between
 * two hosts meets one worker. A driver without plain IP (XL710) hashes ports as well.
 */
enum port_symmetry {
	PORT_ONE_QUEUE,       /* yes: there is one queue */
	PORT_RSS_SYMMETRIC,   /* yes: RSS with a symmetric key over `rss_functions` */
	PORT_SPREAD_BY_INPUT, /* yes: whoever fills the queues spreads symmetrically (reader,
				 fanout) */
	PORT_NOT_SYMMETRIC    /* no, or nobody knows */
};

struct port_queue_counters {
	uint64_t received, octets, missed; /* as far as the driver tells, else 0 */
};

struct port_counters {
	uint64_t received; /* frames handed to weir since start, by the driver's count */
	uint64_t octets;   /* of those, without FCS as far as the driver keeps to it */
	uint64_t missed;   /* lost before weir: no descriptor or no room in the kernel's ring */
	uint64_t no_mbuf;  /* lost before weir: no buffer in the pool */
	uint64_t errors;   /* frames that the NIC found broken (CRC, length) */
	bool link_up;
	uint32_t link_mbps; /* 0: unknown */
	uint16_t queues;
	struct port_queue_counters queue[PORT_QUEUES_MAX];
};

#endif
