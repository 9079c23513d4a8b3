/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_CTL_EXPORT_RECORDS_H
#define WEIR_APP_CTL_EXPORT_RECORDS_H

#include <stdint.h>

#include <weir/flow.h>

/*
 * The flow records of `weirctl export test`: known ones, that show what a collector makes of them.
 * Record N of 1 to EXPORT_RECORDS is from 192.0.2.N to 198.51.100.N, or from 2001:db8::N to
 * 2001:db8:1::N: addresses for documentation, which no traffic has.
 */
#define EXPORT_RECORDS 10

struct export_record {
	const char *shows;
	struct flow_view view;
};

/* Fill in all of them; their flows ended in the minute before `now` (ns since 1970). */
void export_records_make(struct export_record records[EXPORT_RECORDS], uint64_t now);

/* What they come to: forward, and back. */
struct export_sums {
	uint64_t records; /* with packets that way */
	uint64_t packets, octets;
};

void export_records_sum(const struct export_record records[EXPORT_RECORDS],
			struct export_sums sums[2]);

#endif
