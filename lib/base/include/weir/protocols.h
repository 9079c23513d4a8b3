/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PROTOCOLS_H
#define WEIR_PROTOCOLS_H

/*
 * Numbers and names of the protocols on the wire, once for all who read or print them: the parser
 * (lib/packet), the program in the kernel (bpf/), its rules, statistics and texts. Needs nothing,
 * not even libc.
 */

/* ---- Ethernet and what may follow it before IP ---- */

#define ETHERNET_HEADER  14
#define ETHERNET_TYPE_AT 12

#define ETHERTYPE_LENGTH_MAX 1500 /* up to here an 802.3 length; types begin at 1536 */
#define ETHERTYPE_IPV4       0x0800
#define ETHERTYPE_IPV6       0x86dd
#define ETHERTYPE_MPLS       0x8847
#define ETHERTYPE_MPLS_UP    0x8848 /* upstream-assigned labels; once multicast */
#define ETHERTYPE_PPPOE      0x8864 /* session stage */

/* X(ethertype) of tags: IEEE 802.1Q, 802.1ad, and what was there before the latter. */
#define VLAN_TAG_LIST(X) X(0x8100) X(0x88a8) X(0x9100)
#define VLAN_TAG         4
#define VLAN_ID          0x0fff /* of a 16-bit tag control information */

#define MPLS_LABEL 4

#define PPPOE_HEADER      8 /* with the protocol of PPP */
#define PPPOE_PROTOCOL_AT 6
#define PPP_IPV4          0x0021
#define PPP_IPV6          0x0057

/* ---- IP ---- */

#define IPV4_HEADER          20
#define IPV4_FRAGMENT_OFFSET 0x1fff /* of 16 bits */
#define IPV4_FRAGMENT_MORE   0x2000
#define IPV6_HEADER          40
#define IPV6_FRAGMENT_OFFSET 0xfff8 /* of 16 bits */
#define IPV6_FRAGMENT_MORE   0x0001

/* IANA protocol numbers: X(protocol, number, name). */
#define PROTOCOL_LIST(X)                                                                           \
	X(HOPOPT, 0, "hopopt")                                                                     \
	X(ICMP, 1, "icmp")                                                                         \
	X(IGMP, 2, "igmp")                                                                         \
	X(IPIP, 4, "ipip")                                                                         \
	X(TCP, 6, "tcp")                                                                           \
	X(UDP, 17, "udp")                                                                          \
	X(DCCP, 33, "dccp")                                                                        \
	X(IPV6, 41, "ipv6")                                                                        \
	X(ROUTING, 43, "ipv6-route")                                                               \
	X(FRAGMENT, 44, "ipv6-frag")                                                               \
	X(RSVP, 46, "rsvp")                                                                        \
	X(GRE, 47, "gre")                                                                          \
	X(ESP, 50, "esp")                                                                          \
	X(AH, 51, "ah")                                                                            \
	X(ICMPV6, 58, "icmp6")                                                                     \
	X(NO_NEXT, 59, "ipv6-nonxt")                                                               \
	X(DESTINATION, 60, "ipv6-opts")                                                            \
	X(EIGRP, 88, "eigrp")                                                                      \
	X(OSPF, 89, "ospf")                                                                        \
	X(IPIP_OLD, 94, "ipip-old")                                                                \
	X(ETHERIP, 97, "etherip")                                                                  \
	X(PIM, 103, "pim")                                                                         \
	X(IPCOMP, 108, "ipcomp")                                                                   \
	X(VRRP, 112, "vrrp")                                                                       \
	X(L2TP, 115, "l2tp")                                                                       \
	X(ISIS, 124, "isis")                                                                       \
	X(SCTP, 132, "sctp")                                                                       \
	X(MOBILITY, 135, "mobility")                                                               \
	X(UDPLITE, 136, "udplite")                                                                 \
	X(MPLS, 137, "mpls")                                                                       \
	X(HIP, 139, "hip")                                                                         \
	X(SHIM6, 140, 0)

#define PROTOCOL_ENUM(protocol, number, name) PROTOCOL_##protocol = (number),
enum { PROTOCOL_LIST(PROTOCOL_ENUM) };

/* Those that begin with two ports: X(protocol, octets of the shortest header). */
#define PROTOCOL_PORTS_LIST(X)                                                                     \
	X(TCP, 20)                                                                                 \
	X(UDP, 8)                                                                                  \
	X(SCTP, 12)                                                                                \
	X(DCCP, 12)                                                                                \
	X(UDPLITE, 8)
#define PROTOCOL_PORTS 4 /* octets of both */

#define TCP_FLAGS_AT 13 /* octet of the header with: */
#define TCP_FIN      0x01
#define TCP_SYN      0x02
#define TCP_RST      0x04
#define TCP_ACK      0x10

/* IPv6 extension headers, behind which another one follows: X(protocol). */
#define IPV6_EXTENSION_LIST(X)                                                                     \
	X(HOPOPT)                                                                                  \
	X(ROUTING)                                                                                 \
	X(FRAGMENT)                                                                                \
	X(AH)                                                                                      \
	X(DESTINATION)                                                                             \
	X(MOBILITY)                                                                                \
	X(HIP)                                                                                     \
	X(SHIM6)
#define IPV6_EXTENSION_SHORTEST 8

#endif
