/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_OUTPUTS_H
#define WEIR_APP_WEIR_OUTPUTS_H

#include <stdbool.h>

#include <weir/document.h>
#include <weir/error.h>
#include <weir/outlet.h>
#include <weir/snapshot.h>
#include <weir/stats.h>

#include "options.h"

/*
 * Where what weir says goes: the records of --flows, and the report. Each has an outlet, so that
 * nobody who stops reading stops the analysis. Main thread.
 */
#define OUTPUTS_MAX 2

struct outputs {
	const struct options *options;
	struct outlet *report;
	struct outlet *flows;            /* NULL: no --flows */
	struct outlet *all[OUTPUTS_MAX]; /* for struct document_info */
	struct outlet_file_id in_use[OPTIONS_CAPTURES_MAX + 2];
	uint32_t in_use_count;
};

/* Both, or negative errno with the line; nothing of what exists is touched then but what was
 * opened. */
int outputs_open(struct outputs *outputs, const struct options *options, struct document_info *info,
		 struct error *error);

/* For --flows; 0 or what stats_add_consumer() says. */
int outputs_consume(const struct outputs *outputs, struct stats *stats);

/* When there is nothing else to do: what is there may be seen. Never waits. */
void outputs_flush(const struct outputs *outputs);

/* SIGHUP: files that were moved away begin anew. Never waits. */
void outputs_reopen(const struct outputs *outputs);

/* Print a report. 0, or -EIO with the line: it cannot be made. */
int outputs_report(const struct outputs *outputs, const struct snapshot *snapshot,
		   const struct document_info *info, struct error *error);

/* Has the reader of standard output gone away? */
bool outputs_left_alone(const struct outputs *outputs);

/* No frames come any more: from now on outlets may be waited for, but not for long. */
void outputs_wind_down(const struct outputs *outputs);

/*
 * All records are given; all reports are. Write them out; 0, or negative errno with a line that
 * says what is lost.
 */
int outputs_finish_flows(const struct outputs *outputs, struct error *error);
int outputs_finish_report(const struct outputs *outputs, struct error *error);

/* Nobody asks for their ledgers any more. */
void outputs_close(struct outputs *outputs);

#endif
