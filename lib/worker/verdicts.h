/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WORKER_VERDICTS_H
#define WEIR_WORKER_VERDICTS_H

#include <weir/packet_common.h>

#include "mbufs.h"
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

/* Any frame, at this place of its burst: its verdict to the tally, and true if it has a flow. */
static __attribute__((noinline)) bool parse_any(struct loop *loop, const struct rte_mbuf *mbuf,
						bool matches, uint32_t place, struct packet *packet,
						struct tally *tally)
{
	struct packet_frame frame = {
		.data = rte_pktmbuf_mtod(mbuf, const uint8_t *),
		.captured = rte_pktmbuf_data_len(mbuf),
		.wire = wire_length(&loop->worker->fields, mbuf),
		.vlan_was_stripped = (mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0,
		.stripped_vlan = mbuf->vlan_tci,
	};
	enum packet_reason reason;

	take_times(loop, &loop->worker->fields, mbuf, packet);
	if (!matches) {
		tally_filtered(tally, &frame);
		tally->flowless |= 1u << place;
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
	tally->flowless |= 1u << place;
	return false;
}

/*
 * What may come with the frames of a burst beside their bytes: nothing; the time stamp of a NIC,
 * always; or this and that, and there may be a filter.
 */
enum burst_kind { BURST_BARE, BURST_STAMPED, BURST_ANY };

/* What is known of all frames of a burst. */
struct burst_facts {
	enum burst_kind kind;
	bool vlan_key;
	const struct rte_mempool *pool; /* of the first one */
	uint64_t asked, flags;          /* of those of a common frame, these are set */
	uint64_t clock;
	int64_t shift;
	struct port_fields fields;
};

/*
 * A single segment that most are like. False: it is one for parse_any(), and nothing was taken
 * from it.
 */
static inline __attribute__((always_inline)) bool parse_common(struct loop *loop,
							       const struct burst_facts *facts,
							       const struct rte_mbuf *mbuf,
							       struct packet *packet)
{
	struct packet_frame frame = {
		.data = rte_pktmbuf_mtod(mbuf, const uint8_t *),
		.captured = rte_pktmbuf_data_len(mbuf),
		.wire = rte_pktmbuf_data_len(mbuf),
	};

	if (facts->kind == BURST_ANY) {
		frame.wire = wire_length(&facts->fields, mbuf);
		frame.vlan_was_stripped = (mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0;
		frame.stripped_vlan = mbuf->vlan_tci;
	}
	if (unlikely(!packet_parse_common(&frame, facts->vlan_key, packet)))
		return false;
	if (facts->kind == BURST_BARE)
		packet->time = packet->clock = facts->clock;
	else if (facts->kind == BURST_STAMPED)
		return take_stamp(&facts->fields, facts->clock, facts->shift, mbuf, packet);
	else if (likely(packet->frame_length <= TALLY_LENGTH_MAX))
		take_times(loop, &facts->fields, mbuf, packet);
	else
		return false;
	return true;
}

/*
 * Give every frame its verdict; those with a flow fill the table's next burst. True: all mbufs are
 * single ones of one pool. Most sources note the same with all of their frames: one that is unlike
 * the first of its burst is not common.
 */
static inline __attribute__((always_inline)) bool
parse_as(struct loop *loop, const struct burst_facts facts, struct rte_mbuf *const *mbufs,
	 uint32_t count, struct flow_burst *burst, struct tally *tally)
{
	const struct filter *filter = facts.kind == BURST_ANY ? loop->worker->filter : NULL;
	const uint64_t matches =
		filter != NULL ? filter_match(filter, mbufs, (uint16_t)count) : UINT64_MAX;
	uint64_t first = UINT64_MAX, last = 0; /* times of common frames */
	struct packet *packet = burst->packets;
	uint16_t *length = tally->length;
	bool single = true;

	for (uint32_t i = 0; i < count; i++) {
		const struct rte_mbuf *mbuf = mbufs[i];

		if (unlikely((mbuf->ol_flags & facts.asked) != facts.flags) ||
		    unlikely(!is_single(mbuf, facts.pool))) {
			single = false;
		} else if ((facts.kind != BURST_ANY || likely((matches >> i & 1) != 0)) &&
			   likely(parse_common(loop, &facts, mbuf, packet))) {
			*length++ = (uint16_t)packet->frame_length;
			if (facts.kind != BURST_BARE) {
				first = RTE_MIN(first, packet->time);
				last = RTE_MAX(last, packet->time);
			}
			packet++;
			continue;
		}
		tally->passed = (uint32_t)(length - tally->length);
		packet += parse_any(loop, mbuf, matches >> i & 1, i, packet, tally);
		length = tally->length + tally->passed;
	}
	tally->passed = (uint32_t)(length - tally->length);
	burst->count = (uint32_t)(packet - burst->packets);
	if (facts.kind == BURST_BARE) /* of the first one at least */
		first = last = facts.clock;
	tally->first = RTE_MIN(tally->first, first);
	tally->last = RTE_MAX(tally->last, last);
	return single;
}

static inline __attribute__((always_inline)) bool
parse_kind(struct loop *loop, enum burst_kind kind, struct rte_mbuf *const *mbufs, uint32_t count,
	   struct flow_burst *burst, struct tally *tally)
{
	const struct burst_facts facts = {
		.kind = kind,
		.vlan_key = loop->worker->vlan_key,
		.pool = mbufs[0]->pool,
		.asked = kind == BURST_ANY ? loop->odd : loop->odd | loop->notes,
		.flags = kind == BURST_STAMPED ? loop->worker->fields.time_flag : 0,
		.clock = loop->clock,
		.shift = loop->shift,
		.fields = loop->worker->fields,
	};

	return parse_as(loop, facts, mbufs, count, burst, tally);
}

/* Each by itself, so that it has all registers. */
static __attribute__((noinline)) bool parse_bare(struct loop *loop, struct rte_mbuf *const *mbufs,
						 uint32_t count, struct flow_burst *burst,
						 struct tally *tally)
{
	return parse_kind(loop, BURST_BARE, mbufs, count, burst, tally);
}

static __attribute__((noinline)) bool parse_stamped(struct loop *loop,
						    struct rte_mbuf *const *mbufs, uint32_t count,
						    struct flow_burst *burst, struct tally *tally)
{
	return parse_kind(loop, BURST_STAMPED, mbufs, count, burst, tally);
}

static __attribute__((noinline)) bool parse_noted(struct loop *loop, struct rte_mbuf *const *mbufs,
						  uint32_t count, struct flow_burst *burst,
						  struct tally *tally)
{
	return parse_kind(loop, BURST_ANY, mbufs, count, burst, tally);
}

/* Replays are for parse_noted(): their frames move the clock. */
static inline bool parse(struct loop *loop, struct rte_mbuf *const *mbufs, uint32_t count,
			 struct flow_burst *burst, struct tally *tally)
{
	const uint64_t flags = mbufs[0]->ol_flags & loop->notes;

	if (loop->worker->filter != NULL || unlikely(loop->may_replay))
		return parse_noted(loop, mbufs, count, burst, tally);
	if (likely(flags == 0))
		return parse_bare(loop, mbufs, count, burst, tally);
	if (flags == loop->worker->fields.time_flag)
		return parse_stamped(loop, mbufs, count, burst, tally);
	return parse_noted(loop, mbufs, count, burst, tally);
}

#endif
