/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_CTL_USAGE_H
#define WEIR_APP_CTL_USAGE_H

#include <stdio.h>

/* The commands and an empty line, for --help, in 80 columns. */
void usage_print(FILE *out);

#endif
