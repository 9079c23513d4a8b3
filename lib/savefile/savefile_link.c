/* SPDX-License-Identifier: BSD-3-Clause */
#include "savefile_link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <pcap/pcap.h>

#include <weir/protocols.h>

#define ETHERTYPE_NONE 0xffff /* reserved: what is inside has no ethertype */

#define PPP_MPLS    0x0281
#define PPP_MPLS_UP 0x0283

static uint16_t be16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* ---- from each link header: its length, and the ethertype of what follows ---- */

/* Of all of them at least this many bytes can be looked at; 0 where they are not captured. */
#define LOOK 20

struct link_header {
	uint32_t bytes;
	uint16_t ethertype;
	uint8_t source[6]; /* a MAC, where the header has one */
};

/* Not checked but for the version: the parser judges IP headers. */
static struct link_header raw_header(const uint8_t *at)
{
	return (struct link_header){
		.ethertype = at[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4,
	};
}

/* An address family, of whatever system it was; NULL has it in the order of a machine's bytes. */
static struct link_header family_header(const uint8_t *at)
{
	uint32_t family = (uint32_t)be16(at) << 16 | be16(at + 2);
	struct link_header header = {.bytes = 4, .ethertype = ETHERTYPE_NONE};

	if (family > 0xffff)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2:
		header.ethertype = ETHERTYPE_IPV4;
		break;
	case 10: /* Linux */
	case 23: /* Windows */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		header.ethertype = ETHERTYPE_IPV6;
		break;
	}
	return header;
}

/* HDLC's address and control may be there or not, and the protocol may be a single byte: odd. */
static struct link_header ppp_header(const uint8_t *at)
{
	struct link_header header = {.bytes = at[0] == 0xff ? 2 : 0, .ethertype = ETHERTYPE_NONE};
	uint16_t protocol = at[header.bytes];

	if ((protocol & 1) == 0)
		protocol = be16(at + header.bytes++);
	header.bytes++;
	switch (protocol) {
	case PPP_IPV4:
		header.ethertype = ETHERTYPE_IPV4;
		break;
	case PPP_IPV6:
		header.ethertype = ETHERTYPE_IPV6;
		break;
	case PPP_MPLS:
		header.ethertype = ETHERTYPE_MPLS;
		break;
	case PPP_MPLS_UP:
		header.ethertype = ETHERTYPE_MPLS_UP;
		break;
	}
	return header;
}

/* What is below an ethertype is Linux's own: 1 and 4 are LLC, the rest no Ethernet at all. */
static uint16_t cooked_ethertype(uint16_t protocol, uint16_t hardware)
{
	const uint16_t netlink = 824, frame_relay = 770, radiotap = 803;

	if (hardware == netlink || hardware == frame_relay || hardware == radiotap)
		return ETHERTYPE_NONE;
	return protocol > ETHERTYPE_LENGTH_MAX || protocol == 1 || protocol == 4 ? protocol
										 : ETHERTYPE_NONE;
}

static struct link_header sll_header(const uint8_t *at)
{
	struct link_header header = {.bytes = 16,
				     .ethertype = cooked_ethertype(be16(at + 14), be16(at + 2))};

	if (be16(at + 4) == sizeof(header.source))
		memcpy(header.source, at + 6, sizeof(header.source));
	return header;
}

static struct link_header sll2_header(const uint8_t *at)
{
	struct link_header header = {.bytes = 20,
				     .ethertype = cooked_ethertype(be16(at), be16(at + 8))};

	if (at[11] == sizeof(header.source))
		memcpy(header.source, at + 12, sizeof(header.source));
	return header;
}

static struct link_header read_header(uint32_t link, const uint8_t *at)
{
	switch (link) {
	case LINK_NULL:
	case LINK_LOOP:
		return family_header(at);
	case LINK_PPP:
		return ppp_header(at);
	case LINK_LINUX_SLL:
		return sll_header(at);
	case LINK_LINUX_SLL2:
		return sll2_header(at);
	case LINK_IPV4:
		return (struct link_header){.ethertype = ETHERTYPE_IPV4};
	case LINK_IPV6:
		return (struct link_header){.ethertype = ETHERTYPE_IPV6};
	default:
		return raw_header(at);
	}
}

unsigned int savefile_to_ethernet(struct savefile_frame *frame, uint8_t ethernet[ETHERNET_HEADER])
{
	uint8_t look[LOOK] = {0};
	struct link_header header;

	memcpy(look, frame->data, frame->captured < LOOK ? frame->captured : LOOK);
	header = read_header(frame->link, look);
	if (frame->captured < header.bytes) {
		if (frame->captured > ETHERNET_HEADER - 1)
			frame->captured = ETHERNET_HEADER - 1;
		return 0;
	}
	memset(ethernet, 0, 6);
	memcpy(ethernet + 6, header.source, 6);
	ethernet[12] = (uint8_t)(header.ethertype >> 8);
	ethernet[13] = (uint8_t)header.ethertype;
	frame->data += header.bytes;
	frame->captured += ETHERNET_HEADER - header.bytes;
	/* It may claim to be as long as the number can say. */
	frame->wire -= header.bytes;
	if (frame->wire <= UINT32_MAX - ETHERNET_HEADER)
		frame->wire += ETHERNET_HEADER;
	return ETHERNET_HEADER;
}

/* ---- numbers and names ---- */

uint32_t link_of_file(uint32_t link)
{
	return link == 12 || link == 14 ? LINK_RAW : link;
}

bool link_is_read(uint32_t link)
{
	switch (link) {
	case LINK_NULL:
	case LINK_ETHERNET:
	case LINK_PPP:
	case LINK_RAW:
	case LINK_LOOP:
	case LINK_LINUX_SLL:
	case LINK_IPV4:
	case LINK_IPV6:
	case LINK_LINUX_SLL2:
		return true;
	default:
		return false;
	}
}

/* libpcap knows the names by numbers of its own, which are the files' but for some old ones. */
static int libpcap_number(uint32_t link)
{
	static const struct {
		uint32_t file;
		int libpcap;
	} others[] = {
		{100, DLT_ATM_RFC1483},
		{102, DLT_SLIP_BSDOS},
		{103, DLT_PPP_BSDOS},
		{106, DLT_ATM_CLIP},
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].file == link)
			return others[i].libpcap;
	return (int)link;
}

const char *link_name(uint32_t link, char *text, size_t size)
{
	const char *name = pcap_datalink_val_to_name(libpcap_number(link));
	const char *description = pcap_datalink_val_to_description(libpcap_number(link));

	if (name == NULL)
		snprintf(text, size, "%u", link);
	else
		snprintf(text, size, "%s (%s)", name, description != NULL ? description : name);
	return text;
}

int link_refuse(const char *file, uint32_t link, struct error *error)
{
	char name[96];

	return error_set(error, EPROTONOSUPPORT,
			 "%s: link type %s is not read; Ethernet is, and LINUX_SLL, LINUX_SLL2, "
			 "RAW, IPV4, IPV6, NULL, LOOP and PPP",
			 file, link_name(link, name, sizeof(name)));
}
