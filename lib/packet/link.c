/* SPDX-License-Identifier: BSD-3-Clause */
#include "layers.h"

#define ETHERTYPE_LENGTH_MAX 1500   /* up to here an 802.3 length; types begin at 1536 */
#define ETHERTYPE_PPPOE      0x8864 /* session stage */
#define ETHERTYPE_MPLS       0x8847
#define ETHERTYPE_MPLS_UP    0x8848 /* upstream-assigned labels; once multicast */

#define TAG        4
#define TAGS_MAX   4
#define LABEL      4
#define LABELS_MAX 16
#define PPPOE      8 /* PPPoE header and PPP protocol */
#define PPP_IPV4   0x0021
#define PPP_IPV6   0x0057

static bool is_tag(uint16_t ethertype)
{
	return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
}

/* Pop the label stack. Nothing says what lies below but the first nibble of it. */
static enum packet_reason walk_labels(struct cursor *at)
{
	bool bottom = false;

	for (unsigned int labels = 0; !bottom; labels++) {
		if (labels == LABELS_MAX)
			return PACKET_MALFORMED_MPLS;
		if (!captured(*at, LABEL))
			return PACKET_TRUNCATED_MPLS;
		bottom = header(*at)[2] & 1;
		at->offset += LABEL;
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
	if (!captured(*at, PPPOE))
		return PACKET_TRUNCATED_PPPOE;

	const uint16_t protocol = load_be16(header(*at) + 6);

	at->offset += PPPOE;
	switch (protocol) {
	case PPP_IPV4:
		return PACKET_FLOW_IPV4;
	case PPP_IPV6:
		return PACKET_FLOW_IPV6;
	default:
		return PACKET_NON_IP_PPPOE;
	}
}

static enum packet_reason non_ip(uint16_t ethertype)
{
	if (ethertype <= ETHERTYPE_LENGTH_MAX)
		return PACKET_NON_IP_LLC;
	switch (ethertype) {
	case 0x0806:
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

enum packet_reason packet_link(struct cursor *at, uint16_t ethertype, bool stripped, uint16_t *vlan)
{
	for (unsigned int tags = stripped; is_tag(ethertype); tags++) {
		if (tags == TAGS_MAX)
			return PACKET_MALFORMED_TAGS;
		if (!captured(*at, TAG))
			return PACKET_TRUNCATED_TAG;
		if (tags == 0)
			*vlan = load_be16(header(*at)) & TAG_VLAN_ID;
		ethertype = load_be16(header(*at) + 2);
		at->offset += TAG;
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
		return non_ip(ethertype);
	}
}
