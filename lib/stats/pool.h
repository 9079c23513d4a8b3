/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_POOL_H
#define WEIR_STATS_POOL_H

#include <weir/snapshot.h>

/*
 * Snapshots, made once and used again and again. One is being written by the stats thread, one
 * is the newest, and the others are spare or still held by readers who came earlier. Without
 * a lock, so no reader makes the stats thread wait:
 *
 *	reader		readers++, then look: is it still the newest? If not, readers-- and again.
 *	stats thread	publish the written one as the newest, then look for one that is not the
 *			newest and has no readers, to write next.
 *
 * Both do their first step before their second for all to see (sequentially consistent), so one
 * of them sees the other: either the reader lets go, or the stats thread looks further.
 */

#define POOL_SNAPSHOTS 6 /* the last one included */

struct pool_entry {
	struct snapshot snapshot; /* first: a reader's pointer is the entry's */
	uint32_t readers;         /* atomic; any thread */
	struct stats_row *rows;
};

struct pool {
	struct pool_entry *entries;
	struct stats_row *rows; /* of all entries */
	size_t rows_each;
	struct pool_entry *newest; /* atomic; the stats thread writes, any thread reads */
};

/* 0 or -ENOMEM (release then, too). */
int pool_init(struct pool *pool, size_t rows_each);
void pool_release(struct pool *pool);

/* Stats thread: one to write, or NULL while readers hold all of them. */
struct pool_entry *pool_spare(struct pool *pool);

/* Stats thread: the one kept back for the last snapshot, so that there is one in any case. */
struct pool_entry *pool_last(struct pool *pool);

/* Stats thread: `entry` is written, and is now the newest. */
void pool_publish(struct pool *pool, struct pool_entry *entry);

/* Stats thread: write into `entry` what is in the newest. There is one. */
void pool_copy_newest(const struct pool *pool, struct pool_entry *entry);

/* Any thread: the newest, NULL before the first. */
const struct snapshot *pool_acquire(struct pool *pool);
void pool_let_go(const struct snapshot *snapshot);

#endif
