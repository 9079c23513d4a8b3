/* SPDX-License-Identifier: BSD-3-Clause */
#include "ledger.h"

/* What the prefilter meant to be analysed becomes what reached weir's queue, and the rest. */
static void derive_losses(struct snapshot_prefilter *prefilter, const struct snapshot *snapshot)
{
	if (!prefilter->sockets)
		prefilter->missed = snapshot->missed + snapshot->no_mbuf;
	prefilter->analysed -= prefilter->xsk_full;
	prefilter->received = snapshot->received;
}

void ledger_derive_prefilter(struct snapshot *snapshot)
{
	struct snapshot_prefilter *prefilter = &snapshot->prefilter;
	uint64_t arrived, left;

	if (!prefilter->present)
		return;
	derive_losses(prefilter, snapshot);
	arrived = prefilter->received + prefilter->missed;
	left = prefilter->analysed - arrived;
	prefilter->balanced = arrived <= prefilter->analysed &&
			      prefilter->seen == prefilter->analysed + prefilter->passed +
							 prefilter->dropped + prefilter->limited +
							 prefilter->sampled_out +
							 prefilter->xsk_full;
	if (!prefilter->balanced)
		return;
	/* Nothing is on its way any more: AF_PACKET gave several frames as one. */
	if (snapshot->final && !prefilter->sockets)
		prefilter->merged = left;
	else
		prefilter->in_flight = left;
	if (snapshot->final && prefilter->in_flight > 0)
		prefilter->balanced = false;
}
