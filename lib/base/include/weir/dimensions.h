/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_DIMENSIONS_H
#define WEIR_DIMENSIONS_H

/* What a top list is of, what it is sorted by, and the time it is over. */
enum stats_dimension {
	STATS_SOURCE,
	STATS_DESTINATION,
	STATS_PAIR,
	STATS_SOURCE_PORT,
	STATS_DESTINATION_PORT,
	STATS_PROTOCOL,
	STATS_FLOW,
	STATS_DIMENSIONS
};
enum stats_metric { STATS_OCTETS, STATS_PACKETS, STATS_FLOWS, STATS_METRICS };
enum stats_window { STATS_NOW, STATS_10S, STATS_60S, STATS_TOTAL, STATS_WINDOWS };

/* As users write and read them: "source", ...; "octets", ...; "now", "10s", "60s", "total". */
extern const char *const stats_dimension_names[STATS_DIMENSIONS];
extern const char *const stats_metric_names[STATS_METRICS];
extern const char *const stats_window_names[STATS_WINDOWS];

#endif
