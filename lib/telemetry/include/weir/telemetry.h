/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TELEMETRY_H
#define WEIR_TELEMETRY_H

#include <weir/document.h>
#include <weir/error.h>
#include <weir/prefilter.h>
#include <weir/stats.h>

/*
 * The /weir/ commands on DPDK's telemetry socket. rte_telemetry gives its callbacks no
 * context, so there is one server per process.
 */

/* Register the commands; they answer from `stats` and `info`, which outlive the process's
 * telemetry or telemetry_stop(). Main thread, after rte_eal_init(). */
int telemetry_start(struct stats *stats, const struct document_info *info, struct error *error);

/*
 * From now on the commands see `prefilter`, and may change its rules (NULL: none any more; waits
 * for callbacks at work). It stays the caller's. Any thread.
 */
void telemetry_offer_prefilter(struct prefilter *prefilter);

/*
 * Others than weir's own user are let in, and DPDK does not tell who asks: from now on commands
 * that change weir are refused.
 */
void telemetry_read_only(void);

/* From now on the commands answer {"error": "weir is stopping"}; waits for callbacks at work. */
void telemetry_stop(void);

#endif
