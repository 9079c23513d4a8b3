/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_BPF_PARSE_H
#define WEIR_BPF_PARSE_H

/*
 * Bytes of a frame -> key and reason by the rules of docs/truth.md, as lib/packet says them: tests
 * hold the two against each other. The verifier follows packet pointers only from check to access,
 * which lib/packet's offsets into a frame do not have; therefore a parser of its own. In XDP all
 * that was on the wire is in hand, so that a header which its IP packet holds is there.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <weir/packet_types.h>

#include "contract.h"

#ifndef likely /* libbpf 1.6 has them */
#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#endif

#define LINK_MAX                                                                                   \
	(ETHERNET_HEADER + PACKET_TAGS_MAX * VLAN_TAG + PACKET_LABELS_MAX * MPLS_LABEL +           \
	 PPPOE_HEADER)

/* What lies at the pointer as a number of the frame. */
#define be16(pointer) bpf_ntohs(*(const __u16 *)(pointer))
#define be32(pointer) bpf_ntohl(*(const __u32 *)(pointer))
#define be64(pointer) bpf_be64_to_cpu(*(const __u64 *)(pointer))

/*
 * The verdict so far, the outermost VLAN id and the offset behind the link's headers as one number.
 */
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

#pragma unroll
	for (int labels = 0; labels < PACKET_LABELS_MAX; labels++) {
		if (frame + offset + MPLS_LABEL > end)
			return link_result(PACKET_TRUNCATED_MPLS, 0, 0);
		bottom = frame[offset + 2] & 1;
		offset += MPLS_LABEL;
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
	switch (be16(frame + offset + PPPOE_PROTOCOL_AT)) {
	case PPP_IPV4:
		return link_result(PACKET_FLOW_IPV4, vlan, offset + PPPOE_HEADER);
	case PPP_IPV6:
		return link_result(PACKET_FLOW_IPV6, vlan, offset + PPPOE_HEADER);
	default:
		return link_result(PACKET_NON_IP_PPPOE, 0, 0);
	}
}

/*
 * Frames with neither IPv4 nor IPv6 right behind Ethernet. Global, so that the verifier looks at it
 * by itself: all that follows would else be walked once for every offset that it can end at.
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
	ethertype = be16(frame + ETHERNET_TYPE_AT);
#pragma unroll
	for (int tags = 0; tags < PACKET_TAGS_MAX; tags++) {
		if (!packet_is_tag(ethertype))
			break;
		if (frame + offset + VLAN_TAG > end)
			return link_result(PACKET_TRUNCATED_TAG, 0, 0);
		if (tags == 0)
			vlan = be16(frame + offset) & VLAN_ID;
		ethertype = be16(frame + offset + 2);
		offset += VLAN_TAG;
	}
	if (packet_is_tag(ethertype))
		return link_result(PACKET_MALFORMED_TAGS, 0, 0);
	switch (ethertype) {
	case ETHERTYPE_IPV4:
		return link_result(PACKET_FLOW_IPV4, vlan, offset);
	case ETHERTYPE_IPV6:
		return link_result(PACKET_FLOW_IPV6, vlan, offset);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_UP:
		return parse_labels(frame, end, offset, vlan);
	case ETHERTYPE_PPPOE:
		return parse_pppoe(frame, end, offset, vlan);
	default:
		return link_result(packet_non_ip(ethertype), 0, 0);
	}
}

/* The shortest header of each protocol that has ports; 0: it has none. */
static const __u8 transport_header[256] = PACKET_SHORTEST_HEADERS;

/*
 * The `left` octets of IP payload at `at`, of a packet that is no later fragment. With `more` to
 * follow it is a first one, which needs to have no more than the ports.
 */
static __always_inline __u32 parse_ports(const __u8 *at, const __u8 *end, __u32 left, __u32 more,
					 __u32 so_far, struct prefilter_key *key)
{
	const __u32 shortest = transport_header[key->protocol];

	if (!shortest)
		return so_far;
	if (unlikely(left < shortest) && (!more || left < PROTOCOL_PORTS))
		return packet_too_short(key->protocol);
	if (at + PROTOCOL_PORTS > end)
		return PACKET_TRUNCATED_PORTS;
	key->source_port = be16(at);
	key->destination_port = be16(at + 2);
	return so_far;
}

static __always_inline __u32 parse_ipv4(const __u8 *ip, const __u8 *end, struct prefilter_key *key)
{
	__u32 header, octets;

	if (ip + IPV4_HEADER > end)
		return PACKET_TRUNCATED_IPV4;
	if (ip[0] >> 4 != 4)
		return PACKET_MALFORMED_IPV4_VERSION;
	header = (ip[0] & 0x0f) * 4;
	if (header < IPV4_HEADER)
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
	if (be16(ip + 6) & IPV4_FRAGMENT_OFFSET)
		return PACKET_FLOW_IPV4;
	return parse_ports(ip + header, end, octets - header, be16(ip + 6) & IPV4_FRAGMENT_MORE,
			   PACKET_FLOW_IPV4, key);
}

/*
 * What is known of a header's type is worked out without branches: the verifier would follow each
 * way through all headers behind it.
 */
static __always_inline __u32 equals(__u32 a, __u32 b)
{
	__u32 difference = a ^ b;

	barrier_var(difference);
	return (difference - 1) >> 31;
}

/* A bit for each of the 64 numbers from `first` on. */
#define IN(protocol, first)                                                                        \
	| (PROTOCOL_##protocol / 64 == (first) / 64 ? 1ULL << (PROTOCOL_##protocol & 63) : 0)
#define IN_LOW(protocol)  IN(protocol, 0)
#define IN_HIGH(protocol) IN(protocol, 128)
#define IN_EITHER(protocol)                                                                        \
	_Static_assert(PROTOCOL_##protocol / 64 == 0 || PROTOCOL_##protocol / 64 == 2, "in one");
IPV6_EXTENSION_LIST(IN_EITHER)

static __always_inline bool is_extension(__u8 next)
{
	const __u64 low = 0 IPV6_EXTENSION_LIST(IN_LOW);
	const __u64 high = 0 IPV6_EXTENSION_LIST(IN_HIGH);
	const __u64 set =
		(low & -(__u64)equals(next >> 6, 0)) | (high & -(__u64)equals(next >> 6, 2));

	return set >> (next & 63) & 1;
}

/* What follows the IPv6 header, or an extension header. */
struct walk {
	const __u8 *at;
	__u32 left;  /* octets of the packet from `at` on */
	__u8 next;   /* what lies at `at` */
	__u32 later; /* not 0: a fragment without the beginning, no headers follow */
	__u32 more;  /* not 0: a fragment with more to follow */
};

static __always_inline __u32 enter_extension(struct walk *walk, const __u8 *end)
{
	const __u32 fragment = equals(walk->next, PROTOCOL_FRAGMENT);
	const __u32 ah = equals(walk->next, PROTOCOL_AH);
	const __u8 *at = walk->at;
	__u32 length;

	if (walk->left < IPV6_EXTENSION_SHORTEST)
		return PACKET_MALFORMED_IPV6_EXTENSION;
	if (at + IPV6_EXTENSION_SHORTEST > end)
		return PACKET_TRUNCATED_IPV6_EXTENSION;
	/* 8; (field + 2) * 4; (field + 1) * 8 */
	length = ((at[1] & (fragment - 1)) + 1 + ah) << (3 - ah);
	barrier_var(length);
	length &=
		0xfff; /* which it is below; the verifier does not see it from a shift like this */
	if (walk->left < length)
		return PACKET_MALFORMED_IPV6_EXTENSION;
	walk->later = be16(at + 2) & IPV6_FRAGMENT_OFFSET & -fragment;
	walk->more |= be16(at + 2) & IPV6_FRAGMENT_MORE & -fragment;
	walk->next = at[0];
	walk->at += length;
	walk->left -= length;
	return PACKET_FLOW_IPV6;
}

/* No loop: see DESCEND4() in search.h. */
#define WALK(walk, end)                                                                            \
	if ((walk).later || !is_extension((walk).next))                                            \
		goto walked;                                                                       \
	reason = enter_extension(&(walk), end);                                                    \
	if (reason != PACKET_FLOW_IPV6)                                                            \
		return reason;

static __always_inline __u32 parse_ipv6(const __u8 *ip, const __u8 *end, struct prefilter_key *key)
{
	struct walk walk = {};
	__u32 reason;

	if (ip + IPV6_HEADER > end)
		return PACKET_TRUNCATED_IPV6;
	if (ip[0] >> 4 != 6)
		return PACKET_MALFORMED_IPV6_VERSION;
	walk.left = be16(ip + 4);
	walk.at = ip + IPV6_HEADER;
	if (walk.left == 0)
		walk.left = end - walk.at;
	if (walk.left > end - walk.at)
		return PACKET_MALFORMED_IPV6_LENGTH;
	key->version = 6;
	key->source[0] = be64(ip + 8);
	key->source[1] = be64(ip + 16);
	key->destination[0] = be64(ip + 24);
	key->destination[1] = be64(ip + 32);
	walk.next = ip[6];
	_Static_assert(PACKET_EXTENSIONS_MAX == 8, "so many steps");
	WALK(walk, end);
	WALK(walk, end);
	WALK(walk, end);
	WALK(walk, end);
	WALK(walk, end);
	WALK(walk, end);
	WALK(walk, end);
	WALK(walk, end);
	if (!walk.later && is_extension(walk.next))
		return PACKET_MALFORMED_IPV6_EXTENSIONS;
walked:
	key->protocol = walk.next;
	if (walk.later)
		return PACKET_FLOW_IPV6;
	return parse_ports(walk.at, end, walk.left, walk.more, PACKET_FLOW_IPV6, key);
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
	ethertype = be16(frame + ETHERNET_TYPE_AT);
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
