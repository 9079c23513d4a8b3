/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PACKET_H
#define WEIR_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/protocols.h>

/*
 * Bytes of a frame -> flow key, metadata and verdict. The only header parser of
 * weir: freestanding, allocates nothing, reads no byte beyond `captured`, and its
 * work is bounded.
 */

#define PACKET_TAGS_MAX       4
#define PACKET_LABELS_MAX     16
#define PACKET_EXTENSIONS_MAX 8 /* IPv6 extension headers */

/* Where a frame is accounted. Every received frame is in exactly one bucket. */
enum packet_bucket {
	PACKET_BUCKET_FLOW,
	PACKET_BUCKET_NON_IP,
	PACKET_BUCKET_TRUNCATED,
	PACKET_BUCKET_MALFORMED,
	/* not by the parser: */
	PACKET_BUCKET_FILTERED,
	PACKET_BUCKET_OVERFLOW,
	PACKET_BUCKET_SAMPLED,
	PACKET_BUCKETS
};

/*
 * The named reasons, each of one bucket: X(reason, bucket, name). The names are what
 * users read in the ledger. The parser gives all but FILTERED_* (the filter's), OVERFLOW_* (the
 * flow table's) and SAMPLED_* (the worker's).
 */
#define PACKET_REASON_LIST(X)                                                                      \
	X(FLOW_IPV4, FLOW, "flow_ipv4")                                                            \
	X(FLOW_IPV6, FLOW, "flow_ipv6")                                                            \
	X(NON_IP_ARP, NON_IP, "non_ip_arp")                                                        \
	X(NON_IP_LLDP, NON_IP, "non_ip_lldp")                                                      \
	X(NON_IP_LLC, NON_IP, "non_ip_llc")             /* 802.3 length: STP, IS-IS, SNAP ... */   \
	X(NON_IP_SLOW, NON_IP, "non_ip_slow_protocols") /* LACP, OAM */                            \
	X(NON_IP_EAPOL, NON_IP, "non_ip_eapol")                                                    \
	X(NON_IP_MACSEC, NON_IP, "non_ip_macsec")                                                  \
	X(NON_IP_PTP, NON_IP, "non_ip_ptp")                                                        \
	X(NON_IP_CFM, NON_IP, "non_ip_cfm")                                                        \
	X(NON_IP_PPPOE, NON_IP, "non_ip_pppoe") /* discovery, and PPP that is not IP */            \
	X(NON_IP_MPLS, NON_IP, "non_ip_mpls")   /* not IP below the label stack */                 \
	X(NON_IP_OTHER, NON_IP, "non_ip_other")                                                    \
	X(TRUNCATED_ETHERNET, TRUNCATED, "truncated_ethernet")                                     \
	X(TRUNCATED_TAG, TRUNCATED, "truncated_vlan_tag")                                          \
	X(TRUNCATED_MPLS, TRUNCATED, "truncated_mpls")                                             \
	X(TRUNCATED_PPPOE, TRUNCATED, "truncated_pppoe")                                           \
	X(TRUNCATED_IPV4, TRUNCATED, "truncated_ipv4")                                             \
	X(TRUNCATED_IPV6, TRUNCATED, "truncated_ipv6")                                             \
	X(TRUNCATED_IPV6_EXTENSION, TRUNCATED, "truncated_ipv6_extension")                         \
	X(TRUNCATED_PORTS, TRUNCATED, "truncated_ports")                                           \
	X(MALFORMED_TAGS, MALFORMED, "malformed_vlan_tags")   /* a fifth tag */                    \
	X(MALFORMED_MPLS, MALFORMED, "malformed_mpls_labels") /* a seventeenth label */            \
	X(MALFORMED_IPV4_VERSION, MALFORMED, "malformed_ipv4_version")                             \
	X(MALFORMED_IPV4_HEADER, MALFORMED, "malformed_ipv4_header_length")                        \
	X(MALFORMED_IPV4_LENGTH, MALFORMED, "malformed_ipv4_length")                               \
	X(MALFORMED_IPV6_VERSION, MALFORMED, "malformed_ipv6_version")                             \
	X(MALFORMED_IPV6_LENGTH, MALFORMED, "malformed_ipv6_length")                               \
	X(MALFORMED_IPV6_EXTENSIONS, MALFORMED, "malformed_ipv6_extension_count") /* a ninth */    \
	X(MALFORMED_IPV6_EXTENSION, MALFORMED, "malformed_ipv6_extension_length")                  \
	X(MALFORMED_TCP, MALFORMED, "malformed_tcp_length")                                        \
	X(MALFORMED_UDP, MALFORMED, "malformed_udp_length")                                        \
	X(MALFORMED_SCTP, MALFORMED, "malformed_sctp_length")                                      \
	X(MALFORMED_DCCP, MALFORMED, "malformed_dccp_length")                                      \
	X(MALFORMED_UDPLITE, MALFORMED, "malformed_udplite_length")                                \
	X(FILTERED_EXPRESSION, FILTERED, "filtered_expression")                                    \
	X(OVERFLOW_TABLE, OVERFLOW,                                                                \
	  "overflow_table_full") /* no record free, none could be ended */                         \
	X(OVERFLOW_BUCKET, OVERFLOW, "overflow_probe_limit") /* no index entry within the bound */ \
	X(SAMPLED_OUT, SAMPLED, "sampled_not_drawn")

#define PACKET_REASON_ENUM(reason, bucket, name) PACKET_##reason,
enum packet_reason { PACKET_REASON_LIST(PACKET_REASON_ENUM) PACKET_REASONS };

/* Frames without IP that their type tells: X(ethertype, reason). All others are NON_IP_OTHER. */
#define PACKET_NON_IP_LIST(X)                                                                      \
	X(0x0806, NON_IP_ARP)                                                                      \
	X(0x8809, NON_IP_SLOW)                                                                     \
	X(0x8863, NON_IP_PPPOE)                                                                    \
	X(0x888e, NON_IP_EAPOL)                                                                    \
	X(0x88cc, NON_IP_LLDP)                                                                     \
	X(0x88e5, NON_IP_MACSEC)                                                                   \
	X(0x88f7, NON_IP_PTP)                                                                      \
	X(0x8902, NON_IP_CFM)

/*
 * The first frame and the later ones of a fragmented packet; no fragment at all. A tiny first one
 * holds the ports, and less than the shortest header of its protocol.
 */
enum packet_fragment {
	PACKET_WHOLE,
	PACKET_FRAGMENT_FIRST,
	PACKET_FRAGMENT_TINY,
	PACKET_FRAGMENT_LATER
};

/*
 * Flow key, the part that fits the hot record: 16 bytes, compared as two words.
 * Both directions of a conversation have the same key: endpoint 0 is the lower of the
 * two (address, port) pairs in some fixed order, endpoint 1 the other. Addresses and
 * ports are as on the wire (network order). An IPv4 address is whole in `address`; of
 * an IPv6 address `address` holds the last 4 bytes and `prefix` (beside the key) the
 * first 12.
 */
struct packet_key {
	uint32_t address[2];
	uint16_t port[2];
	uint16_t vlan; /* VLAN id (host order, 0..4095) | PACKET_KEY_IPV6 */
	uint8_t protocol;
	uint8_t zero; /* 0 here; the flow record keeps its state in this byte */
};
#define PACKET_KEY_IPV6 0x8000
_Static_assert(sizeof(struct packet_key) == 16, "two words");

/*
 * What the parser says of one frame. With a reason of the bucket FLOW everything up to
 * `l4_offset` is set (`prefix` only for IPv6); with any other reason only `reason` and
 * `frame_length` are. `time`, `clock` and `hash` are for the caller. Where the order matters:
 * packet_copy16().
 */
struct packet {
	struct packet_key key;
	uint8_t prefix[2][12]; /* IPv6: first 12 bytes of each endpoint's address */
	uint32_t fragment_id;  /* IPv4 identification or IPv6 fragment id, as on the wire */
	uint32_t octets;       /* of the IP packet: header and payload (IPFIX octetDeltaCount) */
	uint8_t mac[12];       /* destination, source: as in the frame */
	uint32_t frame_length; /* wire length without FCS, stripped tag included */
	uint16_t icmp;         /* type << 8 | code of ICMP and ICMPv6 (0 where not captured) */
	uint8_t fragment;      /* enum packet_fragment */
	uint8_t reason;        /* enum packet_reason */
	uint8_t direction;     /* 0: sent by endpoint 0, 1: sent by endpoint 1 */
	uint8_t tcp_flags;     /* CWR..FIN; 0 where not captured or not TCP */
	uint8_t ttl;           /* TTL or hop limit */
	uint8_t tos;           /* DSCP and ECN: TOS or traffic class byte */
	uint16_t l4_offset;    /* from the frame's start to the IP payload; packet_parse() only */
	uint64_t time;         /* when the packet passed: ns since 1970 */
	uint64_t clock;        /* never goes back, >= every earlier `time`: what timeouts run by */
	uint64_t hash;         /* of key (and prefix): set by lib/flow */
};

/* A frame's bytes as they lie in memory, and what the wire or the NIC knew beside them. */
struct packet_frame {
	const uint8_t *data;
	uint32_t captured;      /* bytes that may be read at `data` */
	uint32_t wire;          /* the frame's own length without FCS, >= captured */
	uint16_t stripped_vlan; /* TCI of a tag that the NIC took out, if `vlan_was_stripped` */
	bool vlan_was_stripped;
};

/*
 * Parse one frame by the rules of docs/truth.md into `packet` and return its reason
 * (also left in packet->reason). `vlan_key` false leaves the VLAN id out of the key
 * (it is 0 then). A stripped tag counts as the outermost of the four allowed ones, and
 * 4 is added to frame_length for it. Cannot fail: every input has a reason.
 * Any thread.
 */
enum packet_reason packet_parse(const struct packet_frame *frame, bool vlan_key,
				struct packet *packet);

/* Bucket and name of a reason; both are constant tables. */
enum packet_bucket packet_reason_bucket(enum packet_reason reason);
const char *packet_reason_name(enum packet_reason reason);
const char *packet_bucket_name(enum packet_bucket bucket);

/* How deep the headers that packet_parse() may read can reach into a frame. */
#define PACKET_HEADERS_MAX                                                                         \
	(ETHERNET_HEADER + PACKET_TAGS_MAX * VLAN_TAG + PACKET_LABELS_MAX * MPLS_LABEL +           \
	 PPPOE_HEADER + IPV6_HEADER + PACKET_EXTENSIONS_MAX * 2048 + 20)

#endif
