/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_CAPABILITIES_H
#define WEIR_APP_WEIR_CAPABILITIES_H

#include <stdint.h>

#include <weir/error.h>

/* Capabilities belong to threads, so all of the process give theirs up. Masks: bit CAP_x. Main
 * thread. */

/* From now on no program that this one might run can gain any. Before all other threads. */
void capabilities_no_new(void);

/*
 * Keep `running`, in force in every thread, and `closing`, which the calling thread can take up
 * again. Threads may start and end meanwhile. 0; -EPERM with the line when one has kept some for
 * ten seconds; or, without /proc, another negative errno.
 */
int capabilities_drop(uint64_t running, uint64_t closing, struct error *error);

/* Take up what is for closing. */
void capabilities_take_up(void);

#endif
