/* SPDX-License-Identifier: BSD-3-Clause */
#include "split.h"

#include <errno.h>
#include <string.h>

#include <weir/memory.h>

/* Walks without a reason to wait: one for what ended while it was on its way, one to be sure. */
#define WALKS 2

static size_t places(const struct split *split)
{
	return (size_t)split->buckets * SPLIT_WAYS;
}

int split_init(struct split *split, uint32_t capacity, const struct split_timeouts *timeouts,
	       const struct hash_secret *secret)
{
	split->buckets = 1;
	while (places(split) < capacity)
		split->buckets *= 2;
	split->timeouts = *timeouts;
	split->secret = *secret;
	split->hashes = memory_allocate(places(split) * sizeof(*split->hashes));
	split->records = memory_allocate(places(split) * sizeof(*split->records));
	if (split->hashes == NULL || split->records == NULL) {
		split_release(split);
		return -ENOMEM;
	}
	split->on = true;
	split->counts.possible = true;
	return 0;
}

void split_release(struct split *split)
{
	memory_free(split->hashes, places(split) * sizeof(*split->hashes));
	memory_free(split->records, places(split) * sizeof(*split->records));
	split->hashes = NULL;
	split->records = NULL;
	split->on = false;
}

/* Never 0. The bucket is told by other bits than the one that is set. */
static uint64_t hash_of(const struct split *split, const struct split_record *record)
{
	return hash_bytes(&split->secret, &record->key, sizeof(record->key)) | 1;
}

static size_t bucket_of(const struct split *split, uint64_t hash)
{
	return (size_t)(hash >> 32 & (split->buckets - 1)) * SPLIT_WAYS;
}

static bool is_at(const struct split *split, size_t place, uint64_t hash,
		  const struct split_record *record)
{
	return split->hashes[place] == hash &&
	       memcmp(&split->records[place].key, &record->key, sizeof(record->key)) == 0;
}

static void leave(struct split *split, size_t place)
{
	const struct split_record *record = &split->records[place];
	struct flow_view view;

	split->counts.records++;
	if (record->pieces > 1) {
		split->counts.merged++;
		split->counts.pieces += record->pieces;
	}
	split->hashes[place] = 0;
	split->counts.waiting--;
	split_record_view(record, &view);
	split->leave(split->context, &view);
}

/* Take all that touches `record` out of its bucket and into it; what that makes may touch more. */
static void gather(struct split *split, uint64_t hash, struct split_record *record)
{
	size_t bucket = bucket_of(split, hash);

	for (size_t place = bucket; place < bucket + SPLIT_WAYS; place++) {
		const struct split_record *waiting = &split->records[place];

		if (!is_at(split, place, hash, record) ||
		    !split_touches(waiting, record, &split->timeouts))
			continue;
		split_join(record, waiting);
		split->hashes[place] = 0;
		split->counts.waiting--;
		place = bucket - 1;
	}
}

/* A free place in the bucket, or that of the record which came first. */
static size_t make_room(struct split *split, size_t bucket)
{
	size_t oldest = bucket;

	for (size_t place = bucket; place < bucket + SPLIT_WAYS; place++) {
		if (split->hashes[place] == 0)
			return place;
		if (split->records[place].order < split->records[oldest].order)
			oldest = place;
	}
	split->counts.early++;
	leave(split, oldest);
	return oldest;
}

void split_add(struct split *split, uint32_t worker, const struct flow_view *view)
{
	struct split_record record;

	split_record_make(&record, worker, view, &split->timeouts);
	uint64_t hash = hash_of(split, &record);

	gather(split, hash, &record);
	size_t place = make_room(split, bucket_of(split, hash));

	record.walk = split->walk;
	record.order = ++split->arrivals;
	split->records[place] = record;
	split->hashes[place] = hash;
	split->counts.waiting++;
}

void split_live(struct split *split, uint32_t worker, const struct flow_view *view)
{
	struct split_record live;

	split_record_make(&live, worker, view, &split->timeouts);
	uint64_t hash = hash_of(split, &live);
	size_t bucket = bucket_of(split, hash);

	for (size_t place = bucket; place < bucket + SPLIT_WAYS; place++)
		if (is_at(split, place, hash, &live) &&
		    split_touches(&split->records[place], &live, &split->timeouts))
			split->records[place].walk = split->walk;
}

/* Those for which there was no reason to wait in so many walks. */
static void leave_after(struct split *split, uint32_t walks, uint32_t most)
{
	for (size_t place = 0; place < places(split) && split->counts.waiting > 0 && most > 0;
	     place++) {
		if (split->hashes[place] == 0 || split->walk - split->records[place].walk < walks)
			continue;
		leave(split, place);
		most--;
	}
}

void split_walked(struct split *split, uint32_t most)
{
	leave_after(split, WALKS, most);
	split->walk++;
}

bool split_flush(struct split *split, uint32_t most)
{
	leave_after(split, 0, most);
	return split->counts.waiting == 0;
}
