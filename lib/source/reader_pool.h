/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SOURCE_READER_POOL_H
#define WEIR_SOURCE_READER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mempool.h>

/*
 * The mbufs of the capture reader: a pool that begins with a few and gets more when all of them are
 * in use, up to a number decided at the start. They lie one behind the other in memory of weir's
 * own, in huge pages; from an EAL without hugepages each would get a small page, which cost a small
 * capture half of its time, and a large one a third.
 */
struct reader_pool {
	struct rte_mempool *mempool; /* owned; NULL: not made */
	uint8_t *memory;             /* for all mbufs there may be; taken from its beginning on */
	size_t bytes, object;        /* of it all, of an mbuf */
};

/* 0 or negative errno; then, too, it has to be freed. Main thread. */
int reader_pool_make(struct reader_pool *pool, const char *name, uint32_t count);

/* As many mbufs again. False: there are `count`. The thread that takes mbufs. */
bool reader_pool_grow(struct reader_pool *pool);

/* All mbufs are back. Main thread. */
void reader_pool_free(struct reader_pool *pool);

#endif
