/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FUZZ_SHIM_CRITERION_H
#define FUZZ_SHIM_CRITERION_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The model in tests/unit/flow asserts by Criterion. Under libFuzzer there is none: what fails
 * there aborts here, and the input is kept.
 */
#define cr_assert_fail(...) (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), abort())
#define cr_assert(condition, ...)                                                                  \
	do {                                                                                       \
		if (!(condition))                                                                  \
			cr_assert_fail(__FILE__ ": " #condition);                                  \
	} while (0)
#define cr_assert_not_null(pointer, ...) cr_assert((pointer) != NULL)
#define cr_assert_eq(a, b, ...)          cr_assert((a) == (b))
#define cr_assert_lt(a, b, ...)          cr_assert((a) < (b))

#endif
