/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_BPF_PARSE_H
#define WEIR_BPF_PARSE_H

/*
 * Bytes of a frame -> key and reason by the rules of docs/truth.md, as lib/packet says them: tests hold the
 * two against each other. The verifier follows packet pointers only from check to access, which
 * lib/packet's offsets into a frame do not have; therefore a parser of its own. In XDP
 * all that was on the wire is in hand, so that a header which its IP packet holds is there.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <weir/packet.h>

#include "prefilter.h"

#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

#define ETHERNET_HEADER  14
#define ETHERTYPE_IPV4   0x0800
#define ETHERTYPE_ARP    0x0806
#define ETHERTYPE_IPV6   0x86dd
#define ETHERTYPE_MPLS   0x8847
#define ETHERTYPE_MPLSUP 0x8848
#define ETHERTYPE_PPPOE  0x8864
#define TAGS_MAX         4
#define LABELS_MAX       16
#define PPPOE_HEADER     8
#define LINK_MAX         (ETHERNET_HEADER + TAGS_MAX * 4 + LABELS_MAX * 4 + PPPOE_HEADER)
#define EXTENSIONS_MAX   8

/* What lies at the pointer as a number of the frame. */
#define be16(pointer) bpf_ntohs(*(const __u16 *)(pointer))
#define be32(pointer) bpf_ntohl(*(const __u32 *)(pointer))
#define be64(pointer) bpf_be64_to_cpu(*(const __u64 *)(pointer))

static __always_inline __u32 parse_non_ip(__u16 ethertype)
{
	if (ethertype <= 1500)
		return PACKET_NON_IP_LLC;
	switch (ethertype) {
	case ETHERTYPE_ARP:
		return PACKET_NON_IP_ARP;
	case 0x8809:
		return PACKET_NON_IP_SLOW;
	case 0x8863:
		return PACKET_NON_IP_PPPOE;
	case 0x888e:
		return PACKET_NON_IP_EAPOL;
	case 0x88cc:
		return PACKET_NON_IP_LLDP;
	case 0x88e5:
		return PACKET_NON_IP_MACSEC;
	case 0x88f7:
		return PACKET_NON_IP_PTP;
	case 0x8902:
		return PACKET_NON_IP_CFM;
	default:
		return PACKET_NON_IP_OTHER;
	}
}

/* The verdict so far, the outermost VLAN id and the offset behind the link's headers as one number. */
static __always_inline __u32 link_result(__u32 reason, __u32 vlan, __u32 offset)
{
	return reason << 24 | vlan << 8 | offset;
}
#define LINK_REASON(result) ((result) >> 24)
#define LINK_VLAN(result)   ((result) >> 8 & 0xfff)
#define LINK_OFFSET(result) ((result)&0xff)
_Static_assert(LINK_MAX < 256 && PACKET_REASONS < 128, "they fit link_result()");

static __always_inline __u32 parse_labels(const __u8 *frame, const __u8 *end, __u32 offset,
					  __u32 vlan)
{
	bool bottom = false;

	for (int labels = 0; labels < LABELS_MAX; labels++) {
		if (frame + offset + 4 > end)
			return link_result(PACKET_TRUNCATED_MPLS, 0, 0);
		bottom = frame[offset + 2] & 1;
		offset += 4;
		if (bottom)
			break;
	}
	if (!bottom)
		return link_result(PACKET_MALFORMED_MPLS, 0, 0);
	if (frame + offset + 1 > end)
		return link_result(PACKET_TRUNCATED_MPLS, 0, 0);
	switch (frame[offset] >> 4) {
	case 4:
		return link_result(PACKET_FLOW_IPV4, vlan, offset);
	case 6:
		return link_result(PACKET_FLOW_IPV6, vlan, offset);
	default:
		return link_result(PACKET_NON_IP_MPLS, 0, 0);
	}
}

static __always_inline __u32 parse_pppoe(const __u8 *frame, const __u8 *end, __u32 offset,
					 __u32 vlan)
{
	if (frame + offset + PPPOE_HEADER > end)
		return link_result(PACKET_TRUNCATED_PPPOE, 0, 0);
	switch (be16(frame + offset + 6)) {
	case 0x0021:
		return link_result(PACKET_FLOW_IPV4, vlan, offset + PPPOE_HEADER);
	case 0x0057:
		return link_result(PACKET_FLOW_IPV6, vlan, offset + PPPOE_HEADER);
	default:
		return link_result(PACKET_NON_IP_PPPOE, 0, 0);
	}
}

static __always_inline bool is_tag(__u16 ethertype)
{
	return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
}

/*
 * Frames with neither IPv4 nor IPv6 right behind Ethernet. Global, so that the verifier looks at it by
 * itself: all that follows would else be walked once for every offset that it can end at.
 */
__attribute__((noinline)) __u32 parse_link(struct xdp_md *context)
{
	const __u8 *frame = (const __u8 *)(long)context->data;
	const __u8 *end = (const __u8 *)(long)context->data_end;
	__u32 offset = ETHERNET_HEADER;
	__u32 vlan = 0;
	__u16 ethertype;

	if (frame + ETHERNET_HEADER > end)
		return link_result(PACKET_TRUNCATED_ETHERNET, 0, 0);
	ethertype = be16(frame + 12);
	for (int tags = 0; tags < TAGS_MAX && is_tag(ethertype); tags++) {
		if (frame + offset + 4 > end)
			return link_result(PACKET_TRUNCATED_TAG, 0, 0);
		if (tags == 0)
			vlan = be16(frame + offset) & 0xfff;
		ethertype = be16(frame + offset + 2);
		offset += 4;
	}
	if (is_tag(ethertype))
		return link_result(PACKET_MALFORMED_TAGS, 0, 0);
	switch (ethertype) {
	case ETHERTYPE_IPV4:
		return link_result(PACKET_FLOW_IPV4, vlan, offset);
	case ETHERTYPE_IPV6:
		return link_result(PACKET_FLOW_IPV6, vlan, offset);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLSUP:
		return parse_labels(frame, end, offset, vlan);
	case ETHERTYPE_PPPOE:
		return parse_pppoe(frame, end, offset, vlan);
	default:
		return link_result(parse_non_ip(ethertype), 0, 0);
	}
}

/* The `left` octets of IP payload at `at`, of a packet that is no later fragment. */
static __always_inline __u32 parse_ports(const __u8 *at, const __u8 *end, __u32 left, __u32 so_far,
					 struct prefilter_key *key)
{
	__u32 shortest, too_short;

	switch (key->protocol) {
	case 6:
		shortest = 20;
		too_short = PACKET_MALFORMED_TCP;
		break;
	case 17:
		shortest = 8;
		too_short = PACKET_MALFORMED_UDP;
		break;
	case 33:
		shortest = 12;
		too_short = PACKET_MALFORMED_DCCP;
		break;
	case 132:
		shortest = 12;
		too_short = PACKET_MALFORMED_SCTP;
		break;
	case 136:
		shortest = 8;
		too_short = PACKET_MALFORMED_UDPLITE;
		break;
	default:
		return so_far;
	}
	if (left < shortest)
		return too_short;
	if (at + 4 > end)
		return PACKET_TRUNCATED_PORTS;
	key->source_port = be16(at);
	key->destination_port = be16(at + 2);
	return so_far;
}

static __always_inline __u32 parse_ipv4(const __u8 *ip, const __u8 *end, struct prefilter_key *key)
{
	__u32 header, octets;

	if (ip + 20 > end)
		return PACKET_TRUNCATED_IPV4;
	if (ip[0] >> 4 != 4)
		return PACKET_MALFORMED_IPV4_VERSION;
	header = (ip[0] & 0x0f) * 4;
	if (header < 20)
		return PACKET_MALFORMED_IPV4_HEADER;
	if (ip + header > end)
		return PACKET_TRUNCATED_IPV4;
	octets = be16(ip + 2);
	if (octets == 0)
		octets = end - ip;
	if (octets < header || octets > end - ip)
		return PACKET_MALFORMED_IPV4_LENGTH;
	key->version = 4;
	key->protocol = ip[9];
	key->source[0] = 0;
	key->source[1] = be32(ip + 12);
	key->destination[0] = 0;
	key->destination[1] = be32(ip + 16);
	if (be16(ip + 6) & 0x1fff)
		return PACKET_FLOW_IPV4;
	return parse_ports(ip + header, end, octets - header, PACKET_FLOW_IPV4, key);
}

static __always_inline bool is_extension(__u8 next)
{
	return next == 0 || next == 43 || next == 44 || next == 51 || next == 60 || next == 135 ||
	       next == 139 || next == 140;
}

static __always_inline __u32 parse_ipv6(const __u8 *ip, const __u8 *end, struct prefilter_key *key)
{
	bool later = false;
	__u32 left, length;
	const __u8 *at;
	__u8 next;

	if (ip + 40 > end)
		return PACKET_TRUNCATED_IPV6;
	if (ip[0] >> 4 != 6)
		return PACKET_MALFORMED_IPV6_VERSION;
	left = be16(ip + 4);
	at = ip + 40;
	if (left == 0)
		left = end - at;
	if (left > end - at)
		return PACKET_MALFORMED_IPV6_LENGTH;
	key->version = 6;
	key->source[0] = be64(ip + 8);
	key->source[1] = be64(ip + 16);
	key->destination[0] = be64(ip + 24);
	key->destination[1] = be64(ip + 32);
	next = ip[6];
	for (int count = 0; count < EXTENSIONS_MAX && !later && is_extension(next); count++) {
		if (left < 8)
			return PACKET_MALFORMED_IPV6_EXTENSION;
		if (at + 8 > end)
			return PACKET_TRUNCATED_IPV6_EXTENSION;
		length = next == 44 ? 8 : next == 51 ? (at[1] + 2) * 4 : (at[1] + 1) * 8;
		if (left < length)
			return PACKET_MALFORMED_IPV6_EXTENSION;
		later = next == 44 && be16(at + 2) & 0xfff8;
		next = at[0];
		at += length;
		left -= length;
	}
	key->protocol = next;
	if (later)
		return PACKET_FLOW_IPV6;
	if (is_extension(next))
		return PACKET_MALFORMED_IPV6_EXTENSIONS;
	return parse_ports(at, end, left, PACKET_FLOW_IPV6, key);
}

/* Fill in `key`; its reason is also the result. */
static __always_inline __u32 parse(struct xdp_md *context, struct prefilter_key *key)
{
	const __u8 *frame = (const __u8 *)(long)context->data;
	const __u8 *end = (const __u8 *)(long)context->data_end;
	__u32 reason, offset = ETHERNET_HEADER;
	__u16 ethertype;

	if (frame + ETHERNET_HEADER > end)
		return key->reason = PACKET_TRUNCATED_ETHERNET;
	ethertype = be16(frame + 12);
	key->vlan = 0;
	if (likely(ethertype == ETHERTYPE_IPV4)) {
		reason = PACKET_FLOW_IPV4;
	} else if (ethertype == ETHERTYPE_IPV6) {
		reason = PACKET_FLOW_IPV6;
	} else {
		__u32 link = parse_link(context);

		reason = LINK_REASON(link);
		key->vlan = LINK_VLAN(link);
		offset = LINK_OFFSET(link);
	}
	key->source_port = PREFILTER_PORT_NONE;
	key->destination_port = PREFILTER_PORT_NONE;
	if (reason == PACKET_FLOW_IPV4)
		reason = parse_ipv4(frame + offset, end, key);
	else if (reason == PACKET_FLOW_IPV6)
		reason = parse_ipv6(frame + offset, end, key);
	return key->reason = reason;
}

#endif
