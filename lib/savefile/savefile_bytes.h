/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SAVEFILE_SAVEFILE_BYTES_H
#define WEIR_SAVEFILE_SAVEFILE_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Numbers as they lie in a file: of this machine's byte order, or `swapped`. */

static inline uint16_t load16(const uint8_t *bytes, bool swapped)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof(value));
	return swapped ? __builtin_bswap16(value) : value;
}

static inline uint32_t load32(const uint8_t *bytes, bool swapped)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return swapped ? __builtin_bswap32(value) : value;
}

static inline uint64_t load64(const uint8_t *bytes, bool swapped)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return swapped ? __builtin_bswap64(value) : value;
}

#endif
