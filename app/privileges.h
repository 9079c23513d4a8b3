/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_PRIVILEGES_H
#define WEIR_APP_PRIVILEGES_H

#include <stdint.h>

#include <weir/error.h>

#include "source.h"

/*
 * What may weir do after its start? Capabilities (as masks: bit CAP_x) belong to threads, and DPDK
 * has started many by then, so all of them give theirs up. Main thread.
 */
struct privileges {
	uint64_t running; /* in force in every thread */
	uint64_t closing; /* the main thread can take them up again, to close the source */
};

/* From now on no program that weir might run can gain any. Before all other threads. */
void privileges_no_new(void);

/* What the source's drivers need after its start. */
struct privileges privileges_of(const struct source *source);

/*
 * Drop all others, in every thread. 0; or -EPERM with the line, when a thread keeps some: weir does
 * not run then.
 */
int privileges_drop(const struct privileges *keep, struct error *error);

/* Take up what is for closing. */
void privileges_close(void);

#endif
