/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SAVEFILE_PCAPNG_BLOCK_H
#define WEIR_SAVEFILE_PCAPNG_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/pcapng.h>

#include "savefile.h"

/*
 * What pcapng is made of: blocks of (type, length, body, length again), each a multiple of 4 bytes.
 * A section header says which byte order follows. What a block says beyond its fixed part are
 * options: (code, length, value padded to 4 bytes).
 */
#define BLOCK_BODY 8 /* where it begins */

struct block {
	const uint8_t *at; /* in hand, all of it */
	uint32_t type;
	uint32_t end; /* of the body, counted from `at` */
	bool swapped; /* its byte order */
};

/*
 * The next block of the file that is not of no interest (names, secrets, comments, whatever others
 * have added). Where the bytes that follow are not in hand, and `frames` of the window are still to
 * be dealt with: false, and it is begun once more with the next call. Otherwise false: there
 * is none, and the file's end says why. *swapped: the byte order so far.
 */
bool block_next(struct savefile *file, bool *swapped, unsigned int frames, struct block *block);

struct option {
	uint16_t code, bytes;
	const uint8_t *value;
};

/* The option at `offset`, which moves on to the next one. False: there are no more. */
bool block_option(const struct block *block, uint32_t *offset, struct option *option);

/* Its value; 0: it is no number. */
uint64_t block_number(const struct block *block, const struct option *option);

#endif
