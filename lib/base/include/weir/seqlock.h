/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SEQLOCK_H
#define WEIR_SEQLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A sequence lock with one writer: the writer never waits, a reader copies and
 * tries again when the writer was at work. The number is even when the data is
 * whole and odd while it changes. On x86 the fences cost no instruction.
 *
 *	writer				reader
 *	seqlock_write_begin(&s)		do {
 *	... change the data ...			begin = seqlock_read_begin(&s)
 *	seqlock_write_end(&s)			... copy the data ...
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

/* False when the copy taken since `begin` may be torn. */
static inline bool seqlock_read_valid(const uint32_t *sequence, uint32_t begin)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return (begin & 1) == 0 && __atomic_load_n(sequence, __ATOMIC_RELAXED) == begin;
}

#endif
