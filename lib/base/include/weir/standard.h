/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STANDARD_H
#define WEIR_STANDARD_H

#include <weir/error.h>

/*
 * Of standard input, output and error none is left closed: what the program opens would come in its
 * place, and be read or written there. Who uses what the caller closed gets EBADF, because it is
 * open the other way. First of all.
 */
void standard_hold(void);

/* Standard output is written, or negative errno with the line. */
int standard_flush(struct error *error);

#endif
