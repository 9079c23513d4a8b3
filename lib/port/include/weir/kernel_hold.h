/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_KERNEL_HOLD_H
#define WEIR_KERNEL_HOLD_H

#include <weir/error.h>

/*
 * One weir alone reads a kernel interface: a second one would take its AF_XDP frames, or count
 * each frame twice for whoever adds the two up. The hold is an abstract UNIX socket named after the
 * interface's number. The kernel keeps such names by network namespace, as it does interfaces,
 * and drops them with the process, however that ends.
 */

/* 0: nobody else holds it; or -EBUSY, and the line says who does. */
int kernel_hold_check(const char *name, unsigned int index, struct error *error);

/*
 * Hold it until `*hold` is closed; -1 when another port of this process does already. 0 or negative
 * errno with the line.
 */
int kernel_hold_take(const char *name, unsigned int index, int *hold, struct error *error);

#endif
