/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

/* What keeps the work of one call small: merging in parts, and slices that come and go. */

#define KEYS 500

typedef uint64_t metrics_t[SUMMARY_METRICS];

static void add(struct summary *summary, uint32_t id, uint64_t a, uint64_t b, uint64_t c)
{
	uint8_t key[16];
	metrics_t metrics = {a, b, c};

	make_key(key, sizeof(key), id);
	add_keys(summary, key, &metrics, 1);
}

/* Parts that come and go, as the seconds of a window do: what is there is the sum of those there.
 */
#define PARTS      24
#define PART_KEYS  200
#define PARTS_HELD 5

struct part {
	uint8_t keys[PART_KEYS][16];
	metrics_t metrics[PART_KEYS];
	uint32_t hashes[PART_KEYS], ids[PART_KEYS], count;
};

static void make_part(struct part *part, struct prng *random)
{
	part->count = 1 + prng_below(random, PART_KEYS);
	for (uint32_t i = 0; i < part->count; i++) {
		part->ids[i] = prng_below(random, KEYS);
		make_key(part->keys[i], 16, part->ids[i]);
		part->hashes[i] = summary_hash(&secret, part->keys[i], 16);
		for (int m = 0; m < SUMMARY_METRICS; m++)
			part->metrics[i][m] = 1 + prng_below(random, 1000);
	}
}

static void check_parts(const struct summary *summary, const struct part *parts, uint32_t count)
{
	metrics_t model[KEYS] = {0};
	struct summary_row row;
	uint32_t position = 0, distinct = 0;

	for (uint32_t p = 0; p < count; p++)
		for (uint32_t i = 0; i < parts[p].count; i++)
			for (int m = 0; m < SUMMARY_METRICS; m++)
				model[parts[p].ids[i]][m] += parts[p].metrics[i][m];
	for (uint32_t id = 0; id < KEYS; id++)
		distinct += model[id][0] > 0;
	cr_assert_eq(summary_keys(summary), distinct);
	while (summary_next(summary, &position, &row))
		cr_assert_arr_eq(row.metrics[0], model[key_id(row.key, 16)], sizeof(metrics_t));
}

ParameterizedTestParameters(summary_parts, parts_come_and_go)
{
	/* Hashes that spread; and those that are all the same, so that every bucket spills. */
	static struct hash_secret secrets[] = {{{5, 7, 11, 13}}, {{0}}};

	return cr_make_param_array(struct hash_secret, secrets, 2);
}

ParameterizedTest(const struct hash_secret *drawn, summary_parts, parts_come_and_go)
{
	static struct part parts[PARTS];
	struct summary *summary = make_summary(KEYS, 16);
	struct prng random = {17};

	secret = *drawn;
	for (uint32_t p = 0; p < PARTS; p++) {
		uint32_t held = p < PARTS_HELD ? p : PARTS_HELD;

		make_part(&parts[p], &random);
		if (held == PARTS_HELD)
			summary_subtract(summary, parts[p - held].hashes, parts[p - held].keys,
					 parts[p - held].metrics, parts[p - held].count);
		summary_add(summary, parts[p].hashes, parts[p].keys, parts[p].metrics,
			    parts[p].count);
		held -= held == PARTS_HELD;
		check_parts(summary, &parts[p - held], held + 1);
	}
	cr_assert(summary_exact(summary));
	free(summary);
}

Test(summary_parts, merging_in_parts_is_merging)
{
	struct summary *from = make_summary(KEYS, 16), *whole = make_summary(KEYS, 16),
		       *parts = make_summary(KEYS, 16);
	struct summary_row a[KEYS], b[KEYS];
	uint32_t position = 0, calls = 1;

	for (uint32_t id = 0; id < KEYS; id++)
		add(from, id, id * 7919 % 1000, 1, id);
	summary_merge(whole, from);
	while (!summary_merge_part(parts, from, &position, 64))
		calls++;
	cr_assert_eq(calls, (KEYS + 63) / 64);
	cr_assert_eq(summary_total(parts, 2), summary_total(whole, 2));
	cr_assert_eq(top_of(whole, 0, 0, a, KEYS), KEYS);
	cr_assert_eq(top_of(parts, 0, 0, b, KEYS), KEYS);
	for (uint32_t i = 0; i < KEYS; i++) {
		cr_assert_eq(key_id(a[i].key, 16), key_id(b[i].key, 16));
		cr_assert_arr_eq(a[i].metrics, b[i].metrics, sizeof(metrics_t));
	}
	free(from);
	free(whole);
	free(parts);
}

/* As a pruning would leave them, and what that would forget; nothing is changed. */
Test(summary_parts, largest_are_those_that_a_pruning_leaves)
{
	struct summary *summary = make_summary(KEYS, 16);
	struct summary_row rows[KEYS], row;
	uint64_t error[1][SUMMARY_METRICS];
	uint32_t position = 0, kept;

	for (uint32_t id = 0; id < KEYS; id++)
		add(summary, id, id, KEYS - id, id % 50);
	cr_assert_eq(summary_largest(summary, rows, KEYS, error), KEYS);
	cr_assert_eq(error[0][0], 0);
	kept = summary_largest(summary, rows, 60, error);
	cr_assert_eq(summary_keys(summary), KEYS);
	cr_assert(summary_exact(summary));

	uint32_t ids[60];

	cr_assert_leq(kept, 60);
	for (uint32_t i = 0; i < kept; i++)
		ids[i] = key_id(rows[i].key, 16);
	summary_prune(summary, 60);
	cr_assert_eq(summary_keys(summary), kept);
	for (uint32_t i = 0; summary_next(summary, &position, &row); i++)
		cr_assert_eq(key_id(row.key, 16), ids[i]);
	for (unsigned int m = 0; m < SUMMARY_METRICS; m++)
		cr_assert_eq(error[0][m], summary_error(summary, 0, m));
	free(summary);
}
