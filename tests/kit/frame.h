/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_KIT_FRAME_H
#define WEIR_TESTS_KIT_FRAME_H

#include <stdint.h>
#include <string.h>

/*
 * Frames put together header by header. Each function writes at `at`, in network order, and returns
 * where the next header goes. Hosts are numbers below 2^32: IPv4 addresses, or the last four bytes
 * of addresses in 2001:db8::/96, which is for documentation (RFC 3849).
 */

static inline uint8_t *put8(uint8_t *at, uint32_t value)
{
	*at = (uint8_t)value;
	return at + 1;
}

static inline uint8_t *put16(uint8_t *at, uint32_t value)
{
	return put8(put8(at, value >> 8), value);
}

static inline uint8_t *put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, value >> 16), value);
}

/* Sum of 16-bit words for the Internet checksum (RFC 1071); `length` is even. */
static inline uint32_t frame_sum(uint32_t sum, const uint8_t *bytes, uint32_t length)
{
	for (uint32_t i = 0; i < length; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	return sum;
}

static inline uint16_t frame_checksum(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* From station 02:00:00:00:00:`from` to 02:00:00:00:00:`to`; both are locally administered. */
static inline uint8_t *put_ethernet(uint8_t *at, uint8_t from, uint8_t to, uint16_t type)
{
	static const uint8_t local[5] = {2};

	memcpy(at, local, 5);
	at = put8(at + 5, to);
	memcpy(at, local, 5);
	return put16(put8(at + 5, from), type);
}

/* A packet of IPv4; what is 0 need not be named. */
struct frame_ipv4 {
	uint32_t from, to;
	uint16_t octets; /* of the packet, header and all */
	uint16_t id;
	uint16_t fragment; /* flags and offset, as in the header */
	uint8_t protocol;
};

static inline uint8_t *put_ipv4(uint8_t *at, const struct frame_ipv4 *ipv4)
{
	uint8_t *header = at;

	at = put16(put16(at, 0x4500), ipv4->octets);
	at = put16(put16(at, ipv4->id), ipv4->fragment);
	at = put16(put8(put8(at, 64), ipv4->protocol), 0);
	at = put32(put32(at, ipv4->from), ipv4->to);
	put16(header + 10, frame_checksum(frame_sum(0, header, 20)));
	return at;
}

static inline uint8_t *put_ipv6(uint8_t *at, uint32_t from, uint32_t to, uint8_t protocol,
				uint32_t payload)
{
	static const uint8_t prefix[12] = {0x20, 0x01, 0x0d, 0xb8};

	at = put16(put32(at, 0x60000000), payload);
	at = put8(put8(at, protocol), 64);
	memcpy(at, prefix, 12);
	at = put32(at + 12, from);
	memcpy(at, prefix, 12);
	return put32(at + 12, to);
}

/* Without a checksum. */
static inline uint8_t *put_udp(uint8_t *at, uint16_t from, uint16_t to, uint32_t octets)
{
	return put16(put16(put16(put16(at, from), to), octets), 0);
}

/* Without a checksum. */
static inline uint8_t *put_tcp(uint8_t *at, uint16_t from, uint16_t to, uint32_t acknowledged,
			       uint8_t flags)
{
	at = put16(put16(at, from), to);
	at = put32(put32(at, 1), acknowledged);
	at = put16(put8(put8(at, 0x50), flags), 0xffff);
	return put32(at, 0);
}

#endif
