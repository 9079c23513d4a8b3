/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal_nap.h"

#include <errno.h>
#include <time.h>

#include <weir/clock.h>

/* So long the EAL sleeps to measure the counter, where the CPU does not tell its rate. */
#define MEASURE_NS (100 * CLOCK_MILLISECOND)
#define BRIEF_NS   (5 * CLOCK_MILLISECOND)

static bool brief;

void eal_nap_briefly(bool briefly)
{
	brief = briefly;
}

/* In place of libc's, for the libraries, too: the same, but for that one sleep. */
__attribute__((visibility("default"))) int nanosleep(const struct timespec *wanted,
						     struct timespec *left)
{
	const struct timespec shorter = {.tv_nsec = (long)BRIEF_NS};
	const bool measures = brief && wanted->tv_sec == 0 && wanted->tv_nsec == (long)MEASURE_NS;
	const int result = clock_nanosleep(CLOCK_MONOTONIC, 0, measures ? &shorter : wanted, left);

	errno = result != 0 ? result : errno;
	return result != 0 ? -1 : 0;
}
