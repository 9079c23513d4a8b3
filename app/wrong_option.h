/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WRONG_OPTION_H
#define WEIR_APP_WRONG_OPTION_H

#include <weir/error.h>

/*
 * What getopt_long() gave back as ':' or '?' (`id`) while it went through `argv`; values of long options
 * begin at 256. -EINVAL with the line, which ends in `hint`. The same in both programs.
 */
int wrong_option(int id, char **argv, const char *hint, struct error *error);

#endif
