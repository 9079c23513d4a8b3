/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WORKER_TALLY_H
#define WEIR_WORKER_TALLY_H

#include <stdint.h>

#include <rte_mbuf.h>

#include <weir/clock.h>
#include <weir/flow.h>
#include <weir/packet.h>
#include <weir/worker_shared.h>

/*
 * What one burst adds to the counters, kept until the flow table has counted the burst's
 * packets: so the ledger balances at every instant a reader looks, and sizes, octets
 * and flows all speak of the same frames.
 */

/* The push of the third round after a burst's own counts it: hash, compare, count. */
#define TALLY_DELAY 3

struct tally {
	uint32_t frames;             /* that arrived */
	uint32_t passed;             /* of those, through the filter, and ... */
	uint16_t length[FLOW_BURST]; /* ... how long they are, without FCS */
	uint32_t huge;               /* the same of those whose length does not fit there: ... */
	uint32_t huge_least, huge_most;
	uint64_t huge_octets;        /* ... in sum */
	uint32_t verdicts;           /* of frames that have no flow: */
	uint8_t verdict[FLOW_BURST]; /* enum packet_reason */
	uint32_t flowless;           /* ... a bit for each, by its place in the burst */
	uint32_t ip_checksum_bad, l4_checksum_bad;
	uint64_t filtered_octets;
	uint64_t first, last; /* packet times, of those that passed ... */
	int64_t shift;        /* ... and what makes dates of them */
	uint64_t stretch;     /* of a timeline, that all frames are in: some time in it */
};

#define TALLY_FCS        4
#define TALLY_LENGTH_MAX UINT16_MAX

static inline void tally_start(struct tally *tally, uint32_t frames)
{
	tally->frames = frames;
	tally->passed = 0;
	tally->huge = 0;
	tally->verdicts = 0;
	tally->flowless = 0;
	tally->ip_checksum_bad = tally->l4_checksum_bad = 0;
	tally->filtered_octets = 0;
	tally->first = UINT64_MAX;
	tally->last = 0;
}

static inline void tally_verdict(struct tally *tally, enum packet_reason reason)
{
	tally->verdict[tally->verdicts++] = (uint8_t)reason;
}

static inline void tally_filtered(struct tally *tally, const struct packet_frame *frame)
{
	tally->filtered_octets += frame->wire + (frame->vlan_was_stripped ? VLAN_TAG : 0);
	tally_verdict(tally, PACKET_FILTERED_EXPRESSION);
}

/* A frame that passed the filter was there at this time. */
static inline void tally_time(struct tally *tally, uint64_t time)
{
	tally->first = RTE_MIN(tally->first, time);
	tally->last = RTE_MAX(tally->last, time);
}

static inline void tally_huge(struct tally *tally, uint32_t length)
{
	const bool first = tally->huge++ == 0;

	tally->huge_octets = (first ? 0 : tally->huge_octets) + length;
	tally->huge_least = first ? length : RTE_MIN(tally->huge_least, length);
	tally->huge_most = first ? length : RTE_MAX(tally->huge_most, length);
}

/* A frame that passed the filter, whatever its verdict. */
static inline void tally_frame(struct tally *tally, uint32_t length)
{
	if (length > TALLY_LENGTH_MAX)
		tally_huge(tally, length);
	else
		tally->length[tally->passed++] = (uint16_t)length;
}

/* What the NIC found wrong; only frames with one of these flags need to be asked. */
#define TALLY_NOTES (RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_BAD)
static inline void tally_notes(struct tally *tally, uint64_t ol_flags)
{
	tally->ip_checksum_bad +=
		(ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_BAD;
	tally->l4_checksum_bad +=
		(ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_BAD;
}

static inline void tally_extremes(struct worker_counters *counters, uint32_t least, uint32_t most)
{
	const uint64_t min = (uint64_t)least + TALLY_FCS, max = (uint64_t)most + TALLY_FCS;

	if (counters->size_min == 0 || counters->size_min > min)
		counters->size_min = min;
	counters->size_max = RTE_MAX(counters->size_max, max);
}

/* All lengths of a burst at once: the compiler makes vectors of it. */
static inline void tally_lengths(const struct tally *tally, struct worker_counters *counters)
{
	const uint32_t count = tally->passed;
	uint16_t least = UINT16_MAX, most = 0, upto[SIZE_CLASSES - 1] = {0};
	uint32_t octets = 0;

	for (uint32_t i = 0; i < count; i++) {
		const uint16_t length = tally->length[i];

		octets += length;
		least = RTE_MIN(least, length);
		most = RTE_MAX(most, length);
#define COUNT(class, octets) upto[class] += length <= (octets)-TALLY_FCS;
		SIZE_CLASS_LIST(COUNT)
#undef COUNT
	}
	counters->frame_octets += octets;
	counters->sizes[0] += upto[0];
	for (unsigned int c = 1; c < SIZE_CLASSES - 1; c++)
		counters->sizes[c] += (uint16_t)(upto[c] - upto[c - 1]);
	counters->sizes[SIZE_CLASSES - 1] += count - upto[SIZE_CLASSES - 2];
	tally_extremes(counters, least, most);
}

static inline void tally_huge_lengths(const struct tally *tally, struct worker_counters *counters)
{
	counters->frame_octets += tally->huge_octets;
	counters->sizes[SIZE_CLASSES - 1] += tally->huge;
	tally_extremes(counters, tally->huge_least, tally->huge_most);
}

/* By the clock: the wall clock may have been set in between. */
static inline void tally_span(const struct tally *tally, struct worker_counters *counters)
{
	bool none = counters->size_max == 0;

	if (none || tally->first < counters->first.clock)
		counters->first = (struct clock_reading){tally->first, tally->shift};
	if (none || tally->last >= counters->last.clock)
		counters->last = (struct clock_reading){tally->last, tally->shift};
}

/* Add the tally to the counters, once: it is empty afterwards. */
static inline void tally_apply(struct tally *tally, struct worker_counters *counters)
{
	counters->received += tally->frames;
	for (uint32_t i = 0; i < tally->verdicts; i++)
		counters->reasons[tally->verdict[i]]++;
	counters->filtered_octets += tally->filtered_octets;
	if (tally->passed + tally->huge > 0) {
		tally_span(tally, counters);
		if (likely(tally->passed > 0))
			tally_lengths(tally, counters);
		if (unlikely(tally->huge > 0))
			tally_huge_lengths(tally, counters);
		counters->ip_checksum_bad += tally->ip_checksum_bad;
		counters->l4_checksum_bad += tally->l4_checksum_bad;
	}
	tally->frames = tally->passed = tally->huge = tally->verdicts = 0;
	tally->filtered_octets = 0;
}

#endif
