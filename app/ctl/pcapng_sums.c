/* SPDX-License-Identifier: BSD-3-Clause */
#include "pcapng_sums.h"

#include <string.h>

#include <weir/pcapng.h>

#define BLOCK_HEAD   8  /* type, length */
#define BLOCK_LEAST  12 /* and the length again */
#define ISB_OPTIONS  20 /* behind interface and time */
#define OPTION_BYTES 12 /* of a number: code, length, 8 octets */

static void add_statistics(struct pcapng_sums *sums)
{
	if (sums->length > sizeof(sums->head))
		return;
	for (uint32_t at = ISB_OPTIONS; at + OPTION_BYTES + 4 <= sums->length;) {
		uint16_t code, size;
		uint64_t value;

		memcpy(&code, sums->head + at, sizeof(code));
		memcpy(&size, sums->head + at + 2, sizeof(size));
		memcpy(&value, sums->head + at + 4, sizeof(value));
		if (size == sizeof(value) && code == ISB_IFDROP)
			sums->lost += value;
		if (size == sizeof(value) && code == ISB_USRDELIV)
			sums->delivered += value;
		at += 4 + ((size + 3u) & ~3u);
	}
	sums->complete = true;
}

static void end_block(struct pcapng_sums *sums)
{
	if (sums->type == BLOCK_STATISTICS)
		add_statistics(sums);
	sums->seen = 0;
	sums->length = 0;
}

/* Some octets of one block. */
static void add_part(struct pcapng_sums *sums, const uint8_t *data, uint32_t size)
{
	if (sums->seen < sizeof(sums->head)) {
		size_t room = sizeof(sums->head) - sums->seen;

		memcpy(sums->head + sums->seen, data, size < room ? size : room);
	}
	sums->seen += size;
}

void pcapng_sums_add(struct pcapng_sums *sums, const void *data, size_t size)
{
	const uint8_t *next = data;

	while (size > 0) {
		/* Until its length is known a block is as long as its head. */
		uint32_t whole = sums->seen < BLOCK_HEAD ? BLOCK_HEAD : sums->length;
		uint32_t left = whole - sums->seen;
		uint32_t part = left < size ? left : (uint32_t)size;

		add_part(sums, next, part);
		next += part;
		size -= part;
		if (sums->seen == BLOCK_HEAD) {
			memcpy(&sums->type, sums->head, sizeof(sums->type));
			memcpy(&sums->length, sums->head + 4, sizeof(sums->length));
			if (sums->length < BLOCK_LEAST) /* no stream of weir's */
				sums->length = BLOCK_LEAST;
		}
		if (sums->seen >= BLOCK_HEAD && sums->seen == sums->length)
			end_block(sums);
	}
}
