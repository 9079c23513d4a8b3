/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_MEMORY_H
#define WEIR_MEMORY_H

#include <stddef.h>

/*
 * Large arrays decided at start: zeroed, page-aligned; from 2 MiB on aligned to that, asking
 * for transparent huge pages (measured: as good as hugetlbfs). A page belongs to the NUMA node
 * of the thread that touches it first, so the owner calls memory_prefault() itself.
 */

/* NULL when the kernel has no room. Owned by the caller: memory_free() with the same size. */
void *memory_allocate(size_t bytes);
void memory_free(void *memory, size_t bytes);

/* Touch every page now (writes nothing that was there), so that none is missing later. */
void memory_prefault(void *memory, size_t bytes);

#endif
