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

/* The same for what may stay mostly empty: in small pages, so that only what is used is taken. */
void *memory_allocate_sparse(size_t bytes);

/*
 * From now on memory_allocate() does so, too: for a process that will use little of what it
 * allocates, and would spend most of its time on clearing huge pages. Before it has other threads.
 */
void memory_expect_little(void);

/*
 * All that is allocated and not freed, in bytes; and take every page of it, and from now on at once
 * of what is allocated later: what is to run for long has its memory when it starts. One thread
 * allocates and takes; a page that another one has touched stays where it is.
 */
size_t memory_reserved(void);
void memory_take_all(void);

/*
 * What this process may still take before the host has no more, or one of its cgroups (v1 or v2),
 * which would have it killed; in bytes. SIZE_MAX: the kernel does not tell.
 */
size_t memory_room(void);

/* What this process has in memory now (its resident set), in bytes; 0 unknown. */
size_t memory_resident(void);

/* Touch every page now (writes nothing that was there), so that none is missing later. */
void memory_prefault(void *memory, size_t bytes);

#endif
