/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_LINE_H
#define WEIR_FLOW_LINE_H

#include <stddef.h>

#include <weir/encoder.h>
#include <weir/flow.h>

/* Longer than any line: some 30 fields of a name (< 32), at most 39 characters, 6 of JSON. */
#define FLOW_LINE_MAX 2560

/*
 * The record as one line of JSON with its newline, equal to document_flow() and over ten
 * times as fast. `out` has room for FLOW_LINE_MAX; returns the bytes written, no terminator.
 */
size_t flow_line(char *out, const struct flow_view *view);

/* Records as such lines. */
extern const struct encoder flow_line_encoder;

#endif
