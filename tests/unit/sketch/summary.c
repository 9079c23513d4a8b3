/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#define KEYS 500

typedef uint64_t metrics_t[SUMMARY_METRICS];

/* Adds one key at a time unless a test is about batches. */
static void add(struct summary *summary, uint32_t size, uint32_t id, uint64_t a, uint64_t b,
		uint64_t c)
{
	uint8_t key[SUMMARY_KEY_MAX];
	metrics_t metrics = {a, b, c};

	make_key(key, size, id);
	add_keys(summary, key, &metrics, 1);
}

static const struct summary_shape noted = {
	.capacity = 64, .key_size = 16, .sides = 1, .noted = true};

static void add_noted(struct summary *summary, uint32_t id, uint64_t value, uint64_t note)
{
	uint8_t key[24];
	metrics_t metrics = {value, 1, 0};

	make_key(key, 16, id);
	memcpy(key + 16, &note, sizeof(note));
	add_keys(summary, key, &metrics, 1);
}

static uint64_t note_of(const struct summary_row *row, uint32_t key_size)
{
	uint64_t note;

	memcpy(&note, (const uint8_t *)row->key + key_size, sizeof(note));
	return note;
}

ParameterizedTestParameters(summary, exact_up_to_capacity)
{
	static uint32_t sizes[] = {4, 5, 13, 16, 24, 40, 64};

	return cr_make_param_array(uint32_t, sizes, sizeof(sizes) / sizeof(sizes[0]));
}

ParameterizedTest(const uint32_t *size, summary, exact_up_to_capacity)
{
	struct summary *summary = make_summary(KEYS, *size);
	metrics_t model[KEYS] = {0}, total = {0};
	uint8_t keys[97 * SUMMARY_KEY_MAX];
	metrics_t batch[97];
	struct prng random = {*size};

	for (int round = 0; round < 300; round++) {
		uint32_t count = prng_below(&random, 98);

		for (uint32_t i = 0; i < count; i++) {
			/* Half of the time a key that the batch is likely to have already. */
			uint32_t id = (uint32_t)(prng_next(&random) % (i % 2 ? 4 : KEYS));

			make_key(keys + i * *size, *size, id);
			for (int m = 0; m < SUMMARY_METRICS; m++) {
				batch[i][m] = prng_next(&random) >> (20 + 10 * m);
				model[id][m] += batch[i][m];
				total[m] += batch[i][m];
			}
		}
		add_keys(summary, keys, batch, count);
	}

	cr_assert(summary_exact(summary));
	cr_assert_eq(summary_keys(summary), KEYS);
	struct summary_row row;
	uint32_t position = 0, rows = 0;
	while (summary_next(summary, &position, &row)) {
		cr_assert_arr_eq(row.metrics[0], model[key_id(row.key, *size)], sizeof(metrics_t));
		memset(model[key_id(row.key, *size)], 0xff, sizeof(metrics_t)); /* not twice */
		rows++;
	}
	cr_assert_eq(rows, KEYS);
	for (unsigned int m = 0; m < SUMMARY_METRICS; m++) {
		cr_assert_eq(summary_total(summary, m), total[m]);
		cr_assert_eq(summary_error(summary, 0, m), 0);
	}
	free(summary);
}

Test(summary, keys_that_differ_in_one_bit_stay_apart)
{
	struct summary *summary = make_summary(512, 40);
	metrics_t one = {1, 0, 0};
	struct summary_row row;
	uint32_t position = 0;

	for (int bit = 0; bit < 320; bit++) {
		uint8_t key[40] = {0};

		key[bit / 8] = (uint8_t)(1 << (bit % 8));
		add_keys(summary, key, &one, 1);
	}
	cr_assert_eq(summary_keys(summary), 320);
	while (summary_next(summary, &position, &row))
		cr_assert_eq(row.metrics[0][0], 1);
	free(summary);
}

Test(summary, top_is_ordered_and_ties_go_by_key)
{
	struct summary *summary = make_summary(KEYS, 16);
	struct summary_row rows[KEYS + 1];

	/* Ids in an order of their own; values 0..9 repeat fifty times. */
	for (uint32_t i = 0; i < KEYS; i++) {
		uint32_t id = i * 7919 % KEYS;

		add(summary, 16, id, id % 10, id, 1);
	}
	cr_assert_eq(top_of(summary, 0, 0, rows, 0), 0);
	for (uint32_t count = 1; count <= KEYS + 1; count += 71) {
		uint32_t expected = count < KEYS ? count : KEYS;

		cr_assert_eq(top_of(summary, 0, 0, rows, count), expected);
		for (uint32_t i = 0; i < expected; i++)
			cr_assert_eq(key_id(rows[i].key, 16), (9 - i / 50) + i % 50 * 10);
		cr_assert_eq(top_of(summary, 0, 1, rows, count), expected);
		for (uint32_t i = 0; i < expected; i++)
			cr_assert_eq(key_id(rows[i].key, 16), KEYS - 1 - i);
		/* All are equal in the last metric: the keys' order alone. */
		cr_assert_eq(top_of(summary, 0, 2, rows, count), expected);
		for (uint32_t i = 0; i < expected; i++)
			cr_assert_eq(key_id(rows[i].key, 16), i);
	}
	free(summary);
}

Test(summary, clear_leaves_a_new_summary)
{
	struct summary *summary = make_summary(KEYS, 16);
	struct summary_row row;
	uint32_t position;

	/* Few keys, many keys, more than there is room for: each way of clearing. */
	for (uint32_t keys = 1; keys < 4 * KEYS; keys = keys * 3 / 2 + 1) {
		for (uint32_t id = 0; id < keys; id++)
			add(summary, 16, id + keys, 5, 1, 0);
		cr_assert_eq(summary_exact(summary), keys <= KEYS);
		summary_clear(summary);
		position = 0;
		cr_assert_eq(summary_keys(summary), 0);
		cr_assert(summary_exact(summary));
		cr_assert_not(summary_next(summary, &position, &row));
		for (unsigned int m = 0; m < SUMMARY_METRICS; m++) {
			cr_assert_eq(summary_total(summary, m), 0);
			cr_assert_eq(summary_error(summary, 0, m), 0);
		}
		add(summary, 16, keys, 3, 2, 1);
		cr_assert(summary_next(summary, &position, &row));
		cr_assert_arr_eq(row.metrics[0], ((metrics_t){3, 2, 1}), sizeof(metrics_t));
		summary_clear(summary);
	}
	free(summary);
}

Test(summary, merge_of_exact_ones_is_exact)
{
	struct summary *a = make_summary(64, 16), *b = make_summary(64, 16);
	struct summary_row rows[64];

	for (uint32_t id = 0; id < 40; id++)
		add(a, 16, id, 100 + id, 1, 0);
	for (uint32_t id = 20; id < 60; id++)
		add(b, 16, id, 1000, 0, 1);
	summary_merge(a, b);
	cr_assert(summary_exact(a));
	cr_assert_eq(top_of(a, 0, 0, rows, 64), 60);
	for (uint32_t i = 0; i < 60; i++) {
		uint32_t id = key_id(rows[i].key, 16);

		cr_assert_eq(rows[i].metrics[0][0],
			     (id < 40 ? 100 + id : 0) + (id >= 20 ? 1000 : 0));
		cr_assert_eq(rows[i].metrics[0][1], id < 40);
		cr_assert_eq(rows[i].metrics[0][2], id >= 20);
	}
	cr_assert_eq(summary_total(a, 0), 40 * 100 + 39 * 20 + 40 * 1000);
	cr_assert_eq(summary_keys(b), 40, "the one merged from stays as it was");
	free(a);
	free(b);
}

Test(summary, error_told_from_outside_counts)
{
	struct summary *summary = make_summary(64, 16);
	const metrics_t error[1] = {{7, 5, 0}};

	add(summary, 16, 1, 1, 1, 1);
	summary_add_error(summary, error);
	summary_add_error(summary, error);
	cr_assert_not(summary_exact(summary));
	cr_assert_eq(summary_error(summary, 0, 0), 14);
	cr_assert_eq(summary_error(summary, 0, 1), 10);
	cr_assert_eq(summary_error(summary, 0, 2), 0);
	free(summary);
}

Test(summary, prune_keeps_the_largest_in_each_metric)
{
	struct summary *summary = make_summary(1000, 16);
	struct summary_row row;
	uint32_t position = 0;
	bool held[1000] = {false};

	/* Ids 0..99 lead in the first metric, 100..199 in the second, 200..299 in the third. */
	for (uint32_t id = 0; id < 1000; id++)
		add(summary, 16, id, id < 100 ? 1000 : 1 + id % 50, id / 100 == 1 ? 900 : 2,
		    id / 100 == 2 ? 800 : id % 2);
	summary_prune(summary, 1000);
	cr_assert(summary_exact(summary), "there was room for all");
	summary_prune(summary, 300);
	cr_assert_eq(summary_keys(summary), 300);
	while (summary_next(summary, &position, &row))
		held[key_id(row.key, 16)] = true;
	for (uint32_t id = 0; id < 1000; id++)
		cr_assert_eq(held[id], id < 300);
	cr_assert_eq(summary_error(summary, 0, 0), 50);
	cr_assert_eq(summary_error(summary, 0, 1), 2);
	cr_assert_eq(summary_error(summary, 0, 2), 1);
	free(summary);
}

Test(summary, prune_among_equals_keeps_the_elder)
{
	struct summary *summary = make_summary(60, 16);
	struct summary_row row;
	uint32_t position = 0;

	for (uint32_t id = 0; id < 60; id++)
		add(summary, 16, id, 1, 1, 1);
	summary_prune(summary, 30);
	cr_assert_eq(summary_keys(summary), 10, "a third for each metric, and all three agree");
	while (summary_next(summary, &position, &row))
		cr_assert_lt(key_id(row.key, 16), 10);
	free(summary);
}

Test(summary, what_is_zero_is_never_kept_for_it)
{
	struct summary *summary = make_summary(60, 16);

	for (uint32_t id = 0; id < 60; id++)
		add(summary, 16, id, id == 59, 0, 0);
	summary_prune(summary, 30);
	cr_assert_eq(summary_keys(summary), 1);
	cr_assert_eq(summary_error(summary, 0, 0), 0);
	free(summary);
}

Test(summary, the_smallest_note_stays)
{
	struct summary *a = make_shape(noted), *b = make_shape(noted);
	struct summary_row row;

	add_noted(a, 1, 10, 500);
	add_noted(a, 1, 10, 300);
	add_noted(a, 1, 10, 400);
	add_noted(a, 2, 5, 7);
	add_noted(b, 1, 1, 200);
	add_noted(b, 2, 1, 9);
	cr_assert_eq(top_of(a, 0, 0, &row, 1), 1);
	cr_assert_eq(key_id(row.key, 16), 1);
	cr_assert_eq(note_of(&row, 16), 300);
	summary_merge(a, b);
	cr_assert_eq(summary_keys(a), 2, "a note is no part of the key");
	cr_assert_eq(top_of(a, 0, 0, &row, 1), 1);
	cr_assert_eq(row.metrics[0][0], 31);
	cr_assert_eq(note_of(&row, 16), 200);

	/* Pruning moves rows: the notes go with them. */
	for (uint32_t id = 3; id < 64; id++)
		add_noted(a, id, 0, 1);
	summary_prune(a, 6);
	struct summary_row rows[2];
	cr_assert_eq(top_of(a, 0, 0, rows, 2), 2);
	cr_assert_eq(note_of(&rows[0], 16), 200);
	cr_assert_eq(note_of(&rows[1], 16), 7);
	free(a);
	free(b);
}

/* Two sides: what a key has on one of them is nothing to the other. */
static const struct summary_shape two_sided = {.capacity = 64, .key_size = 16, .sides = 2};

static void add_sides(struct summary *summary, uint32_t id, uint64_t sent, uint64_t received)
{
	uint8_t key[16];
	metrics_t metrics[2] = {{sent, sent > 0, 0}, {received, received > 0, 0}};

	make_key(key, 16, id);
	add_keys(summary, key, metrics, 1);
}

Test(summary, sides_are_apart)
{
	struct summary *summary = make_shape(two_sided), *other = make_shape(two_sided);
	struct summary_row rows[64];

	for (uint32_t id = 0; id < 30; id++)
		add_sides(summary, id, id < 20 ? 1 + id : 0, id >= 10 ? 1000 - id : 0);
	add_sides(other, 5, 100, 7);
	summary_merge(summary, other);
	cr_assert_eq(summary_keys(summary), 30);
	cr_assert_eq(side_keys(summary, 0), 20);
	cr_assert_eq(side_keys(summary, 1), 21);
	cr_assert_eq(top_of(summary, 0, 0, rows, 64), 20);
	cr_assert_eq(key_id(rows[0].key, 16), 5);
	cr_assert_eq(rows[0].metrics[0][0], 106);
	cr_assert_eq(rows[0].metrics[1][0], 7);
	cr_assert_eq(key_id(rows[1].key, 16), 19);
	cr_assert_eq(top_of(summary, 1, 0, rows, 64), 21);
	cr_assert_eq(key_id(rows[0].key, 16), 10);
	cr_assert_eq(key_id(rows[20].key, 16), 5);
	cr_assert_eq(summary_total(summary, 0), 210 + 100 + 20 * 1000 - (10 + 29) * 10 + 7);
	free(summary);
	free(other);
}

Test(summary, prune_keeps_the_largest_of_each_side)
{
	struct summary *summary = make_shape(two_sided);
	struct summary_row row;
	uint32_t position = 0;

	for (uint32_t id = 0; id < 60; id++)
		add_sides(summary, id, id < 5 ? 500 : 1, id >= 55 ? 700 : 2);
	summary_prune(summary, 30);
	while (summary_next(summary, &position, &row))
		cr_assert(key_id(row.key, 16) < 5 || key_id(row.key, 16) >= 55);
	cr_assert_eq(summary_keys(summary), 10);
	cr_assert_eq(summary_error(summary, 0, 0), 1);
	cr_assert_eq(summary_error(summary, 1, 0), 2);
	free(summary);
}

/* Not exact any more is not the same as full: what fits is held. */
Test(summary, error_from_outside_turns_no_key_away)
{
	struct summary *summary = make_summary(64, 16);
	const metrics_t error[1] = {{1000, 1000, 1000}};

	summary_add_error(summary, error);
	for (uint32_t id = 0; id < 64; id++)
		add(summary, 16, id, 1, 1, 1);
	cr_assert_eq(summary_keys(summary), 64);
	cr_assert_eq(summary_error(summary, 0, 0), 1000);
	free(summary);
}
