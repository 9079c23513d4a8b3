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

/* The last `size` octets of a number. */
static inline char *wire_number(char *out, uint64_t value, size_t size)
{
	for (size_t i = size; i > 0; value >>= 8)
		out[--i] = (char)value;
	return out + size;
}

#endif
