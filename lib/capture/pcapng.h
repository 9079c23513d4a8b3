/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CAPTURE_PCAPNG_H
#define WEIR_CAPTURE_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mbuf.h>

/*
 * Blocks of pcapng (draft-ietf-opsawg-pcapng) in this machine's byte order, times in ns. Each
 * function writes one block to `out`, which has room for as many octets as its _BYTES say, and
 * returns how many it took. (Why not rte_pcapng: docs/decisions/capture.md.)
 */

#define PCAPNG_SECTION_BYTES    64
#define PCAPNG_INTERFACE_BYTES  256
#define PCAPNG_STATISTICS_BYTES 128

/* Section Header Block. */
size_t pcapng_section(uint8_t *out, const char *application);

/* Interface Description Block: Ethernet. They are numbered from 0 in the order of the stream. */
size_t pcapng_interface(uint8_t *out, const char *name, const char *description, uint32_t snap);

struct pcapng_packet {
	uint32_t interface;
	uint64_t time;               /* ns since 1970 */
	uint32_t captured, wire;     /* octets of the frame without FCS; captured <= wire */
	const struct rte_mbuf *mbuf; /* with at least the captured octets, less the tag's */
	bool stripped; /* the NIC took out the tag that stands in mbuf->vlan_tci: it is put back */
};
static inline size_t pcapng_packet_bytes(uint32_t captured)
{
	return 32 + ((captured + 3u) & ~3u);
}

/* Enhanced Packet Block. */
size_t pcapng_packet(uint8_t *out, const struct pcapng_packet *packet);

struct pcapng_statistics {
	uint32_t interface;
	uint64_t begin, end; /* ns since 1970 */
	uint64_t accepted;   /* frames that the filter let through */
	uint64_t dropped;    /* of those: lost on the way to the client */
	uint64_t delivered;  /* ... and in the stream */
};

/* Interface Statistics Block. */
size_t pcapng_statistics(uint8_t *out, const struct pcapng_statistics *statistics);

#endif
