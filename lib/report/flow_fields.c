/* SPDX-License-Identifier: BSD-3-Clause */
#include "flow_fields.h"

#include <netinet/in.h>

#include <weir/clock.h>
#include <weir/format.h>

static void number(const struct flow_field_visitor *visitor, const char *name, uint64_t value)
{
	visitor->number(visitor->context, name, value);
}

static void address(const struct flow_field_visitor *visitor, const char *name, int version,
		    const uint8_t *bytes)
{
	char text[INET6_ADDRSTRLEN];

	visitor->text(visitor->context, name, format_address(text, sizeof(text), version, bytes));
}

static void mac(const struct flow_field_visitor *visitor, const char *name, const uint8_t *bytes)
{
	static const char digits[] = "0123456789abcdef";
	char text[18];

	for (int i = 0; i < 6; i++) {
		text[3 * i] = digits[bytes[i] >> 4];
		text[3 * i + 1] = digits[bytes[i] & 15];
		text[3 * i + 2] = i < 5 ? ':' : '\0';
	}
	visitor->text(visitor->context, name, text);
}

static void key_fields(const struct flow_view *view, const struct flow_field_visitor *visitor)
{
	bool ipv6 = view->version == 6;

	number(visitor, "vlanId", view->vlan);
	number(visitor, "protocolIdentifier", view->protocol);
	address(visitor, ipv6 ? "sourceIPv6Address" : "sourceIPv4Address", view->version,
		view->source);
	address(visitor, ipv6 ? "destinationIPv6Address" : "destinationIPv4Address", view->version,
		view->destination);
	number(visitor, "sourceTransportPort", view->source_port);
	number(visitor, "destinationTransportPort", view->destination_port);
}

static void protocol_fields(const struct flow_view *view, const struct flow_field_visitor *visitor)
{
	switch (view->protocol) {
	case IPPROTO_TCP:
		number(visitor, "tcpControlBits", view->tcp_flags[0]);
		number(visitor, "reverseTcpControlBits", view->tcp_flags[1]);
		break;
	case IPPROTO_ICMP:
		number(visitor, "icmpTypeCodeIPv4", view->icmp[0]);
		number(visitor, "reverseIcmpTypeCodeIPv4", view->icmp[1]);
		break;
	case IPPROTO_ICMPV6:
		number(visitor, "icmpTypeCodeIPv6", view->icmp[0]);
		number(visitor, "reverseIcmpTypeCodeIPv6", view->icmp[1]);
		break;
	default:
		break;
	}
}

void flow_fields(const struct flow_view *view, const struct flow_field_visitor *visitor)
{
	number(visitor, "flowStartMilliseconds", view->first / CLOCK_MILLISECOND);
	number(visitor, "flowEndMilliseconds", view->last / CLOCK_MILLISECOND);
	key_fields(view, visitor);
	number(visitor, "packetDeltaCount", view->packets[0]);
	number(visitor, "octetDeltaCount", view->octets[0]);
	number(visitor, "reversePacketDeltaCount", view->packets[1]);
	number(visitor, "reverseOctetDeltaCount", view->octets[1]);
	protocol_fields(view, visitor);
	/* A live flow has no reason to have ended. */
	if (view->end != FLOW_LIVE)
		number(visitor, "flowEndReason", view->end);
	number(visitor, "ipClassOfService", view->tos[0]);
	number(visitor, "reverseIpClassOfService", view->tos[1]);
	number(visitor, "minimumTTL", view->ttl_min);
	number(visitor, "maximumTTL", view->ttl_max);
	mac(visitor, "sourceMacAddress", view->mac_source);
	mac(visitor, "destinationMacAddress", view->mac_destination);
	number(visitor, "minimumLayer2TotalLength", view->frame_min);
	number(visitor, "maximumLayer2TotalLength", view->frame_max);
	number(visitor, "biflowLayer2OctetDeltaCount", view->frame_octets);
}
