/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WORKER_VERDICTS_H
#define WEIR_WORKER_VERDICTS_H

#include <weir/packet_common.h>

#include "times.h"

/* The first segment may end within the headers: then parse a copy that holds all of them. */
static enum packet_reason parse_segments(struct loop *loop, const struct rte_mbuf *mbuf,
					 struct packet_frame *frame, struct packet *packet)
{
	enum packet_reason reason = packet_parse(frame, loop->worker->vlan_key, packet);
	uint32_t first = frame->captured;
	uint32_t captured = RTE_MIN(rte_pktmbuf_pkt_len(mbuf), (uint32_t)PACKET_HEADERS_MAX);
	bool inside = packet_reason_bucket(reason) == PACKET_BUCKET_TRUNCATED ||
		      (packet_reason_bucket(reason) == PACKET_BUCKET_FLOW &&
		       packet->l4_offset + 20u > first);

	if (!inside)
		return reason;
	frame->data = rte_pktmbuf_read(mbuf, 0, captured, loop->headers);
	frame->captured = captured;
	return packet_parse(frame, loop->worker->vlan_key, packet);
}

/*
 * A driver that replays a capture does not tell how long a snapped frame was: what is only longer
 * than its captured bytes was cut, and does not contradict itself.
 */
static enum packet_reason judge_replayed(const struct loop *loop, struct packet_frame frame,
					 enum packet_reason reason)
{
	struct packet packet;

	if (reason != PACKET_MALFORMED_IPV4_LENGTH && reason != PACKET_MALFORMED_IPV6_LENGTH)
		return reason;
	frame.wire = UINT32_MAX;
	if (packet_parse(&frame, loop->worker->vlan_key, &packet) == reason)
		return reason;
	return reason == PACKET_MALFORMED_IPV4_LENGTH ? PACKET_TRUNCATED_IPV4
						      : PACKET_TRUNCATED_IPV6;
}

/* Any frame: its verdict to the tally, and true if it has a flow. */
static __attribute__((noinline)) bool parse_any(struct loop *loop, const struct rte_mbuf *mbuf,
						bool matches, struct packet *packet,
						struct tally *tally)
{
	struct packet_frame frame = {
		.data = rte_pktmbuf_mtod(mbuf, const uint8_t *),
		.captured = rte_pktmbuf_data_len(mbuf),
		.wire = rte_pktmbuf_pkt_len(mbuf),
		.vlan_was_stripped = (mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0,
		.stripped_vlan = mbuf->vlan_tci,
	};
	enum packet_reason reason;

	take_times(loop, mbuf, &frame.wire, packet);
	if (!matches) {
		tally_filtered(tally, &frame);
		return false;
	}
	if (likely(mbuf->nb_segs == 1))
		reason = packet_parse(&frame, loop->worker->vlan_key, packet);
	else
		reason = parse_segments(loop, mbuf, &frame, packet);
	if (unlikely(loop->worker->trust_time))
		reason = judge_replayed(loop, frame, reason);
	tally_frame(tally, packet->frame_length);
	tally_time(tally, packet->time);
	if (mbuf->ol_flags & TALLY_NOTES)
		tally_notes(tally, mbuf->ol_flags);
	if (reason <= PACKET_FLOW_IPV6)
		return true;
	tally_verdict(tally, reason);
	return false;
}

/*
 * A frame that most are like, with these notes. False: another one, for parse_any(), to which it
 * makes no difference that its time was taken already.
 */
static inline bool parse_common(struct loop *loop, const struct rte_mbuf *mbuf, uint64_t notes,
				struct packet *packet)
{
	uint64_t ignored = notes != 0 ? loop->counters.stamps_ignored : 0;
	uint32_t wire = rte_pktmbuf_pkt_len(mbuf);

	if (unlikely((mbuf->ol_flags & loop->noted) != notes || mbuf->nb_segs != 1))
		return false;
	if (notes != 0)
		take_times(loop, mbuf, &wire, packet);
	else
		packet->time = packet->clock = loop->clock;
	if (likely(packet_parse_common(rte_pktmbuf_mtod(mbuf, const uint8_t *),
				       rte_pktmbuf_data_len(mbuf), wire, packet)))
		return true;
	if (notes != 0)
		loop->counters.stamps_ignored = ignored;
	return false;
}

/*
 * Give every frame its verdict; those with a flow fill the table's next burst. `notes` are the
 * first one's of the burst: most sources note times with all of their frames or with none, and a
 * frame with other notes than the first goes through parse_any().
 */
static inline __attribute__((always_inline)) void
parse(struct loop *loop, struct rte_mbuf *const *mbufs, uint16_t count, uint64_t notes,
      struct flow_burst *burst, struct tally *tally)
{
	const struct worker *worker = loop->worker;
	uint64_t matches = UINT64_MAX, clock = loop->clock;
	struct packet *packet = burst->packets;
	uint32_t *length = tally->length;
	bool unstamped = false;

	if (worker->filter != NULL)
		matches = filter_match(worker->filter, mbufs, count);
	for (uint16_t i = 0; i < count; i++, matches >>= 1) {
		if (unlikely((matches & 1) == 0) ||
		    unlikely(!parse_common(loop, mbufs[i], notes, packet))) {
			bool flow;

			tally->passed = (uint32_t)(length - tally->length);
			flow = parse_any(loop, mbufs[i], matches & 1, packet, tally);
			tally->flowless |= (uint32_t)!flow << i;
			packet += flow;
			length = tally->length + tally->passed;
			continue;
		}
		*length++ = packet->frame_length;
		if (notes != 0)
			tally_time(tally, packet->time);
		else
			unstamped = true;
		packet++;
	}
	tally->passed = (uint32_t)(length - tally->length);
	burst->count = (uint32_t)(packet - burst->packets);
	if (unstamped)
		tally_time(tally, clock);
}

#endif
