/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SAVEFILE_CODEC_H
#define WEIR_SAVEFILE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The ways in which captures are compressed, each through its library. What a decoder decodes is
 * one member of a file (a frame, says zstd; a stream, xz); the next call begins with another one.
 */

/* What is to be decoded, and where to; decode() moves both on. */
struct codec_bytes {
	const uint8_t *in;
	size_t left;
	uint8_t *out;
	size_t room;
};

enum codec_result {
	CODEC_WITHIN,   /* more of this member has to come */
	CODEC_BETWEEN,  /* it is at its end */
	CODEC_DAMAGED,  /* it cannot be decoded any further */
	CODEC_TOO_LARGE /* nor this, for it needs too much memory */
};

struct codec {
	uint8_t magic[6]; /* what members begin with */
	uint8_t magic_size;
	bool skippable; /* or with what pzstd and others put there, which decode() passes over */
	const char *early, *damaged, *too_large, *trailing; /* what to say of such a file */
	void *(*open)(void);                                /* NULL: no memory */
	enum codec_result (*decode)(void *state, struct codec_bytes *bytes);
	void (*close)(void *state);
};

extern const struct codec *const codecs[]; /* NULL ends it */

#endif
