/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SAMPLE_H
#define WEIR_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/hash.h>

/*
 * One frame in N: each is drawn by itself, by the keyed hash of its number, which is anywhere in 64
 * bits as likely as anywhere else. So a sample is unbiased whatever period traffic has, nobody
 * without the key can send what is not drawn, and who counts which frames makes no difference.
 * Needs no DPDK; any thread.
 */
struct sample {
	uint32_t one_in; /* 0, 1: all frames */
	struct hash_secret secret;
};

/* Is this frame drawn? Numbers of different `stream`s have nothing to do with each other. */
static inline bool sample_takes(const struct sample *sample, uint64_t number, uint64_t stream)
{
	const uint64_t hash = hash_2words(&sample->secret, number, stream);

	return (uint64_t)((unsigned __int128)hash * sample->one_in >> 64) == 0;
}

#endif
