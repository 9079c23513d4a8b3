/* SPDX-License-Identifier: BSD-3-Clause */
#include "pcapng_block.h"

#include "savefile_bytes.h"

#define HEAD      8  /* type and length */
#define BLOCK_MIN 12 /* ... and the length again */

/* Why nothing more is read; always false. */
static bool damaged(struct savefile *file, const char *why)
{
	savefile_ends(file, SAVEFILE_DAMAGED, why);
	return false;
}

/*
 * Get `bytes` in hand. Not while there are frames in the window, which moves when it is filled:
 * then false, and the block is begun once more with the next call.
 */
static bool get(struct savefile *file, unsigned int frames, size_t bytes)
{
	struct window *window = &file->window;

	if (window_in_hand(window) >= bytes)
		return true;
	if (frames > 0)
		return false;
	if (window_fill(window, bytes))
		return true;
	savefile_ends(file, window_in_hand(window) == 0 ? SAVEFILE_WHOLE : SAVEFILE_CUT,
		      "it ends within a block");
	return false;
}

/* At a section header: its magic says how all that follows is to be read. */
static bool turn_bytes(struct savefile *file, bool *swapped, unsigned int frames)
{
	if (!get(file, frames, BLOCK_MIN))
		return false;
	*swapped = load32(file->window.at + HEAD, false) != PCAPNG_BYTE_ORDER_MAGIC;
	if (load32(file->window.at + HEAD, *swapped) != PCAPNG_BYTE_ORDER_MAGIC)
		return damaged(file, "a section has no byte order");
	return true;
}

static bool is_of_interest(uint32_t type)
{
	return type == BLOCK_PACKET || type == BLOCK_SIMPLE || type == BLOCK_OLD_PACKET ||
	       type == BLOCK_INTERFACE || type == BLOCK_STATISTICS || type == BLOCK_SECTION;
}

/* Pass over a block of whatever length, also without having it in hand. As block_next(). */
static bool skip(struct savefile *file, unsigned int frames, uint32_t bytes)
{
	struct window *window = &file->window;

	if (frames > 0 && window_in_hand(window) < bytes)
		return false;
	if (window_skip(window, bytes - 4) && window_has(window, 4)) {
		window->at += 4;
		return true;
	}
	savefile_ends(file, SAVEFILE_CUT, "it ends within a block");
	return false;
}

/* Type of the block that begins here, and its length as it says. */
static bool begin(struct savefile *file, bool *swapped, unsigned int frames, uint32_t *type,
		  uint32_t *length)
{
	struct window *window = &file->window;

	if (!get(file, frames, HEAD))
		return false;
	*type = load32(window->at, *swapped);
	if (__builtin_expect(*type == BLOCK_SECTION, 0) && !turn_bytes(file, swapped, frames))
		return false;
	*length = load32(window->at + 4, *swapped);
	if (*length < BLOCK_MIN || *length > UINT32_MAX - 3)
		return damaged(file, "a block has an impossible length");
	return true;
}

bool block_next(struct savefile *file, bool *swapped, unsigned int frames, struct block *block)
{
	struct window *window = &file->window;
	uint32_t type, length, bytes;

	for (;;) {
		if (!begin(file, swapped, frames, &type, &length))
			return false;
		/* Some who write it leave the padding out of the length. */
		bytes = (length + 3u) & ~3u;
		if (__builtin_expect(is_of_interest(type), 1))
			break;
		if (!skip(file, frames, bytes))
			return false;
	}
	if (bytes > WINDOW_MAX)
		return damaged(file, "a block is longer than any can be");
	if (!get(file, frames, bytes))
		return false;
	*block = (struct block){window->at, type, bytes - 4, *swapped};
	if (load32(block->at + block->end, *swapped) != length)
		return damaged(file, "the two lengths of a block differ");
	window->at += bytes;
	return true;
}

bool block_option(const struct block *block, uint32_t *offset, struct option *option)
{
	if (*offset > block->end || block->end - *offset < 4)
		return false;
	option->code = load16(block->at + *offset, block->swapped);
	option->bytes = load16(block->at + *offset + 2, block->swapped);
	option->value = block->at + *offset + 4;
	if (option->code == OPTION_END || block->end - *offset - 4 < option->bytes)
		return false;
	*offset += 4 + ((option->bytes + 3u) & ~3u);
	return true;
}

uint64_t block_number(const struct block *block, const struct option *option)
{
	switch (option->bytes) {
	case 1:
		return option->value[0];
	case 4:
		return load32(option->value, block->swapped);
	case 8:
		return load64(option->value, block->swapped);
	default:
		return 0;
	}
}
