/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TALLY_H
#define WEIR_TALLY_H

#include <stdint.h>

#include <rte_mbuf.h>

#include <weir/flow.h>
#include <weir/packet.h>
#include <weir/worker_shared.h>

/*
 * What one burst adds to the counters, kept until the flow table has counted the burst's
 * packets: so the ledger balances at every instant a reader looks, and sizes, octets
 * and flows all speak of the same frames.
 */

/* A burst is counted by the push that comes two after its own. */
#define TALLY_DELAY 3

struct tally {
	uint32_t frames;	/* that arrived */
	uint32_t passed;	/* of those, through the filter */
	uint32_t verdicts;	/* of frames that have no flow: */
	uint8_t verdict[FLOW_BURST]; /* enum packet_reason */
	uint64_t classes;	/* eight bits for each size class: a burst has at most 32 */
	uint64_t frame_octets, filtered_octets;
	uint32_t size_min, size_max; /* frame length without FCS */
	uint64_t first, last;	/* packet times */
	uint32_t ip_checksum_bad, l4_checksum_bad;
};
_Static_assert(SIZE_CLASSES <= 8 && FLOW_BURST < 256, "classes fit one word");

#define TALLY_FCS 4

static inline void tally_start(struct tally *tally, uint32_t frames)
{
	tally->frames = frames;
	tally->passed = 0;
	tally->verdicts = 0;
	tally->classes = 0;
	tally->frame_octets = tally->filtered_octets = 0;
	tally->size_min = UINT32_MAX;
	tally->first = UINT64_MAX;
	tally->size_max = 0;
	tally->last = 0;
	tally->ip_checksum_bad = tally->l4_checksum_bad = 0;
}

static inline void tally_verdict(struct tally *tally, enum packet_reason reason)
{
	tally->verdict[tally->verdicts++] = (uint8_t)reason;
}

static inline void tally_filtered(struct tally *tally, const struct packet_frame *frame)
{
	tally->filtered_octets += frame->wire + (frame->vlan_was_stripped ? 4 : 0);
	tally_verdict(tally, PACKET_FILTERED_EXPRESSION);
}

/* A frame that passed the filter, whatever its verdict. */
static inline void tally_frame(struct tally *tally, const struct packet *packet, uint64_t ol_flags)
{
	uint32_t length = packet->frame_length;
	uint32_t size = length + TALLY_FCS;
	unsigned int class = (size > 64) + (size > 127) + (size > 255) + (size > 511) +
			     (size > 1023) + (size > 1518);

	tally->passed++;
	tally->classes += UINT64_C(1) << (8 * class);
	tally->frame_octets += length;
	tally->size_min = RTE_MIN(tally->size_min, length);
	tally->size_max = RTE_MAX(tally->size_max, length);
	tally->first = RTE_MIN(tally->first, packet->time);
	tally->last = RTE_MAX(tally->last, packet->time);
	tally->ip_checksum_bad +=
		(ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_BAD;
	tally->l4_checksum_bad +=
		(ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_BAD;
}

/* Add the tally to the counters, once: it is empty afterwards. */
static inline void tally_apply(struct tally *tally, struct worker_counters *counters)
{
	counters->received += tally->frames;
	for (uint32_t i = 0; i < tally->verdicts; i++)
		counters->reasons[tally->verdict[i]]++;
	counters->filtered_octets += tally->filtered_octets;
	if (tally->passed > 0) {
		for (unsigned int c = 0; c < SIZE_CLASSES; c++)
			counters->sizes[c] += tally->classes >> (8 * c) & 0xff;
		counters->frame_octets += tally->frame_octets;
		if (counters->size_min == 0 || counters->size_min > tally->size_min + TALLY_FCS)
			counters->size_min = tally->size_min + TALLY_FCS;
		if (counters->size_max < tally->size_max + TALLY_FCS)
			counters->size_max = tally->size_max + TALLY_FCS;
		if (counters->first == 0 || counters->first > tally->first)
			counters->first = tally->first;
		if (counters->last < tally->last)
			counters->last = tally->last;
		counters->ip_checksum_bad += tally->ip_checksum_bad;
		counters->l4_checksum_bad += tally->l4_checksum_bad;
	}
	tally->frames = tally->passed = tally->verdicts = 0;
	tally->filtered_octets = 0;
}

#endif
