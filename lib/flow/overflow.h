/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_OVERFLOW_H
#define WEIR_FLOW_OVERFLOW_H

#include <weir/flow.h>

/* Count a packet that is in no record. The worker's alone; a bounded look through few places. */
void overflow_count(struct flow_overflow_sums *sums, const struct hash_secret *secret,
		    const struct packet *packet);

/* Any thread: a copy, each sum of which is whole. */
void overflow_copy(struct flow_overflow_sums *to, const struct flow_overflow_sums *from);

#endif
