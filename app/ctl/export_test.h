/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_CTL_EXPORT_TEST_H
#define WEIR_APP_CTL_EXPORT_TEST_H

#include <weir/error.h>

/*
 * `weirctl export test URL`: send known records to where `weir --export URL` would, and print what
 * to look for there, and what collectors are known not to show. Needs no weir. 0, or negative errno
 * with the line: not all were sent; -EINVAL: the URL is wrong.
 */
int export_test_run(const char *url, struct error *error);

#endif
