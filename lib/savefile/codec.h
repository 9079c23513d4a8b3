/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SAVEFILE_CODEC_H
#define WEIR_SAVEFILE_CODEC_H

#include <stddef.h>
#include <stdint.h>

/*
 * The ways in which captures are compressed, each through its library. All of them go on behind
 * the end of what they decode: files put one behind another are decoded one after the other.
 */

/* What is to be decoded, and where to; decode() moves both on. */
struct codec_bytes {
	const uint8_t *in;
	size_t left;
	uint8_t *out;
	size_t room;
};

enum codec_result {
	CODEC_WITHIN,  /* more has to come */
	CODEC_BETWEEN, /* this may be the end */
	CODEC_DAMAGED  /* it cannot be decoded any further */
};

struct codec {
	uint8_t magic[6]; /* what files begin with */
	uint8_t magic_size;
	const char *early, *damaged; /* what to say of such a file */
	void *(*open)(void);         /* NULL: no memory */
	/* Without input only at its end, and only if more has to come. */
	enum codec_result (*decode)(void *state, struct codec_bytes *bytes);
	void (*close)(void *state);
};

extern const struct codec *const codecs[]; /* NULL ends it */

#endif
