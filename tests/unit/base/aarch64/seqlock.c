/* SPDX-License-Identifier: BSD-3-Clause */
/* A writer and a reader of two words, whose instructions tests/unit/base/seqlock_fences.py looks
 * at. */
#include <weir/seqlock.h>

void write_pair(uint32_t *sequence, uint64_t pair[2], uint64_t value);
bool read_pair(const uint32_t *sequence, const uint64_t pair[2], uint64_t copy[2]);

void write_pair(uint32_t *sequence, uint64_t pair[2], uint64_t value)
{
	seqlock_write_begin(sequence);
	pair[0] = value;
	pair[1] = value;
	seqlock_write_end(sequence);
}

bool read_pair(const uint32_t *sequence, const uint64_t pair[2], uint64_t copy[2])
{
	uint32_t begin = seqlock_read_begin(sequence);

	seqlock_copy(copy, pair, 2 * sizeof(*pair));
	return seqlock_read_valid(sequence, begin);
}
