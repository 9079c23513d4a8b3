/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TELEMETRY_TREE_H
#define WEIR_TELEMETRY_TREE_H

#include <stdbool.h>

#include <jansson.h>

struct rte_tel_data;

/*
 * Copy a plain answer (see answer_plain()) into what rte_telemetry gave the callback. False: not
 * all of it, for want of memory; `data` holds the rest and owns every container in it.
 */
bool tree_fill(struct rte_tel_data *data, const json_t *answer);

#endif
