/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SUMMARY_H
#define WEIR_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/hash.h>

/*
 * Sums by key with an honest bound. As long as no more than `capacity` distinct keys were
 * added, every sum is exact. When one more comes, the summary is pruned: the smallest keys
 * (small in all metrics) are forgotten, and from then on a new key has to bring a fair share
 * before it is held (but see `repeatable`). What keys lost on either way is in `error`.
 * So at any time, for every key and metric:  sum <= true sum <= sum + error.
 * Works on the caller's memory; one thread at a time; mergeable.
 */

#define SUMMARY_METRICS      3
#define SUMMARY_KEY_MAX      64 /* bytes */
#define SUMMARY_CAPACITY_MIN 16
#define SUMMARY_CAPACITY_MAX (UINT32_C(1) << 28)

struct summary;

struct summary_shape {
	uint32_t capacity; /* keys */
	uint32_t key_size; /* bytes, without the note */
	/* 1, or 2: a key has sums of two kinds, as an address has for what it sends and receives.
	 * A key counts as one of a side when it has any sum there. */
	uint8_t sides;
	/*
	 * A note (uint64_t) follows every key in memory, at the next multiple of 8 bytes. It is no
	 * part of the key: of all notes that came with it the smallest stays, whatever their order.
	 */
	bool noted;
	/*
	 * The same keys in the same order leave the same sums, whatever the secret: every new key
	 * gets a row at once. Costs more where keys are many times the capacity.
	 */
	bool repeatable;
};

/* Bytes that a summary of this shape needs. */
size_t summary_bytes(const struct summary_shape *shape);

/* Bytes from one key (and its note) to the next wherever keys lie one after the other. */
size_t summary_key_stride(const struct summary_shape *shape);

/* Make a summary in zeroed `memory` (64-byte aligned, summary_bytes() large). */
struct summary *summary_init(void *memory, const struct summary_shape *shape);

/* As it was made. */
const struct summary_shape *summary_shape(const struct summary *summary);

/* Forget everything, the error too. Costs as much as the keys that were in it. */
void summary_clear(struct summary *summary);

/*
 * Keys come with a hash, equal for equal keys. Nobody who chooses keys should be able to choose
 * hashes: make it with a secret. This one will do; who knows more of the keys has a faster one.
 */
uint32_t summary_hash(const struct hash_secret *secret, const void *key, uint32_t key_size);

/* So that what is added next to keys of these hashes does not wait for memory. */
void summary_prefetch(const struct summary *summary, const uint32_t *hashes, uint32_t count);

/*
 * Add a batch: `count` keys one after the other at `keys` (summary_key_stride() bytes each), and
 * the metrics of each side of each. Equal keys may occur again and again. Look-ups are
 * prefetched over the batch.
 */
void summary_add(struct summary *summary, const uint32_t *hashes, const void *keys,
		 const uint64_t (*metrics)[SUMMARY_METRICS], uint32_t count);

/* What a key brings: its metrics, those of both sides together, and 0; as CPUs add up four. */
typedef uint64_t summary_lanes __attribute__((vector_size(16)));
union summary_brought {
	uint64_t metrics[4];
	summary_lanes lanes[2];
};

/*
 * The first step of adding, without the keys: most of those that find no room can be counted as
 * lost by their hash alone. The numbers of the others come to `left`, for summary_add(); returns
 * how many. To be prefetched before.
 */
uint32_t summary_sift(struct summary *summary, const uint32_t *hashes,
		      const union summary_brought *brought, uint32_t count, uint32_t *left);

/*
 * Add all of `from` (same shape but for the capacity, hashes made in the same way), and its error
 * to the error of `into`.
 */
void summary_merge(struct summary *into, const struct summary *from);

/*
 * The same for at most `most` rows from *position on, 0 at first, so that nobody has to wait for
 * all of it. True: those were the last. `from` must not change meanwhile.
 */
bool summary_merge_part(struct summary *into, const struct summary *from, uint32_t *position,
			uint32_t most);

/*
 * Take away what was added: the same sums of the same keys, or less, in any order; a key with
 * nothing left leaves. Only of a summary that had room for all that was added, and exact so far.
 */
void summary_subtract(struct summary *summary, const uint32_t *hashes, const void *keys,
		      const uint64_t (*metrics)[SUMMARY_METRICS], uint32_t count);

/*
 * What will be added was pruned elsewhere: from now on not exact, and the error grows by
 * `error`, a row of metrics for each side.
 */
void summary_add_error(struct summary *summary, const uint64_t (*error)[SUMMARY_METRICS]);

/*
 * Forget all keys but at most `keep`: those among the first keep / (sides * SUMMARY_METRICS) in
 * some metric of some side. Among sums within 1/16 of each other the key that came first stays.
 * Does nothing when there are no more.
 */
void summary_prune(struct summary *summary, uint32_t keep);

/* Distinct keys held now; all that ever came as long as summary_exact(). */
uint32_t summary_keys(const struct summary *summary);
bool summary_exact(const struct summary *summary);
uint64_t summary_error(const struct summary *summary, unsigned int side, unsigned int metric);

/* Sums of everything added, of both sides, forgotten keys included: always exact. */
uint64_t summary_total(const struct summary *summary, unsigned int metric);

/* Into the summary: valid until it changes. */
struct summary_row {
	uint32_t hash;
	const void *key;                            /* its note follows */
	const uint64_t (*metrics)[SUMMARY_METRICS]; /* of each side */
};

/*
 * Those rows that a pruning to `keep` would leave, and the error that all others would have then
 * (of each side). Returns how many.
 */
uint32_t summary_largest(const struct summary *summary, struct summary_row *rows, uint32_t keep,
			 uint64_t (*error)[SUMMARY_METRICS]);

/*
 * The `length` largest keys of each side by each metric, largest first; equal ones in the order of
 * their key's bytes, so that the answer does not depend on history.
 */
struct summary_top {
	struct summary_row *rows; /* the caller's, room for `length` */
	uint32_t count;           /* as many there are */
};
struct summary_tops {
	uint32_t length; /* the caller's; all else is the answer but for the pointers */
	struct summary_top of[2][SUMMARY_METRICS];
	uint32_t keys[2]; /* distinct ones of each side */
};
void summary_top(const struct summary *summary, struct summary_tops *tops);

/* Row by row, in no order: start with *position = 0, false at the end. */
bool summary_next(const struct summary *summary, uint32_t *position, struct summary_row *row);

#endif
