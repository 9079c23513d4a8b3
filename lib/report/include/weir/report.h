/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_REPORT_H
#define WEIR_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include <weir/document.h>
#include <weir/error.h>
#include <weir/stats.h>

/*
 * The report for people (aligned tables, SI units, 80 columns, the ledger last) and for
 * programs (JSON). 0, or -EIO when `out` could not be written. Main or stats thread.
 */
int report_text(FILE *out, const struct snapshot *snapshot, const struct document_info *info,
		uint32_t top);
int report_json(FILE *out, const struct snapshot *snapshot, const struct document_info *info,
		uint32_t top);

/*
 * The --flows file: each ended record as one JSON line. `path` "-" is standard output. A new
 * file is made 0640; a regular file that exists is emptied; devices and FIFOs are written to;
 * a symbolic link to a regular file is refused (-ELOOP), and so is a file in a directory for all
 * that is somebody else's or has several names (-EEXIST). Free with flow_file_close(), also after a
 * failure.
 */
struct flow_file;
int flow_file_open(const char *path, struct flow_file **file, struct error *error);

/* The consumer to give to stats_add_consumer(). */
struct stats_consumer flow_file_consumer(struct flow_file *file);

/*
 * Have what is buffered written soon, so that a reader of the file sees it. Never waits. Stats
 * thread, when it has nothing else to do.
 */
void flow_file_flush(struct flow_file *file);

/*
 * Write out and close. A write that failed, then or earlier (disk full), is told once here:
 * negative errno and a line that says how many records were written and how many not.
 */
int flow_file_close(struct flow_file *file, struct error *error);

/* True once a write has failed. Stats thread. */
bool flow_file_failed(const struct flow_file *file);

#endif
