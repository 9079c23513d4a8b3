/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture_rig.h"

#include <criterion/criterion.h>

#define SECOND 1000000000u

static bool is_swapped(const struct capture *capture)
{
	return capture->format == CAPTURE_PCAP_US_SWAPPED ||
	       capture->format == CAPTURE_PCAP_NS_SWAPPED;
}

static bool is_us(const struct capture *capture)
{
	return capture->format == CAPTURE_PCAP_US || capture->format == CAPTURE_PCAP_US_SWAPPED;
}

static void put32(const struct capture *capture, uint32_t value)
{
	if (is_swapped(capture))
		value = __builtin_bswap32(value);
	cr_assert_eq(fwrite(&value, sizeof(value), 1, capture->file), 1);
}

static void put16(const struct capture *capture, uint16_t value)
{
	if (is_swapped(capture))
		value = __builtin_bswap16(value);
	cr_assert_eq(fwrite(&value, sizeof(value), 1, capture->file), 1);
}

static void put_pcap_header(const struct capture *capture, uint32_t link_type)
{
	put32(capture, is_us(capture) ? 0xa1b2c3d4 : 0xa1b23c4d);
	put16(capture, 2);
	put16(capture, 4);
	put32(capture, 0);
	put32(capture, 0);
	put32(capture, 262144);
	put32(capture, link_type);
}

static void put_pcapng_header(const struct capture *capture, uint32_t link_type)
{
	put32(capture, 0x0a0d0d0a); /* section header block */
	put32(capture, 28);
	put32(capture, 0x1a2b3c4d);
	put16(capture, 1);
	put16(capture, 0);
	put32(capture, UINT32_MAX); /* section length unknown */
	put32(capture, UINT32_MAX);
	put32(capture, 28);

	put32(capture, 1); /* interface description block */
	put32(capture, 32);
	put16(capture, (uint16_t)link_type);
	put16(capture, 0);
	put32(capture, 262144);
	put16(capture, 9); /* if_tsresol: */
	put16(capture, 1);
	put32(capture, 9); /* 10^-9 s, and padding */
	put32(capture, 0); /* end of options */
	put32(capture, 32);
}

void capture_create(struct capture *capture, const char *path, enum capture_format format,
		    uint32_t link_type)
{
	capture->format = format;
	capture->file = fopen(path, "we");
	cr_assert_not_null(capture->file, "%s", path);
	if (format == CAPTURE_PCAPNG)
		put_pcapng_header(capture, link_type);
	else
		put_pcap_header(capture, link_type);
}

void capture_add(struct capture *capture, uint64_t time, const uint8_t *data, uint32_t captured,
		 uint32_t wire)
{
	const uint32_t padding = (4 - captured % 4) % 4, zero = 0;

	if (capture->format == CAPTURE_PCAPNG) {
		put32(capture, 6); /* enhanced packet block */
		put32(capture, 32 + captured + padding);
		put32(capture, 0);
		put32(capture, (uint32_t)(time >> 32));
		put32(capture, (uint32_t)time);
	} else {
		put32(capture, (uint32_t)(time / SECOND));
		put32(capture, (uint32_t)(time % SECOND / (is_us(capture) ? 1000 : 1)));
	}
	put32(capture, captured);
	put32(capture, wire);
	cr_assert_eq(fwrite(data, 1, captured, capture->file), captured);
	if (capture->format == CAPTURE_PCAPNG) {
		cr_assert_eq(fwrite(&zero, 1, padding, capture->file), padding);
		put32(capture, 32 + captured + padding);
	}
}

void capture_close(struct capture *capture)
{
	cr_assert_eq(fclose(capture->file), 0);
}
