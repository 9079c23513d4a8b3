/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>

#include "fixture.h"

/*
 * More keys than there is room for, in every order that could hurt. A plain array knows the
 * true sums; what the summary promises must hold for every key, held, forgotten or turned away.
 */
#define CAPACITY 256
#define IDS      8192
#define ADDS     60000

struct stream {
	const char *name;
	/* Of the i-th add: which key, how much. */
	uint32_t (*id)(uint32_t i, struct prng *random);
	uint64_t (*value)(uint32_t i, uint32_t id);
};

static uint32_t uniform(uint32_t i, struct prng *random)
{
	(void)i;
	return prng_below(random, IDS);
}

/* Zipf with exponent 1 by inverting its (continuous) distribution. */
static uint32_t zipf(uint32_t i, struct prng *random)
{
	double u = (double)(prng_next(random) >> 11) / 9007199254740992.0;

	(void)i;
	return (uint32_t)pow(IDS, u) - 1;
}

static uint32_t ascending(uint32_t i, struct prng *random)
{
	(void)random;
	return i % IDS;
}

/* Just one key more than there is room for, round and round. */
static uint32_t one_too_many(uint32_t i, struct prng *random)
{
	(void)random;
	return i % (CAPACITY + 1);
}

/* Every second add is for one of a few, the others are always new. */
static uint32_t noise_around_few(uint32_t i, struct prng *random)
{
	return i % 2 ? prng_below(random, 8) : 8 + i / 2 % (IDS - 8);
}

static uint64_t as_one(uint32_t i, uint32_t id)
{
	(void)i;
	(void)id;
	return 1;
}

static uint64_t growing(uint32_t i, uint32_t id)
{
	(void)id;
	return i;
}

static uint64_t shrinking(uint32_t i, uint32_t id)
{
	(void)id;
	return ADDS - i;
}

static uint64_t by_key(uint32_t i, uint32_t id)
{
	(void)i;
	return (uint64_t)(id % 97) * (id % 97) * 1000;
}

/* A giant comes late, when the summary has been pruned many times. */
static uint64_t late_giant(uint32_t i, uint32_t id)
{
	return id == 3 && i > ADDS - 100 ? UINT64_C(1) << 40 : 1;
}

static const struct stream streams[] = {
	{"uniform", uniform, as_one},
	{"uniform, growing", uniform, growing},
	{"zipf", zipf, as_one},
	{"zipf, by key", zipf, by_key},
	{"ascending", ascending, as_one},
	{"ascending, growing", ascending, growing},
	{"ascending, shrinking", ascending, shrinking},
	{"one too many", one_too_many, as_one},
	{"one too many, growing", one_too_many, growing},
	{"noise around few", noise_around_few, as_one},
	{"noise around few, late giant", noise_around_few, late_giant},
};

#define STREAMS (sizeof(streams) / sizeof(streams[0]))

/* Each test runs in a process of its own, where pointers mean nothing: numbers go there. */
static struct criterion_test_params every_stream(void)
{
	static uint32_t numbers[STREAMS];

	for (uint32_t i = 0; i < STREAMS; i++)
		numbers[i] = i;
	return cr_make_param_array(uint32_t, numbers, STREAMS);
}

/* Sides alternate from key to key: of all keys each has a smaller part on the other side. */
#define SIDES 2
static const struct summary_shape shape = {.capacity = CAPACITY, .key_size = 40, .sides = SIDES};

struct truth {
	uint64_t sums[IDS][SIDES][SUMMARY_METRICS];
	uint64_t total[SUMMARY_METRICS];
};

/* In two steps, as who makes keys only where they are needed. */
static void sift_and_add(struct summary *summary, const uint8_t (*keys)[40],
			 const uint64_t (*metrics)[SIDES][SUMMARY_METRICS], uint32_t count)
{
	union summary_brought brought[BATCH_MAX] = {0};
	uint32_t hashes[BATCH_MAX], left[BATCH_MAX], left_count;

	hash_keys(summary, keys[0], count, hashes);
	for (uint32_t i = 0; i < count; i++)
		for (int side = 0; side < SIDES; side++)
			for (int m = 0; m < SUMMARY_METRICS; m++)
				brought[i].metrics[m] += metrics[i][side][m];
	left_count = summary_sift(summary, hashes, brought, count, left);
	cr_assert_leq(left_count, count);
	for (uint32_t i = 0; i < left_count; i++)
		add_keys(summary, keys[left[i]], metrics[left[i]], 1);
}

/* Adds number `from` up to `to` of the stream, in batches, to the summary and the truth. */
static void run(const struct stream *stream, uint32_t from, uint32_t to, struct summary *summary,
		struct truth *truth)
{
	uint8_t keys[50][40];
	uint64_t metrics[50][SIDES][SUMMARY_METRICS];
	struct prng random = {42 + from};
	uint32_t count = 0;

	for (uint32_t i = from; i < to; i++) {
		uint32_t id = stream->id(i, &random);
		uint64_t(*add)[SUMMARY_METRICS] = metrics[count];

		/* The metrics disagree about who is large. */
		add[id % 2][0] = stream->value(i, id);
		add[id % 2][1] = 1 + id % 3;
		add[id % 2][2] = id % 5 == 0 ? stream->value(ADDS - i, id) : 0;
		for (int m = 0; m < SUMMARY_METRICS; m++)
			add[!(id % 2)][m] = add[id % 2][m] / 2;
		make_key(keys[count], 40, id);
		for (int side = 0; side < SIDES; side++) {
			for (int m = 0; m < SUMMARY_METRICS; m++) {
				truth->sums[id][side][m] += add[side][m];
				truth->total[m] += add[side][m];
			}
		}
		if (++count == 50 || i + 1 == to) {
			if (prng_below(&random, 2))
				sift_and_add(summary, keys, metrics, count);
			else
				add_keys(summary, keys, metrics[0], count);
			count = 0;
		}
	}
}

static void check(const struct summary *summary, const struct truth *truth)
{
	uint64_t(*held)[SIDES][SUMMARY_METRICS] = calloc(IDS, sizeof(*held));
	struct summary_row row;
	uint32_t position = 0;

	cr_assert_leq(summary_keys(summary), CAPACITY);
	while (summary_next(summary, &position, &row))
		memcpy(held[key_id(row.key, 40)], row.metrics, sizeof(*held));
	for (int side = 0; side < SIDES; side++) {
		for (unsigned int m = 0; m < SUMMARY_METRICS; m++) {
			uint64_t error = summary_error(summary, side, m);

			cr_assert_eq(summary_total(summary, m), truth->total[m]);
			for (uint32_t id = 0; id < IDS; id++) {
				uint64_t sum = truth->sums[id][side][m];

				cr_assert_leq(held[id][side][m], sum, "key %u", id);
				cr_assert_leq(sum, held[id][side][m] + error, "key %u", id);
			}
		}
	}
	free(held);
}

ParameterizedTestParameters(summary_bound, holds_for_every_key)
{
	return every_stream();
}

ParameterizedTest(const uint32_t *number, summary_bound, holds_for_every_key)
{
	const struct stream *stream = &streams[*number];
	struct summary *summary = make_shape(shape);
	struct truth *truth = calloc(1, sizeof(*truth));

	for (uint32_t done = 0; done < ADDS; done += ADDS / 8) {
		run(stream, done, done + ADDS / 8, summary, truth);
		check(summary, truth);
	}
	cr_assert_not(summary_exact(summary), "%s fits: it tests nothing", stream->name);
	free(truth);
	free(summary);
}

ParameterizedTestParameters(summary_bound, holds_over_merges)
{
	return every_stream();
}

ParameterizedTest(const uint32_t *number, summary_bound, holds_over_merges)
{
	const struct stream *stream = &streams[*number];
	struct summary *total = make_shape(shape), *part = make_shape(shape);
	struct truth *truth = calloc(1, sizeof(*truth));

	for (uint32_t done = 0; done < ADDS; done += ADDS / 20) {
		summary_clear(part);
		run(stream, done, done + ADDS / 20, part, truth);
		summary_merge(total, part);
		check(total, truth);
	}
	cr_assert_not(summary_exact(total));
	free(truth);
	free(part);
	free(total);
}

static void assert_same(const struct summary *one, const struct summary *other)
{
	struct summary_row a, b;
	uint32_t at = 0, beside = 0;

	cr_assert_eq(summary_keys(one), summary_keys(other));
	while (summary_next(one, &at, &a)) {
		cr_assert(summary_next(other, &beside, &b));
		cr_assert_arr_eq(a.key, b.key, 40);
		cr_assert_arr_eq(a.metrics, b.metrics, SIDES * sizeof(*a.metrics));
	}
	for (int side = 0; side < SIDES; side++)
		for (unsigned int m = 0; m < SUMMARY_METRICS; m++)
			cr_assert_eq(summary_error(one, side, m), summary_error(other, side, m));
}

ParameterizedTestParameters(summary_bound, repeatable_whatever_the_secret)
{
	return every_stream();
}

ParameterizedTest(const uint32_t *number, summary_bound, repeatable_whatever_the_secret)
{
	const struct stream *stream = &streams[*number];
	struct summary_shape repeatable = shape;
	struct truth *truth = calloc(1, sizeof(*truth));

	repeatable.repeatable = true;
	/* Words of the digits of e; and the one that makes all keys collide. */
	const struct hash_secret of_e = {
		{0xb7e151628aed2a6a, 0xbf7158809cf4f3c7, 0x62e7160f38b4da56, 0xa784d9045190cfef}};
	struct summary *one = make_shape(repeatable), *other = make_shape(repeatable);

	secret = of_e;
	for (uint32_t done = 0; done < ADDS; done += ADDS / 8) {
		run(stream, done, done + ADDS / 8, one, truth);
		check(one, truth);
	}
	memset(truth, 0, sizeof(*truth));
	secret = (struct hash_secret){{0}};
	run(stream, 0, ADDS, other, truth);
	secret = of_e;
	memset(truth, 0, sizeof(*truth));
	summary_clear(one);
	run(stream, 0, ADDS, one, truth);
	cr_assert_not(summary_exact(one));
	assert_same(one, other);
	free(truth);
	free(other);
	free(one);
}

/* After all that it is as good as new. */
Test(summary_bound, clear_forgets_who_was_turned_away)
{
	struct summary *summary = make_shape(shape);
	struct truth *truth = calloc(1, sizeof(*truth));

	run(&streams[0], 0, ADDS, summary, truth);
	summary_clear(summary);
	memset(truth, 0, sizeof(*truth));
	run(&(struct stream){"few", one_too_many, as_one}, 0, CAPACITY, summary, truth);
	cr_assert(summary_exact(summary));
	cr_assert_eq(summary_error(summary, 0, 0), 0);
	cr_assert_eq(summary_keys(summary), CAPACITY);
	check(summary, truth);
	free(truth);
	free(summary);
}

/* The error is of use only if it is small: a fair share of all, not a multiple of it. */
Test(summary_bound, error_is_a_small_share_of_all)
{
	struct summary *summary = make_shape(shape);
	struct truth *truth = calloc(1, sizeof(*truth));

	run(&streams[0], 0, ADDS, summary, truth);
	for (unsigned int m = 0; m < SUMMARY_METRICS; m++)
		cr_assert_lt(summary_error(summary, 0, m) * (CAPACITY / 8), truth->total[m]);
	free(truth);
	free(summary);
}

/* The use of it all: 32 times more keys than room, and the top list of real traffic is right. */
Test(summary_bound, top_of_zipf_is_the_true_top)
{
	struct summary *summary = make_shape(shape);
	struct truth *truth = calloc(1, sizeof(*truth));
	struct summary_row rows[8];

	run(&(struct stream){"zipf", zipf, as_one}, 0, ADDS, summary, truth);
	for (int side = 0; side < SIDES; side++) {
		cr_assert_eq(top_of(summary, side, 1, rows, 8), 8);
		for (uint32_t i = 0; i < 8; i++) {
			uint32_t id = key_id(rows[i].key, 40), larger = 0;

			for (uint32_t other = 0; other < IDS; other++)
				larger += truth->sums[other][side][1] > truth->sums[id][side][1];
			cr_assert_eq(larger, i, "side %d, rank %u", side, i);
		}
	}
	free(truth);
	free(summary);
}
