/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "window.h"

#define INPUT_BYTES  (64 * 1024)
#define OUTPUT_BYTES (256 * 1024)

struct decoder {
	struct stream stream;
	struct window input; /* the compressed bytes */
	const struct codec *codec;
	void *state;
	bool within; /* a member, which is not at its end */
};

/* A frame to be skipped, as zstd and lz4 have it: 0x184d2a50 to ...5f. */
static bool is_skippable(const uint8_t *at)
{
	return (at[0] & 0xf0) == 0x50 && memcmp(at + 1, "\x2a\x4d\x18", 3) == 0;
}

static bool begins(const struct codec *codec, struct window *window)
{
	if (window_has(window, codec->magic_size) &&
	    memcmp(window->at, codec->magic, codec->magic_size) == 0)
		return true;
	return codec->skippable && window_has(window, 4) && is_skippable(window->at);
}

/* Is there another member? Tapes and xz fill up with zeros. */
static bool begin_member(struct decoder *decoder)
{
	struct window *input = &decoder->input;

	while (window_has(input, 1) && *input->at == 0)
		input->at++;
	if (window_in_hand(input) == 0)
		decoder->stream.problem = window_problem(input);
	else if (begins(decoder->codec, input))
		return true;
	else
		decoder->stream.problem = decoder->codec->trailing;
	return false;
}

/* As far as the input in hand, or more of it, goes. It gets further, or there is a problem. */
static void decode_some(struct decoder *decoder, struct codec_bytes *bytes)
{
	const bool more = window_has(&decoder->input, 1);
	const uint8_t *in = decoder->input.at, *out = bytes->out;
	const struct codec *codec = decoder->codec;
	enum codec_result result;

	bytes->in = in;
	bytes->left = window_in_hand(&decoder->input);
	result = codec->decode(decoder->state, bytes);
	decoder->input.at = bytes->in;
	decoder->within = result == CODEC_WITHIN;
	if (result == CODEC_TOO_LARGE)
		decoder->stream.problem = codec->too_large;
	else if (result == CODEC_DAMAGED)
		decoder->stream.problem = codec->damaged;
	else if (bytes->in != in || bytes->out != out)
		return;
	else if (more)
		decoder->stream.problem = codec->damaged;
	else if (window_problem(&decoder->input) != NULL)
		decoder->stream.problem = window_problem(&decoder->input);
	else if (decoder->within)
		decoder->stream.problem = codec->early;
}

static ssize_t read_decoder(struct stream *stream, uint8_t *to, size_t size)
{
	struct decoder *decoder = (struct decoder *)stream;
	struct codec_bytes bytes = {.out = to, .room = size};

	while (bytes.out == to && stream->problem == NULL) {
		if (!decoder->within && !begin_member(decoder))
			break;
		decode_some(decoder, &bytes);
	}
	if (bytes.out > to)
		return bytes.out - to;
	return stream->problem == NULL ? 0 : -1;
}

static void close_decoder(struct stream *stream)
{
	struct decoder *decoder = (struct decoder *)stream;

	decoder->codec->close(decoder->state);
	window_close(&decoder->input);
	free(decoder);
}

static const struct codec *find_codec(struct window *window)
{
	for (const struct codec *const *codec = codecs; *codec != NULL; codec++)
		if (begins(*codec, window))
			return *codec;
	return NULL;
}

int stream_decode(struct window *window)
{
	const struct codec *codec = find_codec(window);
	struct decoder *decoder;

	if (codec == NULL)
		return 0;
	decoder = malloc(sizeof(*decoder));
	if (decoder == NULL)
		return -ENOMEM;
	*decoder = (struct decoder){
		.stream = {read_decoder, NULL, close_decoder, NULL},
		.input = *window,
		.codec = codec,
		.state = codec->open(),
		.within = true,
	};
	if (decoder->state == NULL) {
		free(decoder);
		return -ENOMEM;
	}
	return window_open(window, &decoder->stream, OUTPUT_BYTES);
}
