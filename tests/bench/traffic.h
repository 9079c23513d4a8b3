/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_BENCH_TRAFFIC_H
#define WEIR_TESTS_BENCH_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kit/prng.h>

/*
 * Synthetic traffic with known sums, for bench-traffic. A flow is a number below 2^32; which
 * flow the next packet belongs to (traffic_order.c) and what the packets of a flow look
 * like (traffic_frame.c) are independent of each other.
 */

/* ---- which flow is next ---- */

enum order_kind { ORDER_UNIFORM, ORDER_ZIPF, ORDER_SEQUENTIAL };

struct order {
	enum order_kind kind;
	uint64_t flows;      /* active at any time */
	uint64_t churn;      /* flows that are replaced by new ones, per second */
	uint64_t next;       /* sequential: packets so far */
	struct alias *alias; /* Zipf: owned */
};

/* `exponent` is Zipf's. False: no memory. Free with order_release(). */
bool order_init(struct order *order, enum order_kind kind, uint64_t flows, uint64_t churn,
		double exponent);
void order_release(struct order *order);

/* The flow of the next packet, `elapsed` ns after the first. */
uint64_t order_next(struct order *order, struct prng *prng, uint64_t elapsed);

/* ---- what its packets look like ---- */

#define FRAME_HEADERS_MAX 82 /* Ethernet, two VLAN tags, IPv6, TCP */
#define FRAME_MAX         1514

struct frame_mix {
	uint64_t seed;
	double ipv6, vlan, tcp, icmp; /* shares of the flows, 0..1; what is neither is UDP */
	unsigned int tags;            /* of those with VLAN, 1 or 2 */
	bool options;                 /* IPv4 headers have a word of them */
	bool syn;                     /* all packets are TCP SYN, forward */
};

struct frame {
	uint32_t length;    /* without FCS */
	uint32_t ip_octets; /* of the IP packet */
	bool ipv6, vlan, tcp, icmp;
	uint8_t *bytes; /* of the caller: FRAME_MAX, all 0 beyond FRAME_HEADERS_MAX */
};

/*
 * Make a packet of `flow` in frame->bytes: `length` bytes, or more where its headers do not
 * fit, with right checksums and a payload of zeros. Different flows differ in their client's
 * address or port; `reverse` is from server to client.
 */
void frame_build(const struct frame_mix *mix, uint64_t flow, bool reverse, uint32_t length,
		 struct frame *frame);

/* ---- the file: classic pcap with nanoseconds, Ethernet ---- */

struct capture_writer;

/* Both return NULL, or false, with errno set. `time` is in ns since 1970. */
struct capture_writer *capture_open(const char *path);
bool capture_write(struct capture_writer *writer, uint64_t time, const struct frame *frame);

/* Write out, close, free. False with errno: not all of it is in the file. */
bool capture_close(struct capture_writer *writer);

#endif
