/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_OPTIONS_H
#define WEIR_APP_WEIR_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/error.h>
#include <weir/log.h>
#include <weir/options.h>
#include <weir/source.h>

/* The command line, checked as far as it can be without looking at the machine. */

#define OPTIONS_CAPTURES_MAX 65536
#define OPTIONS_EXPORTS_MAX  126 /* with --flows and the report, as many as a snapshot has */

struct options {
	struct source_settings source;
	int eal_count; /* SOURCE_PORTS: argv[0] .. argv[eal_count - 1] are the EAL's */
	char **eal_arguments;
	const char *file_prefix; /* NULL: made up */
	uint32_t flow_capacity;
	uint64_t active_timeout, inactive_timeout, interval; /* ns */
	uint64_t report_every, duration;                     /* ns; 0: not given */
	uint32_t top;
	uint32_t sample;       /* one frame in so many is analysed */
	const char *filter;    /* NULL: all frames */
	const char *flows;     /* NULL: off */
	uint64_t flows_rotate; /* ns */
	struct option_list exports;
	const char *report; /* NULL: standard output */
	bool json;
	bool no_vlan_key;
	const char *user; /* NULL: stay who we are */
	bool idle_sleep;  /* SOURCE_PORTS: workers nap while no frames come */
	struct option_conf conf;
	enum log_level log_level;
};

extern const struct option_table weir_options;

/*
 * As options_read() for the command line behind "--", or for all of it, and what options mean
 * together. The strings stay argv's or the file's; options_release() when they are needed no more.
 */
int options_parse(int argc, char **argv, struct options *options, struct error *error);

#endif
