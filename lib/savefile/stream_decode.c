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
	bool within; /* there has to be more: what was begun is not at its end */
};

static ssize_t problem(struct decoder *decoder, const char *text)
{
	decoder->stream.problem = text;
	return -1;
}

static ssize_t end_of_input(struct decoder *decoder)
{
	const char *text = window_problem(&decoder->input);

	if (text != NULL)
		return problem(decoder, text);
	return decoder->within ? problem(decoder, decoder->codec->early) : 0;
}

static ssize_t read_decoder(struct stream *stream, uint8_t *to, size_t size)
{
	struct decoder *decoder = (struct decoder *)stream;
	struct codec_bytes bytes = {.out = to, .room = size};

	while (bytes.out == to && stream->problem == NULL) {
		const bool more = window_has(&decoder->input, 1);
		const uint8_t *in = decoder->input.at;
		enum codec_result result;

		if (!more && !decoder->within)
			return end_of_input(decoder);
		bytes.in = in;
		bytes.left = window_in_hand(&decoder->input);
		result = decoder->codec->decode(decoder->state, &bytes);
		decoder->within = result == CODEC_WITHIN;
		decoder->input.at = bytes.in;
		if (result == CODEC_DAMAGED || (more && bytes.in == in && bytes.out == to))
			(void)problem(decoder, decoder->codec->damaged);
		else if (!more && bytes.out == to)
			return end_of_input(decoder);
	}
	return bytes.out > to ? bytes.out - to : -1;
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
		if (window_has(window, (*codec)->magic_size) &&
		    memcmp(window->at, (*codec)->magic, (*codec)->magic_size) == 0)
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
