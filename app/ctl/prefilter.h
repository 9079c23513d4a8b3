/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_CTL_PREFILTER_H
#define WEIR_APP_CTL_PREFILTER_H

#include "options.h"

/*
 * "prefilter show|counters|add|del|replace ...": set the telemetry command and how its answer
 * looks. `words` are those behind "prefilter". 0, or -EINVAL with the line.
 */
int prefilter_command(struct options *options, char **words, int count, struct error *error);

#endif
