/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_STATS_LCORES_H
#define WEIR_APP_WEIR_STATS_LCORES_H

#include <weir/error.h>
#include <weir/source.h>
#include <weir/stats.h>

/* The lcores of --stats-lcores, which take a share of the stats core's work. Main thread. */

/* Are they there, and free? Once the EAL has started. 0, -EINVAL. */
int stats_lcores_check(const struct source_settings *source, struct error *error);

/* Fill in what settings say of lcores: the main one, and those. */
void stats_lcores_set(const struct source_settings *source, struct stats_settings *settings);

/* From before the first stats_step() until after stats_finish(). */
void stats_lcores_launch(struct stats *stats, const struct source_settings *source);
void stats_lcores_wait(const struct source_settings *source);

#endif
