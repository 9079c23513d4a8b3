/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_OUTPUT_NAME_H
#define WEIR_OUTPUT_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/error.h>

/* Names that stand for what is open already; the second, as "/dev/stdout", only as a whole. */
#define OUTPUT_STDOUT "-"
#define OUTPUT_STDERR "/dev/stderr"

/* A path as people know it. */
const char *output_known_as(const char *path);

/*
 * Names of files of which there is a new one again and again: conversions of strftime(3) stand for
 * a time in UTC. Those that depend on the locale or make a slash are not known. Any thread.
 */

/* Is there a conversion in it, other than "%%"? */
bool output_name_changes(const char *pattern);

/* 0, or -EINVAL with the line: a conversion that is not known. */
int output_name_check(const char *pattern, struct error *error);

/* The name for the time `at`, in ns since 1970. False: it is longer than `size`. */
bool output_name(char *out, size_t size, const char *pattern, uint64_t at);

#endif
