/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <kit/memory_stream.h>

#include "support.h"

/* A compressed capture is the capture, however its bytes come, and wherever it is cut. */

#define ROOM 32768

static size_t pack_gzip(const struct bytes *from, uint8_t *to)
{
	z_stream z = {0};

	deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (Bytef *)(uintptr_t)from->at;
	z.avail_in = (uInt)from->count;
	z.next_out = to;
	z.avail_out = ROOM;
	cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return ROOM - z.avail_out;
}

static size_t pack_zstd(const struct bytes *from, uint8_t *to)
{
	return ZSTD_compress(to, ROOM, from->at, from->count, 3);
}

/* As pzstd does: a frame to skip that says how long the next one is. */
static size_t pack_pzstd(const struct bytes *from, uint8_t *to)
{
	const uint8_t skipped[12] = {0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4};

	memcpy(to, skipped, sizeof(skipped));
	return sizeof(skipped) + pack_zstd(from, to + sizeof(skipped));
}

static size_t pack_xz(const struct bytes *from, uint8_t *to)
{
	size_t size = 0;

	cr_assert_eq(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, NULL, from->at, from->count, to,
					     &size, ROOM),
		     LZMA_OK);
	return size;
}

static size_t pack_lz4(const struct bytes *from, uint8_t *to)
{
	return LZ4F_compressFrame(to, ROOM, from->at, from->count, NULL);
}

static size_t (*const packers[])(const struct bytes *from, uint8_t *to) = {
	pack_gzip, pack_zstd, pack_pzstd, pack_xz, pack_lz4,
};
#define PACKERS (sizeof(packers) / sizeof(packers[0]))

static void make(struct bytes *bytes)
{
	put_pcap(bytes, 0xa1b2c3d4, 1);
	for (uint32_t i = 1; i < 50; i++)
		put_record(bytes, i * 7919, 0, i * 31 % 150, 1514);
}

static void expect_same(const struct got *got, const struct got *plain, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		cr_expect_eq(got->frames[i].time, plain->frames[i].time);
		cr_expect_eq(got->frames[i].captured, plain->frames[i].captured);
		cr_expect_eq(got->first[i], plain->first[i]);
	}
}

Test(codec, compressed_equals_plain)
{
	static struct bytes bytes;
	static uint8_t packed[ROOM];
	struct got plain;

	make(&bytes);
	plain = read_bytes(bytes.at, bytes.count, bytes.count, 4096);
	cr_assert_eq(plain.count, 49);
	for (size_t p = 0; p < PACKERS; p++) {
		size_t size = packers[p](&bytes, packed);

		for (size_t step = 1; step < 200; step += 66) {
			struct got got = read_bytes(packed, size, step, 64);

			cr_assert_eq(got.count, plain.count, "packer %zu: %u frames", p, got.count);
			cr_expect_eq(got.end, SAVEFILE_WHOLE, "packer %zu", p);
			expect_same(&got, &plain, plain.count);
		}
	}
}

Test(codec, cut_everywhere)
{
	static struct bytes bytes;
	static uint8_t packed[ROOM];
	struct got plain;

	make(&bytes);
	plain = read_bytes(bytes.at, bytes.count, bytes.count, 4096);
	for (size_t p = 0; p < PACKERS; p++) {
		size_t size = packers[p](&bytes, packed);

		/* The magic says that it is compressed. */
		for (size_t cut = 6; cut < size; cut++) {
			struct got got = read_bytes(packed, cut, 999, 64);

			if (got.result != 0)
				continue;
			cr_expect_neq(got.end, SAVEFILE_WHOLE, "packer %zu, %zu bytes", p, cut);
			cr_assert_leq(got.count, plain.count);
			expect_same(&got, &plain, got.count);
		}
	}
}

/* Files put one behind another, as "cat a.gz b.gz" does: here the same stream in two pieces. */
Test(codec, one_behind_another)
{
	static struct bytes bytes, half[2];
	static uint8_t packed[2 * ROOM];

	make(&bytes);
	half[0].count = 1000;
	memcpy(half[0].at, bytes.at, 1000);
	half[1].count = bytes.count - 1000;
	memcpy(half[1].at, bytes.at + 1000, half[1].count);
	for (size_t p = 0; p < PACKERS; p++) {
		size_t size = packers[p](&half[0], packed);
		struct got got;

		size += packers[p](&half[1], packed + size);
		got = read_bytes(packed, size, 500, 64);
		cr_expect_eq(got.count, 49, "packer %zu: %u frames", p, got.count);
		cr_expect_eq(got.end, SAVEFILE_WHOLE, "packer %zu", p);
	}
}

/* Zeros behind the end only fill up. */
Test(codec, padded)
{
	static struct bytes bytes;
	static uint8_t packed[2 * ROOM];

	make(&bytes);
	for (size_t p = 0; p < PACKERS; p++) {
		size_t size = packers[p](&bytes, packed);

		memset(packed + size, 0, 300);
		for (size_t more = 1; more <= 300; more += 13) {
			struct got got = read_bytes(packed, size + more, 1000, 64);

			cr_expect_eq(got.count, 49, "packer %zu: %u frames", p, got.count);
			cr_expect_eq(got.end, SAVEFILE_WHOLE, "packer %zu, %zu zeros", p, more);
		}
	}
}

/* Memory that a file could ask for is bounded, and that it asks for more is told. */
Test(codec, too_large)
{
	/* A frame of zstd with a window of 2 GB, as "--long=31" makes it. */
	const uint8_t zstd[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00};
	static struct bytes bytes;
	static uint8_t packed[ROOM];
	lzma_options_lzma options;
	lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, NULL}};
	struct error error = {""};
	struct savefile file;
	size_t size = 0;

	cr_expect_neq(
		savefile_open(&file, "file", memory_stream(zstd, sizeof(zstd), 99), 64, &error), 0);
	cr_expect_not_null(strstr(error.text, "128 MB"), "%s", error.text);
	make(&bytes);
	lzma_lzma_preset(&options, 0);
	options.dict_size = 256 << 20;
	cr_assert_eq(lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC64, NULL, bytes.at,
					       bytes.count, packed, &size, ROOM),
		     LZMA_OK);
	cr_expect_neq(savefile_open(&file, "file", memory_stream(packed, size, 99), 64, &error), 0);
	cr_expect_not_null(strstr(error.text, "128 MB"), "%s", error.text);
}

/* What is behind the end and is not compressed is told, and does not undo what was read. */
Test(codec, trailing_bytes)
{
	static struct bytes bytes;
	static uint8_t packed[ROOM];

	make(&bytes);
	for (size_t p = 0; p < PACKERS; p++) {
		size_t size = packers[p](&bytes, packed);
		struct got got;

		memset(packed + size, 'x', 100);
		got = read_bytes(packed, size + 100, 1000, 64);
		cr_expect_eq(got.count, 49, "packer %zu: %u frames", p, got.count);
		cr_expect_eq(got.end, SAVEFILE_DAMAGED, "packer %zu", p);
	}
}
