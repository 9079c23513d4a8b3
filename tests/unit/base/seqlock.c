/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <pthread.h>

#include <weir/seqlock.h>

Test(seqlock, copy_is_valid_when_nothing_was_written)
{
	uint32_t sequence = 0;

	cr_expect(seqlock_read_valid(&sequence, seqlock_read_begin(&sequence)));
	seqlock_write_begin(&sequence);
	seqlock_write_end(&sequence);
	cr_expect(seqlock_read_valid(&sequence, seqlock_read_begin(&sequence)));
}

Test(seqlock, copy_is_not_valid_during_or_across_a_write)
{
	uint32_t sequence = 0, before = seqlock_read_begin(&sequence), during;

	seqlock_write_begin(&sequence);
	during = seqlock_read_begin(&sequence);
	cr_expect(!seqlock_read_valid(&sequence, before));
	cr_expect(!seqlock_read_valid(&sequence, during));
	seqlock_write_end(&sequence);
	cr_expect(!seqlock_read_valid(&sequence, before));
	cr_expect(!seqlock_read_valid(&sequence, during));
}

Test(seqlock, number_wraps)
{
	uint32_t sequence = UINT32_MAX - 1, before = seqlock_read_begin(&sequence);

	seqlock_write_begin(&sequence);
	seqlock_write_end(&sequence);
	cr_expect_eq(sequence, 0);
	cr_expect(!seqlock_read_valid(&sequence, before));
	cr_expect(seqlock_read_valid(&sequence, 0));
}

#define WRITES 1000000
#define WORDS  8

/* All words are equal between writes. */
static struct {
	uint32_t sequence;
	uint64_t words[WORDS];
} shared;

static void *write_all(void *unused)
{
	(void)unused;
	for (uint64_t value = 1; value <= WRITES; value++) {
		seqlock_write_begin(&shared.sequence);
		for (int i = 0; i < WORDS; i++)
			__atomic_store_n(&shared.words[i], value, __ATOMIC_RELAXED);
		seqlock_write_end(&shared.sequence);
	}
	return NULL;
}

Test(seqlock, reader_beside_a_writer_sees_no_torn_copy)
{
	uint64_t copy[WORDS] = {0}, newest = 0;
	pthread_t writer;

	cr_assert_eq(pthread_create(&writer, NULL, write_all, NULL), 0);
	while (newest < WRITES) {
		uint32_t begin = seqlock_read_begin(&shared.sequence);

		for (int i = 0; i < WORDS; i++)
			copy[i] = __atomic_load_n(&shared.words[i], __ATOMIC_RELAXED);
		if (!seqlock_read_valid(&shared.sequence, begin))
			continue;
		for (int i = 1; i < WORDS; i++)
			cr_assert_eq(copy[i], copy[0]);
		cr_assert_geq(copy[0], newest, "nor does it go back");
		newest = copy[0];
	}
	pthread_join(writer, NULL);
}
