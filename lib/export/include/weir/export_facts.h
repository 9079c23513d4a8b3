/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_FACTS_H
#define WEIR_EXPORT_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/snapshot.h>
#include <weir/statistics.h>

/*
 * What outlets tell their other side of weir itself, beside the records: all of one snapshot.
 * What an outlet did with its records it knows by itself (weir/outlet.h).
 */
struct export_facts {
	uint64_t started;        /* when weir started to receive, ns since 1970; 0: not yet */
	bool final;              /* all flows have ended and all records are given */
	uint32_t sampling;       /* of so many packets one is counted; 1: all are */
	uint64_t flows;          /* ever made */
	uint64_t ignored_octets; /* of the packets in no record, ledger.overflow */
#define EXPORT_FACT(name, ...) uint64_t name;
#define EXPORT_NO_FACT(...)
	struct {
		LEDGER_STATISTICS(EXPORT_FACT, EXPORT_NO_FACT)
	} ledger;
#undef EXPORT_FACT
};

void export_facts_make(struct export_facts *facts, const struct snapshot *snapshot);

#endif
