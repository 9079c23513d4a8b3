/* SPDX-License-Identifier: BSD-3-Clause */
#include "codec.h"

#include <limits.h>
#include <stdlib.h>

#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* What is to be said of files; in the order of struct codec. */
#define TEXTS(name)                                                                                \
	name ": the compressed data ends too early", name ": the compressed data is damaged",      \
		name ": it takes more than 128 MB to decompress (\"--long\", a large dictionary)", \
		name ": what follows the compressed data is not compressed"

/* As much as xz -9 and zstd --ultra need, by default the most that zstd takes. */
#define XZ_MEMORY (UINT64_C(128) * 1024 * 1024)

static void advance(struct codec_bytes *bytes, size_t in, size_t out)
{
	bytes->in += in;
	bytes->left -= in;
	bytes->out += out;
	bytes->room -= out;
}

/* ---- gzip ---- */

#define GZIP_ONLY (16 + MAX_WBITS)

struct gzip {
	z_stream z;
	int last; /* what inflate() said */
};

static void *gzip_open(void)
{
	struct gzip *gzip = calloc(1, sizeof(*gzip));

	if (gzip != NULL && inflateInit2(&gzip->z, GZIP_ONLY) != Z_OK) {
		free(gzip);
		return NULL;
	}
	return gzip;
}

static enum codec_result gzip_decode(void *state, struct codec_bytes *bytes)
{
	struct gzip *gzip = state;
	z_stream *z = &gzip->z;
	const uInt left = bytes->left < UINT_MAX ? (uInt)bytes->left : UINT_MAX;
	const uInt room = bytes->room < UINT_MAX ? (uInt)bytes->room : UINT_MAX;

	if (gzip->last == Z_STREAM_END)
		(void)inflateReset(z);
	z->next_in = (z_const Bytef *)(uintptr_t)bytes->in;
	z->avail_in = left;
	z->next_out = bytes->out;
	z->avail_out = room;
	gzip->last = inflate(z, Z_NO_FLUSH);
	advance(bytes, left - z->avail_in, room - z->avail_out);
	if (gzip->last == Z_STREAM_END)
		return CODEC_BETWEEN;
	return gzip->last == Z_OK || gzip->last == Z_BUF_ERROR ? CODEC_WITHIN : CODEC_DAMAGED;
}

static void gzip_close(void *state)
{
	inflateEnd(&((struct gzip *)state)->z);
	free(state);
}

static const struct codec gzip = {
	{0x1f, 0x8b}, 2, false, TEXTS("gzip"), gzip_open, gzip_decode, gzip_close,
};

/* ---- zstd ---- */

static void *zstd_open(void)
{
	return ZSTD_createDStream();
}

static enum codec_result zstd_decode(void *state, struct codec_bytes *bytes)
{
	ZSTD_inBuffer in = {bytes->in, bytes->left, 0};
	ZSTD_outBuffer out = {bytes->out, bytes->room, 0};
	size_t hint = ZSTD_decompressStream(state, &out, &in);

	advance(bytes, in.pos, out.pos);
	if (ZSTD_getErrorCode(hint) == ZSTD_error_frameParameter_windowTooLarge)
		return CODEC_TOO_LARGE;
	if (ZSTD_isError(hint))
		return CODEC_DAMAGED;
	return hint == 0 ? CODEC_BETWEEN : CODEC_WITHIN;
}

static void zstd_close(void *state)
{
	ZSTD_freeDStream(state);
}

static const struct codec zstd = {
	{0x28, 0xb5, 0x2f, 0xfd}, 4, true, TEXTS("zstd"), zstd_open, zstd_decode, zstd_close,
};

/* ---- xz ---- */

struct xz {
	lzma_stream stream;
	bool begun; /* a member is */
};

static void *xz_open(void)
{
	struct xz *xz = malloc(sizeof(*xz));

	if (xz != NULL)
		*xz = (struct xz){.stream = LZMA_STREAM_INIT};
	return xz;
}

static enum codec_result xz_decode(void *state, struct codec_bytes *bytes)
{
	struct xz *xz = state;
	lzma_stream *stream = &xz->stream;
	lzma_ret result = LZMA_OK;

	if (!xz->begun)
		result = lzma_stream_decoder(stream, XZ_MEMORY, 0);
	if (result == LZMA_OK) {
		stream->next_in = bytes->in;
		stream->avail_in = bytes->left;
		stream->next_out = bytes->out;
		stream->avail_out = bytes->room;
		result = lzma_code(stream, LZMA_RUN);
		advance(bytes, bytes->left - stream->avail_in, bytes->room - stream->avail_out);
	}
	xz->begun = result != LZMA_STREAM_END;
	if (result == LZMA_STREAM_END)
		return CODEC_BETWEEN;
	if (result == LZMA_MEMLIMIT_ERROR || result == LZMA_MEM_ERROR)
		return CODEC_TOO_LARGE;
	return result == LZMA_OK || result == LZMA_BUF_ERROR ? CODEC_WITHIN : CODEC_DAMAGED;
}

static void xz_close(void *state)
{
	lzma_end(&((struct xz *)state)->stream);
	free(state);
}

static const struct codec xz = {
	{0xfd, '7', 'z', 'X', 'Z', 0}, 6, false, TEXTS("xz"), xz_open, xz_decode, xz_close,
};

/* ---- lz4 ---- */

static void *lz4_open(void)
{
	LZ4F_dctx *context;

	return LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) ? NULL
										     : context;
}

static enum codec_result lz4_decode(void *state, struct codec_bytes *bytes)
{
	size_t left = bytes->left, room = bytes->room;
	size_t hint = LZ4F_decompress(state, bytes->out, &room, bytes->in, &left, NULL);

	if (LZ4F_isError(hint))
		return CODEC_DAMAGED;
	advance(bytes, left, room);
	return hint == 0 ? CODEC_BETWEEN : CODEC_WITHIN;
}

static void lz4_close(void *state)
{
	LZ4F_freeDecompressionContext(state);
}

static const struct codec lz4 = {
	{0x04, 0x22, 0x4d, 0x18}, 4, true, TEXTS("lz4"), lz4_open, lz4_decode, lz4_close,
};

const struct codec *const codecs[] = {&gzip, &zstd, &xz, &lz4, NULL};
