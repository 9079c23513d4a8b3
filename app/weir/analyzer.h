/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_ANALYZER_H
#define WEIR_APP_WEIR_ANALYZER_H

#include <stdbool.h>

#include <weir/document.h>
#include <weir/error.h>
#include <weir/remarks.h>
#include <weir/plan.h>
#include <weir/rendezvous.h>
#include <weir/source.h>
#include <weir/stats.h>
#include <weir/watch.h>
#include <weir/worker.h>

#include "frames.h"
#include "identity.h"
#include "options.h"
#include "outputs.h"
#include "progress.h"
#include "service.h"

#define ANALYZER_REMARKS_MAX 8

/*
 * The running analyzer: source -> workers -> stats core -> report and telemetry. Everything
 * is made in analyzer_open() and given back in analyzer_close(), whatever went wrong.
 * Main thread, which is the stats core.
 */
struct analyzer {
	const struct options *options;
	struct identity identity;
	struct source source;
	struct plan plan; /* of the source's queues */
	struct filter *filter;
	struct frames frames;
	struct outputs outputs;
	struct worker *workers; /* WORKERS_MAX, zeroed */
	struct worker_shared *shared[WORKERS_MAX];
	uint16_t workers_ready; /* that have tables */
	struct stats *stats;
	bool meets; /* at borders of a capture's time, for who needs its intervals */
	struct rendezvous rendezvous;
	struct events events;
	struct watch watch;
	struct progress progress;
	struct service service;
	uint64_t reported; /* number of the snapshot that was printed last */
	bool stop_workers; /* atomic */
	bool incomplete;   /* there are captures that could not be read */
	bool left_alone;   /* standard output's reader has gone away: end as that ends programs */
	/* what the report says of weir itself */
	struct document_info info;
	const char *source_names[OPTIONS_CAPTURES_MAX];
	const char *remarks[ANALYZER_REMARKS_MAX + REMARKS_MAX]; /* its own, the reader's */
	char remark_texts[ANALYZER_REMARKS_MAX][640];
	unsigned int remark_text_count;
};

/*
 * The parts of analyzer_open(): the source's ports opened and planned; the workers, with tables,
 * and the stats core, whose memory is reserved and not taken.
 */
int analyzer_open_source(struct analyzer *analyzer, const struct options *options,
			 struct error *error);
int analyzer_make_workers(struct analyzer *analyzer, struct error *error);

/* Is there memory for what is made? 0, or -ENOMEM with the line. */
int analyzer_check_memory(const struct analyzer *analyzer, struct error *error);

/* 0, or negative errno with the line: -EINVAL and the like for wrong use, see main.c. */
int analyzer_open(struct analyzer *analyzer, const struct options *options, struct error *error);

/*
 * Receive until a signal asks to stop, the duration is over or the captures are at their end; then
 * end every flow and print the report. Other signals are answered meanwhile (signals.h). 0, or
 * negative errno with the line.
 */
int analyzer_run(struct analyzer *analyzer, struct error *error);

void analyzer_close(struct analyzer *analyzer);

#endif
