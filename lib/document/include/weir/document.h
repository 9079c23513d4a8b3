/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_DOCUMENT_H
#define WEIR_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include <weir/events.h>
#include <weir/flow.h>
#include <weir/prefilter.h>
#include <weir/snapshot.h>

/*
 * Parts of a snapshot as JSON, in the shapes of docs/interface.md. The report prints them and
 * the telemetry socket serves them, so there is one place where a name is spelled. Every
 * function returns a new reference that the caller owns, NULL without memory. Any
 * thread that holds the snapshot.
 */

/* What the program knows about itself. */
struct document_info {
	const char *version;
	const char *const *sources; /* as the user named them */
	uint32_t source_count;
	uint64_t started; /* by the clock */
	uint64_t memory;  /* atomic: bytes in memory since the start; 0: not yet, or it grows */
	const char *capture_socket; /* beside telemetry's, for weirctl capture; NULL: none */
	const char *flows_socket;   /* the same for weirctl flows --follow */
	json_t *settings;           /* object of strings; made once, then only read */
	const char *const *remarks; /* what a reader must know: "FILE was cut in mid-record" */
	uint32_t remark_count; /* atomic: grows while telemetry reads; those below it are whole */
	struct events *events; /* what happens to the ports, with remarks of its own; NULL: none */
	json_t *prefilter_rules; /* document_prefilter_rules() for the report; NULL: none */
	json_t *xstats;          /* array: for each port an object, name: count; NULL: none */
};

/* Text from outside. Bytes that are not UTF-8 cannot be in JSON: each becomes '?'. */
json_t *document_text(const char *text);

/* A date as RFC 3339; of instants 0 is none, and null. */
json_t *document_date(uint64_t ns);
json_t *document_instant(uint64_t ns);

/* What became of what the outlets were given (array); of no snapshot: of none. */
json_t *document_outputs(const struct snapshot *snapshot);

/* A length of time in ms, rounded. */
uint64_t document_ms(uint64_t ns);

/* `shift` makes a date of the clock (weir/clock.h). The snapshot may be NULL: there is none yet. */
json_t *document_info(const struct snapshot *snapshot, const struct document_info *info,
		      int64_t shift);
/*
 * Those of the run, then those of what happens to the ports, and what outlets have lost (array).
 * The snapshot may be NULL.
 */
json_t *document_remarks(const struct snapshot *snapshot, const struct document_info *info);
json_t *document_time(const struct snapshot *snapshot);
json_t *document_ledger(const struct snapshot *snapshot);
json_t *document_rates(const struct stats_rates *rates);
/* Entries as arrays side by side, which take far less room than objects. */
json_t *document_history(const struct stats_history *entries, size_t count);
json_t *document_over_time(const struct stats_over_time *over_time);
json_t *document_sizes(const struct snapshot *snapshot);
json_t *document_flow_counters(const struct snapshot *snapshot);
/* What is in no record, with the `count` largest networks, and those alone (array). */
json_t *document_overflow(const struct snapshot *snapshot, uint32_t count);
json_t *document_overflow_networks(const struct snapshot *snapshot, uint32_t count);
json_t *document_workers(const struct snapshot *snapshot); /* array */
json_t *document_ports(const struct snapshot *snapshot);   /* array */

json_t *document_events(const struct event *events, uint32_t count); /* array */

/* What the prefilter did with frames, as a part of the ledger. */
json_t *document_prefilter_ledger(const struct snapshot_prefilter *prefilter);
/* The same, how it is run, and what sampling makes of the numbers. */
json_t *document_prefilter(const struct snapshot_prefilter *prefilter);
/*
 * {"rules": [...], ...}: rules with what they counted; `first` is the number of the first, from 0.
 */
json_t *document_prefilter_rules(const struct prefilter_sums *sums, size_t first);
/* For the report: of all rules the first thousand that matched something. */
json_t *document_prefilter_matches(const struct prefilter_sums *sums);

/* The rows of a list (array), at most `count`. */
json_t *document_top_rows(const struct stats_top *top, enum stats_dimension dimension,
			  uint32_t count);

/* By metric, how much each sum of an inexact list may be low. */
json_t *document_top_error(const struct stats_top *top);

/* What the rows of the lists of all time are shares of. */
json_t *document_top_sum(const struct snapshot *snapshot);

/* Which list to take from a snapshot. */
struct document_list {
	enum stats_dimension dimension;
	enum stats_metric metric;
	enum stats_window window;
	uint32_t count; /* rows at most */
};

/* A list with what a reader must know of it: how long it is, whether it is exact, the sums. */
json_t *document_top(const struct snapshot *snapshot, const struct document_list *list);

/* A flow record with IANA IPFIX element names as keys. */
json_t *document_flow(const struct flow_view *view);

/* The whole report. `count`: rows of each top list, by octets, total. */
json_t *document_report(const struct snapshot *snapshot, const struct document_info *info,
			uint32_t count);

/* A document as users get it. 0, or -EIO; the document may be NULL, which is no memory. */
int document_write(const json_t *document, FILE *out);

#endif
