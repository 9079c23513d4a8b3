/* SPDX-License-Identifier: BSD-3-Clause */
#include "layers.h"

/* Pop the label stack. Nothing says what lies below but the first nibble of it. */
static enum packet_reason walk_labels(struct cursor *at)
{
	bool bottom = false;

	for (unsigned int labels = 0; !bottom; labels++) {
		if (labels == PACKET_LABELS_MAX)
			return PACKET_MALFORMED_MPLS;
		if (!captured(*at, MPLS_LABEL))
			return PACKET_TRUNCATED_MPLS;
		bottom = header(*at)[2] & 1;
		at->offset += MPLS_LABEL;
	}
	if (!captured(*at, 1))
		return PACKET_TRUNCATED_MPLS;
	switch (header(*at)[0] >> 4) {
	case 4:
		return PACKET_FLOW_IPV4;
	case 6:
		return PACKET_FLOW_IPV6;
	default:
		return PACKET_NON_IP_MPLS;
	}
}

static enum packet_reason enter_pppoe(struct cursor *at)
{
	if (!captured(*at, PPPOE_HEADER))
		return PACKET_TRUNCATED_PPPOE;

	const uint16_t protocol = load_be16(header(*at) + PPPOE_PROTOCOL_AT);

	at->offset += PPPOE_HEADER;
	switch (protocol) {
	case PPP_IPV4:
		return PACKET_FLOW_IPV4;
	case PPP_IPV6:
		return PACKET_FLOW_IPV6;
	default:
		return PACKET_NON_IP_PPPOE;
	}
}

enum packet_reason packet_link(struct cursor *at, uint16_t ethertype, bool stripped, uint16_t *vlan)
{
	for (unsigned int tags = stripped; packet_is_tag(ethertype); tags++) {
		if (tags == PACKET_TAGS_MAX)
			return PACKET_MALFORMED_TAGS;
		if (!captured(*at, VLAN_TAG))
			return PACKET_TRUNCATED_TAG;
		if (tags == 0)
			*vlan = load_be16(header(*at)) & VLAN_ID;
		ethertype = load_be16(header(*at) + 2);
		at->offset += VLAN_TAG;
	}
	switch (ethertype) {
	case ETHERTYPE_IPV4:
		return PACKET_FLOW_IPV4;
	case ETHERTYPE_IPV6:
		return PACKET_FLOW_IPV6;
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_UP:
		return walk_labels(at);
	case ETHERTYPE_PPPOE:
		return enter_pppoe(at);
	default:
		return packet_non_ip(ethertype);
	}
}
