/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_BENCH_TABLE_SUBJECT_H
#define WEIR_TESTS_BENCH_TABLE_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/packet.h>

/*
 * What bench-table measures: a table of flows behind calls that are made once a burst. Each
 * program links one: flow.c (weir's) or hash.c (rte_hash and an array of the same records).
 */
struct subject_settings {
	uint32_t capacity;
	uint64_t inactive_timeout; /* ns */
	bool ipv6;
	bool extended; /* weir's: with an extension that counts every packet */
	bool live;     /* the table's clock is the one that comes with each burst */
};

struct subject_sums {
	uint64_t counted;        /* packets, in records of flows */
	uint64_t overflow;       /* packets that found no room */
	uint64_t created, ended; /* flows */
};

extern const uint32_t subject_burst; /* packets */

/* NULL with a line on standard error: not possible. The table's memory is touched already. */
void *subject_create(const struct subject_settings *settings);
void subject_destroy(void *subject);

/* Where the next burst goes, and to count it when it is filled, `clock` being the worker's. */
struct packet *subject_next(void *subject);
void subject_push(void *subject, uint64_t clock);

/* After what still lay between stages was counted. */
struct subject_sums subject_finish(void *subject, uint64_t clock);

#endif
