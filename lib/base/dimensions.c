/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/dimensions.h>

const char *const stats_dimension_names[STATS_DIMENSIONS] = {
	[STATS_SOURCE] = "source",
	[STATS_DESTINATION] = "destination",
	[STATS_PAIR] = "pair",
	[STATS_SOURCE_PORT] = "source_port",
	[STATS_DESTINATION_PORT] = "destination_port",
	[STATS_PROTOCOL] = "protocol",
	[STATS_FLOW] = "flow",
};

const char *const stats_metric_names[STATS_METRICS] = {
	[STATS_OCTETS] = "octets",
	[STATS_PACKETS] = "packets",
	[STATS_FLOWS] = "flows",
};

const char *const stats_window_names[STATS_WINDOWS] = {
	[STATS_NOW] = "now",
	[STATS_10S] = "10s",
	[STATS_60S] = "60s",
	[STATS_TOTAL] = "total",
};
