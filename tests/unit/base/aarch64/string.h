/* SPDX-License-Identifier: BSD-3-Clause */
/* All that weir/seqlock.h takes from libc, for a target whose libc is not there. */
#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
