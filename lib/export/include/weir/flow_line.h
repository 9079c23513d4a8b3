/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_LINE_H
#define WEIR_FLOW_LINE_H

#include <stddef.h>

#include <weir/flow.h>
#include <weir/outlet.h>
#include <weir/stats.h>

/* Longer than any line: some 30 fields of a name (< 32), at most 39 characters, 6 of JSON. */
#define FLOW_LINE_MAX 2560

/*
 * The record as one line of JSON with its newline, equal to document_flow() and over ten
 * times as fast. `out` has room for FLOW_LINE_MAX; returns the bytes written, no terminator.
 */
size_t flow_line(char *out, const struct flow_view *view);

/*
 * Each ended record as one line of JSON, for an outlet of lines; to give to stats_add_consumer().
 * What finds no room there is lost, and counted there.
 */
struct stats_consumer flow_line_consumer(struct outlet *outlet);

#endif
