/* SPDX-License-Identifier: BSD-3-Clause */
/* The prefilter's part of the ledger: what follows from what it counted and what arrived. */
#include <criterion/criterion.h>

#include "ledger.h"

/* 1,000 frames: 600 to be analysed, 200 passed, 100 dropped, 60 over a limit, 40 sampled out. */
static struct snapshot *snapshot_of(bool sockets, bool final)
{
	static struct snapshot snapshot;

	snapshot = (struct snapshot){
		.final = final,
		.prefilter =
			{
				.present = true,
				.sockets = sockets,
				.seen = 1000,
				.analysed = 600,
				.passed = 200,
				.dropped = 100,
				.limited = 60,
				.sampled_out = 40,
			},
	};
	return &snapshot;
}

Test(prefilter_ledger, without_a_prefilter_all_stays_0)
{
	struct snapshot *snapshot = snapshot_of(true, true);

	snapshot->prefilter.present = false;
	snapshot->received = 600;
	ledger_derive_prefilter(snapshot);
	cr_expect_eq(snapshot->prefilter.received, 0);
	cr_expect_not(snapshot->prefilter.balanced);
}

Test(prefilter_ledger, full_sockets_are_named_and_not_analysed)
{
	struct snapshot *snapshot = snapshot_of(true, true);

	snapshot->prefilter.xsk_full = 50;
	snapshot->received = 550;
	snapshot->missed = 50; /* the same frames, by the port's count */
	ledger_derive_prefilter(snapshot);
	cr_expect(snapshot->prefilter.balanced);
	cr_expect_eq(snapshot->prefilter.analysed, 550);
	cr_expect_eq(snapshot->prefilter.received, 550);
	cr_expect_eq(snapshot->prefilter.missed + snapshot->prefilter.in_flight, 0);
}

Test(prefilter_ledger, frames_may_be_in_flight_until_the_end)
{
	struct snapshot *snapshot = snapshot_of(true, false);

	snapshot->received = 580;
	ledger_derive_prefilter(snapshot);
	cr_expect(snapshot->prefilter.balanced);
	cr_expect_eq(snapshot->prefilter.in_flight, 20);
	snapshot = snapshot_of(true, true);
	snapshot->received = 580;
	ledger_derive_prefilter(snapshot);
	cr_expect_not(snapshot->prefilter.balanced);
}

Test(prefilter_ledger, af_packet_misses_and_merges)
{
	struct snapshot *snapshot = snapshot_of(false, true);

	snapshot->received = 500;
	snapshot->missed = 70;
	snapshot->no_mbuf = 10;
	ledger_derive_prefilter(snapshot);
	cr_expect(snapshot->prefilter.balanced);
	cr_expect_eq(snapshot->prefilter.missed, 80);
	cr_expect_eq(snapshot->prefilter.merged, 20);
	cr_expect_eq(snapshot->prefilter.in_flight, 0);
}

Test(prefilter_ledger, more_received_than_handed_over_does_not_balance)
{
	struct snapshot *snapshot = snapshot_of(true, false);

	snapshot->received = 601;
	ledger_derive_prefilter(snapshot);
	cr_expect_not(snapshot->prefilter.balanced);
	cr_expect_eq(snapshot->prefilter.in_flight, 0);
}

Test(prefilter_ledger, a_decision_that_is_lost_does_not_balance)
{
	struct snapshot *snapshot = snapshot_of(true, true);

	snapshot->received = 600;
	snapshot->prefilter.dropped--;
	ledger_derive_prefilter(snapshot);
	cr_expect_not(snapshot->prefilter.balanced);
}
