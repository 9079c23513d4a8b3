/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_WORKERS_H
#define WEIR_APP_WEIR_WORKERS_H

#include "analyzer.h"

/*
 * Make the workers that the plan of the opened source asks for: their tables, their queues, how
 * they rest and how they end. analyzer->workers_ready of them have tables, also when it fails. 0,
 * or negative errno with the line.
 */
int workers_make(struct analyzer *analyzer, struct error *error);

#endif
