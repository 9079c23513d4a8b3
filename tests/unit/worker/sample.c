/* SPDX-License-Identifier: BSD-3-Clause */
/* The draw of --sample: how many, whatever the period of what is drawn from, and by key alone. */
#include <criterion/criterion.h>
#include <math.h>

#include <weir/sample.h>

#define FRAMES 1000000u
#define BINS   64u

static struct sample sample_of(uint32_t one_in, uint64_t key)
{
	return (struct sample){.one_in = one_in, .secret = {{key, key * 3, key * 5, key * 7}}};
}

#define KEY UINT64_C(0x9e3779b97f4a7c15)

/*
 * Chi-square over frames by their number modulo BINS, so that traffic with such a period is drawn
 * from evenly: of 64 terms it is 64 +- 11, and above 120 once in 40,000 keys.
 */
static double chi_square(const struct sample *sample, uint64_t stream)
{
	const double probability = 1.0 / sample->one_in, expected = FRAMES / BINS * probability;
	uint32_t drawn[BINS] = {0};
	double sum = 0;

	for (uint64_t n = 0; n < FRAMES; n++)
		drawn[n % BINS] += sample_takes(sample, n, stream);
	for (unsigned int b = 0; b < BINS; b++)
		sum += pow(drawn[b] - expected, 2) / (expected * (1 - probability));
	return sum;
}

Test(sample, is_unbiased)
{
	for (uint32_t one_in = 2; one_in <= 1024; one_in *= 2)
		for (uint64_t stream = 0; stream < 4; stream++) {
			const struct sample sample = sample_of(one_in, KEY + one_in);
			const double chi = chi_square(&sample, stream);

			cr_expect(chi > 25 && chi < 120, "1 in %u: %g", one_in, chi);
		}
}

/* Gaps between drawn frames: each is n frames long with a chance of (1 - p)^n p. */
Test(sample, forgets_what_it_drew)
{
	const struct sample sample = sample_of(4, KEY);
	uint32_t gaps[12] = {0}, drawn = 0, gap = 0;
	double sum = 0;

	for (uint64_t n = 0; n < FRAMES; n++, gap++) {
		if (!sample_takes(&sample, n, 1))
			continue;
		drawn++;
		gaps[gap < 12 ? gap : 11] += gap < 12;
		gap = UINT32_MAX; /* 0 for the next one */
	}
	for (unsigned int g = 0; g < 11; g++) {
		const double expected = drawn * pow(0.75, g) * 0.25;

		sum += pow(gaps[g] - expected, 2) / expected;
	}
	cr_expect_lt(sum, 40, "%g for 11 gaps", sum);
}

static unsigned int both(const struct sample *a, uint64_t stream_a, const struct sample *b,
			 uint64_t stream_b)
{
	unsigned int count = 0;

	for (uint64_t n = 0; n < FRAMES; n++)
		count += sample_takes(a, n, stream_a) && sample_takes(b, n, stream_b);
	return count;
}

/* A sixteenth of all is in both of two samples of a quarter, if they know nothing of each other. */
Test(sample, keys_and_streams_are_independent)
{
	const struct sample one = sample_of(4, KEY), other = sample_of(4, KEY + 1);

	cr_expect(abs((int)both(&one, 1, &other, 1) - 62500) < 1250);
	cr_expect(abs((int)both(&one, 1, &one, 2) - 62500) < 1250);
}

Test(sample, one_in_one_is_all)
{
	const struct sample all = sample_of(1, KEY);

	for (uint64_t n = 0; n < 1000; n++)
		cr_assert(sample_takes(&all, n, 0));
}
