/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_FIELDS_H
#define WEIR_FLOW_FIELDS_H

/* clang-format off */
/*
 * The fields of a flow record (struct flow_view): the one place that lists them. Every form of a
 * record is made from this list by a macro of its own, so that names, conditions and lengths are
 * constants where they are used: a line of JSON costs a third of what it does through pointers.
 *
 *	FIELD(name, pen, element, type, member, side, when, join, meaning)
 *
 *	name	 of the information element (RFC 7012, IANA), and in every output
 *	pen	 who defines it: IANA; REVERSE, the same element in the other direction (RFC 5103
 *		 section 6.1); WEIR, also where IANA has the name: its element is of one
 *		 direction, and this is of both
 *	element	 its number there
 *	type	 its abstract data type (RFC 7012 section 3.1)
 *	member	 of struct flow_view
 *	side	 FORWARD, REVERSED: the member is a pair, and this is [0], [1]; else WHOLE
 *	when	 the field is there: FLOW_WHEN_*()
 *	join	 how two pieces of a flow that was split over workers make one: LEAST, GREATEST, SUM,
 *		 UNION (of bits), FIRST (the earlier piece's), FIRST_SEEN (of the earliest piece
 *		 with packets that way), END (lib/stats/split_record.c); SAME: part of the key
 *	meaning	 for docs/fields.md
 *
 * In the order of the lines of --flows. A member that stands under two names joins in a way that
 * may be done twice (not SUM).
 */
#define FLOW_FIELDS(FIELD) \
	FIELD(flowStartMilliseconds,            IANA,    152, dateTimeMilliseconds, first, WHOLE, ALWAYS, LEAST, "time of the first packet") \
	FIELD(flowEndMilliseconds,              IANA,    153, dateTimeMilliseconds, last, WHOLE, ALWAYS, GREATEST, "time of the last packet") \
	FIELD(vlanId,                           IANA,     58, unsigned16, vlan, WHOLE, ALWAYS, SAME, "VLAN of the outermost tag; 0 without, and with --no-vlan-key") \
	FIELD(protocolIdentifier,               IANA,      4, unsigned8, protocol, WHOLE, ALWAYS, SAME, "IP protocol") \
	FIELD(sourceIPv4Address,                IANA,      8, ipv4Address, source, WHOLE, IPV4, SAME, "sender of the first packet") \
	FIELD(sourceIPv6Address,                IANA,     27, ipv6Address, source, WHOLE, IPV6, SAME, "sender of the first packet") \
	FIELD(destinationIPv4Address,           IANA,     12, ipv4Address, destination, WHOLE, IPV4, SAME, "receiver of the first packet") \
	FIELD(destinationIPv6Address,           IANA,     28, ipv6Address, destination, WHOLE, IPV6, SAME, "receiver of the first packet") \
	FIELD(sourceTransportPort,              IANA,      7, unsigned16, source_port, WHOLE, ALWAYS, SAME, "its port; 0 where there is none") \
	FIELD(destinationTransportPort,         IANA,     11, unsigned16, destination_port, WHOLE, ALWAYS, SAME, "its port; 0 where there is none") \
	FIELD(packetDeltaCount,                 IANA,      2, unsigned64, packets, FORWARD, ALWAYS, SUM, "packets in the direction of the first") \
	FIELD(octetDeltaCount,                  IANA,      1, unsigned64, octets, FORWARD, ALWAYS, SUM, "octets of their IP packets, headers included") \
	FIELD(reversePacketDeltaCount,          REVERSE,   2, unsigned64, packets, REVERSED, ALWAYS, SUM, "packets in the other direction") \
	FIELD(reverseOctetDeltaCount,           REVERSE,   1, unsigned64, octets, REVERSED, ALWAYS, SUM, "octets of their IP packets, headers included") \
	FIELD(tcpControlBits,                   IANA,      6, unsigned16, tcp_flags, FORWARD, TCP, UNION, "all flags seen in the direction of the first packet") \
	FIELD(reverseTcpControlBits,            REVERSE,   6, unsigned16, tcp_flags, REVERSED, TCP, UNION, "all flags seen in the other direction") \
	FIELD(icmpTypeCodeIPv4,                 IANA,     32, unsigned16, icmp, FORWARD, ICMP, FIRST_SEEN, "type * 256 + code of the first packet") \
	FIELD(reverseIcmpTypeCodeIPv4,          REVERSE,  32, unsigned16, icmp, REVERSED, ICMP, FIRST_SEEN, "type * 256 + code of the first packet in the other direction") \
	FIELD(icmpTypeCodeIPv6,                 IANA,    139, unsigned16, icmp, FORWARD, ICMPV6, FIRST_SEEN, "type * 256 + code of the first packet") \
	FIELD(reverseIcmpTypeCodeIPv6,          REVERSE, 139, unsigned16, icmp, REVERSED, ICMPV6, FIRST_SEEN, "type * 256 + code of the first packet in the other direction") \
	FIELD(flowEndReason,                    IANA,    136, unsigned8, end, WHOLE, ENDED, END, "1 inactive timeout, 2 active timeout, 3 TCP has closed it, 4 weir stopped, 5 the table or a counter was full") \
	FIELD(flowContinues,                    WEIR,      6, unsigned8, continues, WHOLE, ALWAYS, UNION, "1: the flow has had a record before, which its active timeout or a full counter ended; 0: this is its first") \
	FIELD(ipClassOfService,                 IANA,      5, unsigned8, tos, FORWARD, ALWAYS, FIRST_SEEN, "TOS or traffic class of the first packet") \
	FIELD(reverseIpClassOfService,          REVERSE,   5, unsigned8, tos, REVERSED, ALWAYS, FIRST_SEEN, "TOS or traffic class of the first packet in the other direction") \
	FIELD(minimumTTL,                       WEIR,      2, unsigned8, ttl_min, WHOLE, ALWAYS, LEAST, "smallest TTL or hop limit, both directions") \
	FIELD(maximumTTL,                       WEIR,      3, unsigned8, ttl_max, WHOLE, ALWAYS, GREATEST, "largest TTL or hop limit, both directions") \
	FIELD(sourceMacAddress,                 IANA,     56, macAddress, mac_source, WHOLE, ALWAYS, FIRST, "of the first frame") \
	FIELD(destinationMacAddress,            IANA,     80, macAddress, mac_destination, WHOLE, ALWAYS, FIRST, "of the first frame") \
	FIELD(minimumLayer2TotalLength,         WEIR,      4, unsigned16, frame_min, WHOLE, ALWAYS, LEAST, "octets of the smallest frame, without FCS; both directions") \
	FIELD(maximumLayer2TotalLength,         WEIR,      5, unsigned16, frame_max, WHOLE, ALWAYS, GREATEST, "octets of the largest frame; 65535: that or more") \
	FIELD(biflowLayer2OctetDeltaCount,      WEIR,      1, unsigned64, frame_octets, WHOLE, ALWAYS, SUM, "octets of all frames without FCS, both directions")
/* clang-format on */

/* Private enterprise numbers. Until weir has one of its own: the one for examples (RFC 5612). */
#define FLOW_PEN_IANA    0
#define FLOW_PEN_REVERSE 29305
#define FLOW_PEN_WEIR    32473

#define FLOW_WHEN_ALWAYS(view) true
#define FLOW_WHEN_IPV4(view)   ((view)->version == 4)
#define FLOW_WHEN_IPV6(view)   ((view)->version == 6)
#define FLOW_WHEN_TCP(view)    ((view)->protocol == 6)
#define FLOW_WHEN_ICMP(view)   ((view)->protocol == 1)
#define FLOW_WHEN_ICMPV6(view) ((view)->protocol == 58)
#define FLOW_WHEN_ENDED(view)  ((view)->end != FLOW_LIVE)

/* The member of a view that a field shows. */
#define FLOW_FIELD(view, member, side) FLOW_SIDE_##side((view)->member)
#define FLOW_SIDE_WHOLE(member)        (member)
#define FLOW_SIDE_FORWARD(member)      (member)[0]
#define FLOW_SIDE_REVERSED(member)     (member)[1]

#endif
