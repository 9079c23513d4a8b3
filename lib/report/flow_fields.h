/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_REPORT_FLOW_FIELDS_H
#define WEIR_REPORT_FLOW_FIELDS_H

#include <netinet/in.h>
#include <stdint.h>

#include <weir/clock.h>
#include <weir/flow.h>
#include <weir/format.h>

#define FLOW_FIELDS_INLINE static inline __attribute__((always_inline))

/*
 * The fields of a flow record under their IPFIX names, in the order of the --flows file: the one
 * place that knows them. Who wants a record in some form is called for each of them. Inline, so
 * that each form is compiled with the names and their lengths as constants: a line of JSON costs
 * a third of what it does through pointers.
 */
struct flow_field_visitor {
	void (*number)(void *context, const char *name, uint64_t value);
	void (*text)(void *context, const char *name, const char *value); /* plain ASCII */
	void *context;
};

FLOW_FIELDS_INLINE void field_number(const struct flow_field_visitor *visitor, const char *name,
				     uint64_t value)
{
	visitor->number(visitor->context, name, value);
}

FLOW_FIELDS_INLINE void field_address(const struct flow_field_visitor *visitor, const char *name,
				      int version, const uint8_t *bytes)
{
	char text[INET6_ADDRSTRLEN];

	visitor->text(visitor->context, name, format_address(text, sizeof(text), version, bytes));
}

FLOW_FIELDS_INLINE void field_mac(const struct flow_field_visitor *visitor, const char *name,
				  const uint8_t *bytes)
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

FLOW_FIELDS_INLINE void flow_key_fields(const struct flow_view *view,
					const struct flow_field_visitor *visitor)
{
	bool ipv6 = view->version == 6;

	field_number(visitor, "vlanId", view->vlan);
	field_number(visitor, "protocolIdentifier", view->protocol);
	field_address(visitor, ipv6 ? "sourceIPv6Address" : "sourceIPv4Address", view->version,
		      view->source);
	field_address(visitor, ipv6 ? "destinationIPv6Address" : "destinationIPv4Address",
		      view->version, view->destination);
	field_number(visitor, "sourceTransportPort", view->source_port);
	field_number(visitor, "destinationTransportPort", view->destination_port);
}

FLOW_FIELDS_INLINE void flow_protocol_fields(const struct flow_view *view,
					     const struct flow_field_visitor *visitor)
{
	switch (view->protocol) {
	case IPPROTO_TCP:
		field_number(visitor, "tcpControlBits", view->tcp_flags[0]);
		field_number(visitor, "reverseTcpControlBits", view->tcp_flags[1]);
		break;
	case IPPROTO_ICMP:
		field_number(visitor, "icmpTypeCodeIPv4", view->icmp[0]);
		field_number(visitor, "reverseIcmpTypeCodeIPv4", view->icmp[1]);
		break;
	case IPPROTO_ICMPV6:
		field_number(visitor, "icmpTypeCodeIPv6", view->icmp[0]);
		field_number(visitor, "reverseIcmpTypeCodeIPv6", view->icmp[1]);
		break;
	default:
		break;
	}
}

FLOW_FIELDS_INLINE void flow_fields(const struct flow_view *view,
				    const struct flow_field_visitor *visitor)
{
	field_number(visitor, "flowStartMilliseconds", view->first / CLOCK_MILLISECOND);
	field_number(visitor, "flowEndMilliseconds", view->last / CLOCK_MILLISECOND);
	flow_key_fields(view, visitor);
	field_number(visitor, "packetDeltaCount", view->packets[0]);
	field_number(visitor, "octetDeltaCount", view->octets[0]);
	field_number(visitor, "reversePacketDeltaCount", view->packets[1]);
	field_number(visitor, "reverseOctetDeltaCount", view->octets[1]);
	flow_protocol_fields(view, visitor);
	/* A live flow has no reason to have ended. */
	if (view->end != FLOW_LIVE)
		field_number(visitor, "flowEndReason", view->end);
	field_number(visitor, "ipClassOfService", view->tos[0]);
	field_number(visitor, "reverseIpClassOfService", view->tos[1]);
	field_number(visitor, "minimumTTL", view->ttl_min);
	field_number(visitor, "maximumTTL", view->ttl_max);
	field_mac(visitor, "sourceMacAddress", view->mac_source);
	field_mac(visitor, "destinationMacAddress", view->mac_destination);
	field_number(visitor, "minimumLayer2TotalLength", view->frame_min);
	field_number(visitor, "maximumLayer2TotalLength", view->frame_max);
	field_number(visitor, "biflowLayer2OctetDeltaCount", view->frame_octets);
}

#endif
