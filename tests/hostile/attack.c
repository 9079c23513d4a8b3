/* SPDX-License-Identifier: BSD-3-Clause */
#include "attack.h"

#include <stdlib.h>
#include <string.h>

#include <kit/frame.h>

#include "index.h"
#include "record.h"

#define ETHERNET       14
#define IPV4           20
#define UDP            17
#define ICMP           1
#define MORE_FRAGMENTS 0x2000

struct header {
	uint32_t source, destination; /* 192.0.2.1 is 0xc0000201 */
	uint16_t source_port, destination_port;
	uint16_t octets, id, fragment; /* `fragment`: flags and offset, as in the header */
	uint8_t protocol;
};

/* The frame on the wire, and what the parser makes of it. */
static struct packet parse(const struct header *header)
{
	uint8_t frame[ETHERNET + IPV4 + 8] = {0};
	uint8_t *ip = frame + ETHERNET, *payload = ip + IPV4;
	struct packet_frame parsed = {.data = frame,
				      .captured = sizeof(frame),
				      .wire = ETHERNET + (uint32_t)header->octets};
	struct packet packet;

	put_ethernet(frame, 1, 2, 0x0800);
	put_ipv4(ip, &(struct frame_ipv4){.from = header->source,
					  .to = header->destination,
					  .octets = header->octets,
					  .id = header->id,
					  .fragment = header->fragment,
					  .protocol = header->protocol});
	put32(payload, (uint32_t)header->source_port << 16 | header->destination_port);
	memset(&packet, 0, sizeof(packet));
	if (packet_parse(&parsed, true, &packet) != PACKET_FLOW_IPV4)
		abort();
	return packet;
}

struct attack_place attack_place(const struct hash_secret *secret, uint32_t capacity,
				 const struct packet *packet)
{
	uint64_t hash = record_hash(secret, &packet->key, packet->prefix);
	struct flow_index index;

	index_init(&index, NULL, capacity);
	return (struct attack_place){index_home(&index, hash), index_signature(&index, hash)};
}

static struct packet ping(uint32_t source, uint32_t destination)
{
	const struct header header = {
		.source = source, .destination = destination, .octets = 28, .protocol = ICMP};

	return parse(&header);
}

/*
 * Without a secret the hash is hash_fold(hash_fold(a, b), b): `a` the addresses, `b` ports, VLAN
 * and protocol. A ping has nothing in `b` but a power of two, by which hash_fold() only rotates. So
 * the hash is the addresses themselves: the end of one decides the bucket, that of the other the
 * signature, and the rest is free to be chosen.
 */
uint32_t attack_find_keys(uint32_t capacity, struct packet *packets, uint32_t count)
{
	static const struct hash_secret no_secret;
	struct attack_place wanted = {0};
	uint32_t found = 0;

	for (uint32_t number = 0; number < 1u << 24 && found < count; number++) {
		/* From x.y.113.7 to z.0.0.1: what is left is where the two stand in the key. */
		struct packet packet = ping(number << 16 | 0x7107, number >> 16 << 24 | 1);
		struct attack_place place = attack_place(&no_secret, capacity, &packet);

		if (found == 0)
			wanted = place;
		if (place.bucket == wanted.bucket && place.signature == wanted.signature)
			packets[found++] = packet;
	}
	return found;
}

void attack_plain_keys(struct packet *packets, uint32_t count)
{
	for (uint32_t number = 0; number < count; number++)
		packets[number] = ping(0x0a000000 + number, 0xc0000201);
}

struct packet attack_first_fragment(uint32_t number)
{
	/* The identification has 16 bits: beyond that another sender goes on. */
	const struct header header = {.source = 0xc6336400 + (number >> 16),
				      .destination = 0xc0000201,
				      .source_port = 5000,
				      .destination_port = 53,
				      .octets = 1500,
				      .id = (uint16_t)number,
				      .fragment = MORE_FRAGMENTS,
				      .protocol = UDP};

	return parse(&header);
}

struct packet attack_fragment(uint32_t number, bool later)
{
	const struct header header = {.source = 0x0a000000 + number,
				      .destination = 0xcb007101,
				      .source_port = 2049,
				      .destination_port = 900,
				      .octets = later ? 520 : 1500,
				      .id = (uint16_t)(number * 7),
				      .fragment = later ? 1480 / 8 : MORE_FRAGMENTS,
				      .protocol = UDP};

	return parse(&header);
}

struct packet attack_flood(uint32_t number, uint16_t octets)
{
	const struct header header = {.source = 0x0b000000 + number,
				      .destination = 0xc0000201,
				      .source_port = (uint16_t)(number * 31),
				      .destination_port = 80,
				      .octets = octets,
				      .protocol = UDP};

	return parse(&header);
}
