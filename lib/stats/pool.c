/* SPDX-License-Identifier: BSD-3-Clause */
#include "pool.h"

#include <errno.h>
#include <string.h>

#include <weir/memory.h>

int pool_init(struct pool *pool, size_t rows_each)
{
	pool->rows_each = rows_each;
	pool->entries = memory_allocate(POOL_SNAPSHOTS * sizeof(*pool->entries));
	pool->rows = memory_allocate(POOL_SNAPSHOTS * rows_each * sizeof(*pool->rows));
	if (pool->entries == NULL || pool->rows == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < POOL_SNAPSHOTS; i++)
		pool->entries[i].rows = pool->rows + i * rows_each;
	return 0;
}

void pool_release(struct pool *pool)
{
	memory_free(pool->entries, POOL_SNAPSHOTS * sizeof(*pool->entries));
	memory_free(pool->rows, POOL_SNAPSHOTS * pool->rows_each * sizeof(*pool->rows));
}

struct pool_entry *pool_spare(struct pool *pool)
{
	for (unsigned int i = 0; i < POOL_SNAPSHOTS - 1; i++) {
		struct pool_entry *entry = &pool->entries[i];

		if (entry != pool->newest &&
		    __atomic_load_n(&entry->readers, __ATOMIC_SEQ_CST) == 0)
			return entry;
	}
	return NULL;
}

struct pool_entry *pool_last(struct pool *pool)
{
	return &pool->entries[POOL_SNAPSHOTS - 1];
}

void pool_publish(struct pool *pool, struct pool_entry *entry)
{
	__atomic_store_n(&pool->newest, entry, __ATOMIC_SEQ_CST);
}

void pool_copy_newest(const struct pool *pool, struct pool_entry *entry)
{
	const struct pool_entry *newest = pool->newest;

	entry->snapshot = newest->snapshot;
	memcpy(entry->rows, newest->rows, pool->rows_each * sizeof(*entry->rows));
	for (unsigned int d = 0; d < STATS_DIMENSIONS; d++)
		for (unsigned int m = 0; m < STATS_METRICS; m++)
			for (unsigned int w = 0; w < STATS_WINDOWS; w++) {
				struct stats_top *top = &entry->snapshot.top[d][m][w];

				if (top->rows != NULL)
					top->rows = entry->rows + (top->rows - newest->rows);
			}
}

const struct snapshot *pool_acquire(struct pool *pool)
{
	for (;;) {
		struct pool_entry *entry = __atomic_load_n(&pool->newest, __ATOMIC_SEQ_CST);

		if (entry == NULL)
			return NULL;
		__atomic_add_fetch(&entry->readers, 1, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&pool->newest, __ATOMIC_SEQ_CST) == entry)
			return &entry->snapshot;
		__atomic_sub_fetch(&entry->readers, 1, __ATOMIC_SEQ_CST);
	}
}

void pool_let_go(const struct snapshot *snapshot)
{
	/* The pool's own: the reader was given it as const. */
	struct pool_entry *entry = (struct pool_entry *)(uintptr_t)snapshot;

	__atomic_sub_fetch(&entry->readers, 1, __ATOMIC_SEQ_CST);
}
