/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PRINT_H
#define WEIR_PRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/*
 * The parts of a report for people, from their JSON documents (<weir/document.h>, or what came
 * over the telemetry socket, where a list is an object keyed "1", "2", ... and true is 1). So
 * the report and weirctl look the same. What a document lacks is left out, and nothing is
 * wider than PRINT_WIDTH but the sentence of the ledger. Needs no DPDK. One thread at a time.
 */

#define PRINT_WIDTH 80

struct printer {
	FILE *out;
	bool utf8;   /* the terminal shows block characters */
	bool failed; /* no memory: something is missing */
};

/* `out` and what the locale says of its characters; call setlocale() before. */
struct printer printer_make(FILE *out);

/* A heading: one line. */
void print_heading(struct printer *printer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Name and value, as many pairs as there are, then NULL; a pair with value NULL or "" is left
 * out. The values are aligned and wrapped.
 */
void print_pairs(struct printer *printer, const char *const (*pairs)[2]);

/*
 * The whole report (docs/interface.md, "The JSON report"): a summary, sizes, flows, the lists, for
 * live traffic workers and ports, and last the ledger.
 */
void print_report(struct printer *printer, const json_t *report);

void print_info(struct printer *printer, const json_t *info);
void print_sizes(struct printer *printer, const json_t *sizes);
void print_flow_counters(struct printer *printer, const json_t *flows);
/* As document_top() makes it. */
void print_top(struct printer *printer, const json_t *top);
/* `flows`: a list of document_flow(). */
void print_live_flows(struct printer *printer, const json_t *flows);
void print_throughput(struct printer *printer, const json_t *throughput);
/* As document_overflow() makes it. */
void print_overflow(struct printer *printer, const json_t *overflow);
void print_workers(struct printer *printer, const json_t *workers);
void print_ports(struct printer *printer, const json_t *ports);
/* `outputs`: as document_outputs() makes it. */
void print_outputs(struct printer *printer, const json_t *outputs);
void print_events(struct printer *printer, const json_t *events);

/*
 * As document_prefilter() makes it: what the prefilter decided, and whether all is accounted for.
 */
void print_prefilter(struct printer *printer, const json_t *prefilter);
/* As document_prefilter_rules() makes it: the rules, and with what they counted. */
void print_prefilter_rules(struct printer *printer, const json_t *document);
void print_prefilter_counters(struct printer *printer, const json_t *document);
/* The prefilter's part of the ledger in words. */
void print_prefilter_sentence(struct printer *printer, const json_t *ledger);

/* Where the frames went, by bucket and reason; and the prefilter's part in words. */
void print_ledger(struct printer *printer, const json_t *ledger);
/* The ledger in words: one line. */
void print_ledger_sentence(struct printer *printer, const json_t *ledger);

/* ---- for values of such documents ---- */

/* The member `key` as a number; 0 where it is none. True is 1. */
double print_number(const json_t *object, const char *key);
uint64_t print_count(const json_t *object, const char *key);
/* ... as text; "" where it is none. */
const char *print_text(const json_t *object, const char *key);

/* The items of a list: an array, or an object keyed by rank. */
size_t print_items(const json_t *list);
const json_t *print_item(const json_t *list, size_t index);

/* Up to six digits as they are (12,345), more with an SI prefix (1.23 M). */
const char *print_quantity(char *out, size_t size, uint64_t value);

#endif
