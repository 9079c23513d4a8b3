/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_KIT_PRNG_H
#define WEIR_TESTS_KIT_PRNG_H

#include <stdbool.h>
#include <stdint.h>

/*
 * SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014):
 * from one seed the same numbers on every machine, so that what failed fails again. Any seed will
 * do.
 */
struct prng {
	uint64_t state;
};

/* The same bits for the same number: for properties that need not be stored. */
static inline uint64_t prng_mix(uint64_t number)
{
	number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
	number = (number ^ number >> 27) * 0x94d049bb133111eb;
	return number ^ number >> 31;
}

static inline uint64_t prng_next(struct prng *prng)
{
	return prng_mix(prng->state += 0x9e3779b97f4a7c15);
}

/* A whole number below `bound`, which is 2^32 at most. */
static inline uint32_t prng_below(struct prng *prng, uint64_t bound)
{
	return (uint32_t)((prng_next(prng) >> 32) * bound >> 32);
}

/* True once in `n` times. */
static inline bool prng_one_in(struct prng *prng, uint32_t n)
{
	return prng_below(prng, n) == 0;
}

static inline bool prng_percent(struct prng *prng, uint32_t percent)
{
	return prng_below(prng, 100) < percent;
}

/* True with a probability of 0..1. */
static inline bool prng_chance(struct prng *prng, double probability)
{
	return (double)(prng_next(prng) >> 32) < probability * 0x1p32;
}

#endif
