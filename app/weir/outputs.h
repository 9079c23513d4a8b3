/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_OUTPUTS_H
#define WEIR_APP_WEIR_OUTPUTS_H

#include <stdbool.h>

#include <weir/bus.h>
#include <weir/document.h>
#include <weir/error.h>
#include <weir/export_facts.h>
#include <weir/export_kind.h>
#include <weir/file_sender.h>
#include <weir/outlet.h>
#include <weir/snapshot.h>
#include <weir/stats.h>

#include "identity.h"
#include "options.h"

/*
 * Where what weir says goes: ended records over the bus to the outlets that want them (--flows, and
 * each --export), and the report to one of its own. So nobody who stops reading stops the analysis.
 * Main thread.
 */
struct outputs {
	const struct options *options;
	const struct identity *identity; /* whose the files are */
	struct outlet *report;
	struct outlet *records[1 + OPTIONS_EXPORTS_MAX]; /* in the order of the report */
	uint32_t record_count;
	/* Of those of --export; never freed: one that hangs in a look-up may tell its name. */
	char names[OPTIONS_EXPORTS_MAX][EXPORT_NAME_MAX];
	char flows_socket[64];     /* name of the first one for clients; "": there is none */
	struct bus *bus;           /* to those of records; NULL: there is none */
	struct export_facts facts; /* of the newest snapshot, if any; under the seqlock */
	uint32_t facts_sequence;
	struct file_id in_use[OPTIONS_CAPTURES_MAX + 2];
	uint32_t in_use_count;
};

/* All of them, or negative errno with the line; nothing of what exists is touched then but what was
 * opened. */
int outputs_open(struct outputs *outputs, const struct options *options,
		 const struct identity *identity, struct error *error);

/*
 * Records, with so many extensions, go to a bus, if somebody wants them. 0, or negative errno with
 * the line.
 */
int outputs_consume(struct outputs *outputs, struct stats *stats, uint32_t extensions,
		    struct error *error);

/* For struct stats_settings: hand over what is in hand, and copy the ledgers of all outlets. */
void outputs_fill(void *outputs, struct snapshot *snapshot);

/* When there is nothing else to do: what is there may be seen. */
void outputs_rest(const struct outputs *outputs);

/* SIGHUP: files that were moved away begin anew. Never waits. */
void outputs_reopen(const struct outputs *outputs);

/* Is there room for a report? Else one that is due waits. */
bool outputs_take_report(const struct outputs *outputs);

/* Print a report, when there is room for it. 0, or -EIO with the line: it cannot be made. */
int outputs_report(const struct outputs *outputs, const struct snapshot *snapshot,
		   const struct document_info *info, struct error *error);

/* Are all reports that there were written? */
bool outputs_report_written(const struct outputs *outputs);

/* Has the reader of standard output gone away? */
bool outputs_left_alone(const struct outputs *outputs);

/* No frames come any more: from now on outlets may be waited for, but not for long. */
void outputs_wind_down(const struct outputs *outputs);

/*
 * All records are given: have them written out. False: not yet, after `ns` at most; ask again.
 */
bool outputs_written(const struct outputs *outputs, uint64_t ns);

/*
 * All records are given; all reports are. Write them out; 0, or negative errno with a line that
 * says what is lost.
 */
int outputs_finish_records(const struct outputs *outputs, struct error *error);
int outputs_finish_report(const struct outputs *outputs, struct error *error);

/* Nobody asks for their ledgers any more. */
void outputs_close(struct outputs *outputs);

#endif
