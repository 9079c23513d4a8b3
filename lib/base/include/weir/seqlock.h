/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SEQLOCK_H
#define WEIR_SEQLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A sequence lock with one writer: the writer never waits, a reader copies and
 * tries again when the writer was at work. The number is even when the data is
 * whole and odd while it changes. On x86 the fences cost no instruction.
 *
 *	writer				reader
 *	seqlock_write_begin(&s)		do {
 *	... change the data ...			begin = seqlock_read_begin(&s)
 *	seqlock_write_end(&s)			seqlock_copy(&copy, &data, sizeof(copy))
 *					} while (!seqlock_read_valid(&s, begin))
 */

static inline void seqlock_write_begin(uint32_t *sequence)
{
	__atomic_store_n(sequence, *sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline void seqlock_write_end(uint32_t *sequence)
{
	__atomic_store_n(sequence, *sequence + 1, __ATOMIC_RELEASE);
}

static inline uint32_t seqlock_read_begin(const uint32_t *sequence)
{
	return __atomic_load_n(sequence, __ATOMIC_ACQUIRE);
}

/*
 * Copy data that the writer may be changing. The one race that is meant: what it tears is thrown
 * away. So ThreadSanitizer is told not to look here, and looks everywhere else.
 */
#ifdef __SANITIZE_THREAD__
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
#else
#define AnnotateIgnoreReadsBegin(file, line) ((void)0)
#define AnnotateIgnoreReadsEnd(file, line)   ((void)0)
#endif

static inline void seqlock_copy(void *copy, const void *data, size_t size)
{
	AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
	memcpy(copy, data, size);
	AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}

/* False when the copy taken since `begin` may be torn. */
static inline bool seqlock_read_valid(const uint32_t *sequence, uint32_t begin)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return (begin & 1) == 0 && __atomic_load_n(sequence, __ATOMIC_RELAXED) == begin;
}

#endif
