/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target of packet_parse(): whatever the bytes are, every frame gets one reason of the
 * parser's own, reads stay inside of what was captured (the sanitizer's part), and what is
 * said of the packet holds together. Input: 8 bytes of settings, then the frame.
 */
#include "fuzz.h"

#include <stddef.h>
#include <string.h>

#include <weir/packet.h>
#include <weir/packet_common.h>

#define SETTINGS 8

/* What is said of a common frame is said of it in general, too. */
static void check_common(const struct packet_frame *frame, bool vlan_key,
			 const struct packet *packet)
{
	struct packet common;

	memset(&common, 0x5a, sizeof(common));
	if (!packet_parse_common(frame, vlan_key, &common))
		return;
	require(packet_reason_bucket(packet->reason) == PACKET_BUCKET_FLOW);
	require(memcmp(&common.key, &packet->key, sizeof(common.key)) == 0);
	require(memcmp(&common.fragment_id, &packet->fragment_id,
		       offsetof(struct packet, tos) + 1 - offsetof(struct packet, fragment_id)) ==
		0);
	if (packet->reason == PACKET_FLOW_IPV6)
		require(memcmp(common.prefix, packet->prefix, sizeof(common.prefix)) == 0);
}

/* Parse from memory that is as long as what was captured. */
static struct packet parse(struct packet_frame frame, bool vlan_key)
{
	uint8_t *data = malloc(frame.captured);
	struct packet packet;

	require(data != NULL || frame.captured == 0);
	if (frame.captured > 0)
		memcpy(data, frame.data, frame.captured);
	frame.data = data;
	memset(&packet, 0xa5, sizeof(packet));
	require(packet_parse(&frame, vlan_key, &packet) == packet.reason);
	check_common(&frame, vlan_key, &packet);
	free(data);
	return packet;
}

/* What users read: the name of a reason begins with that of its bucket. */
static void check_names(const struct packet *packet)
{
	const char *bucket = packet_bucket_name(packet_reason_bucket(packet->reason));

	require(strncmp(packet_reason_name(packet->reason), bucket, strlen(bucket)) == 0);
}

static void check_flow(const struct packet_frame *frame, bool vlan_key, const struct packet *packet)
{
	const bool is_ipv6 = packet->reason == PACKET_FLOW_IPV6;
	const uint32_t header = is_ipv6 ? 40 : 20;
	const uint16_t vlan = packet->key.vlan & ~PACKET_KEY_IPV6;

	require(!!(packet->key.vlan & PACKET_KEY_IPV6) == is_ipv6);
	require(vlan < 4096 && (vlan_key || vlan == 0));
	if (vlan_key && frame->vlan_was_stripped)
		require(vlan == (frame->stripped_vlan & 0xfff));
	require(packet->key.zero == 0);
	require(packet->direction <= 1);
	require(packet->fragment <= PACKET_FRAGMENT_LATER);
	require(packet->octets >= header && packet->octets <= frame->wire - 14);
	require(packet->l4_offset >= 14 + header && packet->l4_offset <= frame->captured);
	require(packet->l4_offset <= PACKET_HEADERS_MAX);
	require(packet->tcp_flags == 0 || packet->key.protocol == 6);
	require(packet->icmp == 0 || packet->key.protocol == (is_ipv6 ? 58 : 1));
	require(memcmp(packet->mac, frame->data, sizeof(packet->mac)) == 0);
	if (packet->fragment == PACKET_FRAGMENT_LATER)
		require(packet->key.port[0] == 0 && packet->key.port[1] == 0);
	if (packet->fragment == PACKET_FRAGMENT_TINY)
		require(packet_transports[packet->key.protocol].shortest > 4);
}

/* With fewer bytes in hand the verdict is the same, or that they are too few to tell. */
static void check_less(struct packet_frame frame, bool vlan_key, uint32_t captured,
		       const struct packet *packet)
{
	frame.captured = captured;

	const struct packet less = parse(frame, vlan_key);

	if (packet_reason_bucket(less.reason) == PACKET_BUCKET_TRUNCATED)
		return;
	require(less.reason == packet->reason);
	if (packet_reason_bucket(less.reason) != PACKET_BUCKET_FLOW)
		return;
	require(memcmp(&less.key, &packet->key, sizeof(less.key)) == 0);
	require(less.octets == packet->octets && less.direction == packet->direction);
	require(less.fragment == packet->fragment);
	if (less.reason == PACKET_FLOW_IPV6)
		require(memcmp(less.prefix, packet->prefix, sizeof(less.prefix)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint16_t beyond, less;

	if (size < SETTINGS)
		return -1;
	memcpy(&beyond, data + 4, sizeof(beyond));
	memcpy(&less, data + 6, sizeof(less));

	const bool vlan_key = data[0] & 1;
	struct packet_frame frame = {
		.data = data + SETTINGS,
		.captured = (uint32_t)(size - SETTINGS),
		.wire = (uint32_t)(size - SETTINGS) + beyond,
		.vlan_was_stripped = data[0] & 2,
	};
	memcpy(&frame.stripped_vlan, data + 2, sizeof(frame.stripped_vlan));

	const struct packet packet = parse(frame, vlan_key);
	const enum packet_bucket bucket = packet_reason_bucket(packet.reason);

	require(bucket < PACKET_BUCKET_FILTERED);
	require(packet.frame_length == frame.wire + (frame.vlan_was_stripped ? 4 : 0));
	check_names(&packet);
	if (bucket == PACKET_BUCKET_FLOW)
		check_flow(&frame, vlan_key, &packet);
	check_less(frame, vlan_key, less % (frame.captured + 1), &packet);
	return 0;
}
