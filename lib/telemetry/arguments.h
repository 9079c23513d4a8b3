/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TELEMETRY_ARGUMENTS_H
#define WEIR_TELEMETRY_ARGUMENTS_H

#include <stdint.h>

#include <weir/document.h>
#include <weir/error.h>

/*
 * What a command was asked for: the text behind its first comma ("source,10,packets"), NULL or
 * "" when there was none. Read strictly: 0, or -EINVAL and a line that says what is
 * allowed, short enough for a string of rte_telemetry. Any thread.
 */

/* A part of a list: skip `offset`, show `count`. */
struct page {
	uint64_t offset;
	uint32_t count;
	uint64_t from; /* the place where an earlier page ended; 0: none */
};

#define ARGUMENTS_COUNT_MAX   250  /* rows: rte_telemetry has 256 entries a dict */
#define ARGUMENTS_SECONDS_MAX 3600 /* what the history holds */

/* No arguments at all. */
int arguments_none(const char *text, struct error *error);

/* "OFFSET,COUNT", or nothing: all that fit. */
int arguments_page(const char *text, struct page *page, struct error *error);

/* "OFFSET,COUNT[,NEXT]", or nothing. */
int arguments_flows(const char *text, struct page *page, struct error *error);

/* "SECONDS[,OFFSET]", or nothing: the last minute. `count` in seconds. */
int arguments_history(const char *text, struct page *page, struct error *error);

/* "DIMENSION[,COUNT[,METRIC[,WINDOW]]]": 10 rows, octets, total. */
int arguments_list(const char *text, struct document_list *list, struct error *error);

#endif
