/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_WIRE_H
#define WEIR_EXPORT_WIRE_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Numbers in network order, wherever they lie. Each function returns what is behind them. */

static inline char *wire_8(char *out, uint8_t value)
{
	*out = (char)value;
	return out + 1;
}

static inline char *wire_16(char *out, uint16_t value)
{
	value = htobe16(value);
	memcpy(out, &value, sizeof(value));
	return out + sizeof(value);
}

static inline char *wire_32(char *out, uint32_t value)
{
	value = htobe32(value);
	memcpy(out, &value, sizeof(value));
	return out + sizeof(value);
}

static inline char *wire_64(char *out, uint64_t value)
{
	value = htobe64(value);
	memcpy(out, &value, sizeof(value));
	return out + sizeof(value);
}

static inline char *wire_bytes(char *out, const void *bytes, size_t size)
{
	memcpy(out, bytes, size);
	return out + size;
}

/* In 1, 2, 4 or 8 octets. */
static inline __attribute__((always_inline)) char *wire_unsigned(char *out, uint64_t value,
								 size_t size)
{
	switch (size) {
	case 1:
		return wire_8(out, (uint8_t)value);
	case 2:
		return wire_16(out, (uint16_t)value);
	case 4:
		return wire_32(out, (uint32_t)value);
	default:
		return wire_64(out, value);
	}
}

#endif
