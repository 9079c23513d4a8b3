/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_OUTLET_LEDGER_H
#define WEIR_OUTLET_LEDGER_H

#include <stdint.h>

/*
 * What became of all that an outlet (lib/export) was given, in items: flow records or reports.
 *
 *	given = sent + waiting + lost_full + lost_remote
 */
struct outlet_ledger {
	const char *option; /* what made it: "flows"; these three are there for as long as it is */
	const char *name;   /* where it goes, as people know it */
	const char *what;   /* its items: "flow records" */
	uint64_t given;
	/* Taken by the disk, by the reader's end or, of datagrams, by the kernel; acknowledged,
	 * where the other side does that. */
	uint64_t sent;
	uint64_t waiting;
	uint64_t lost_full; /* found no room */
	/* Packets and octets of those, and how many directions had some; flow records only. */
	uint64_t full_packets, full_octets, full_directions;
	uint64_t lost_remote; /* never taken by the other side */
	int failure;          /* errno of the last attempt to send; 0: it went well */
};

#endif
