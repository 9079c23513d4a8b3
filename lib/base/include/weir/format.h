/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FORMAT_H
#define WEIR_FORMAT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Numbers, times and addresses as people read them. Every function writes a
 * terminated string into `out` (cut to `size`) and returns `out`. Any thread.
 */

/*
 * A message as one line, whatever users named their files: control characters become '?', and a
 * line that is too long loses its middle ("..."), because what to do stands at its end.
 */
const char *format_line(char *out, size_t size, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));

/* `text` without its middle, as above, where it is longer than `out`. */
const char *format_brief(char *out, size_t size, const char *text);

/* SI with three digits: 999, 1.23 k, 45.6 M, 789 G; with a unit: "1.23 kbit/s". */
const char *format_si(char *out, size_t size, double value, const char *unit);

/* 1234567 -> "1,234,567". */
const char *format_count(char *out, size_t size, uint64_t value);

/* ns since 1970 -> "2026-01-02T03:04:05.678901234Z" (RFC 3339, UTC, always nine digits). */
const char *format_rfc3339(char *out, size_t size, uint64_t ns);

/* A duration in ns -> "850 us", "1.25 s", "3 min 20 s", "2 h 5 min". */
const char *format_duration(char *out, size_t size, uint64_t ns);

/* `address` is 4 bytes for version 4, 16 for version 6, in network order (RFC 5952 form). */
const char *format_address(char *out, size_t size, int version, const uint8_t *address);

/* The name of an IP protocol ("tcp", "icmp6"), or its number. */
const char *format_protocol(char *out, size_t size, uint8_t protocol);

#endif
