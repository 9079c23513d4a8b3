/* SPDX-License-Identifier: BSD-3-Clause */
/* What any thread may ask of an outlet. */
#include "outlet_state.h"

bool outlet_left_alone(const struct outlet *outlet)
{
	return __atomic_load_n(&outlet->left_alone, __ATOMIC_ACQUIRE);
}

/* What became of the items that were given while `given` stood still. */
static void read_counts(const struct outlet *outlet, struct outlet_ledger *ledger)
{
	do {
		ledger->given = __atomic_load_n(&outlet->given, __ATOMIC_ACQUIRE);
		ledger->lost_full = __atomic_load_n(&outlet->lost_full, __ATOMIC_ACQUIRE);
		ledger->full_packets = __atomic_load_n(&outlet->full_packets, __ATOMIC_RELAXED);
		ledger->full_octets = __atomic_load_n(&outlet->full_octets, __ATOMIC_RELAXED);
		ledger->full_directions =
			__atomic_load_n(&outlet->full_directions, __ATOMIC_RELAXED);
		ledger->sent = __atomic_load_n(&outlet->sent, __ATOMIC_ACQUIRE);
		ledger->lost_remote = __atomic_load_n(&outlet->lost, __ATOMIC_ACQUIRE);
	} while (__atomic_load_n(&outlet->given, __ATOMIC_RELAXED) != ledger->given);
}

void outlet_ledger(const struct outlet *outlet, struct outlet_ledger *ledger)
{
	const struct outlet_settings *settings = &outlet->settings;
	bool closed = __atomic_load_n(&outlet->closed, __ATOMIC_ACQUIRE);

	*ledger = (struct outlet_ledger){
		.option = settings->option,
		.name = settings->name,
		.what = settings->what,
		.failure = __atomic_load_n(&outlet->failure, __ATOMIC_RELAXED),
	};
	read_counts(outlet, ledger);
	*(closed ? &ledger->lost_remote : &ledger->waiting) +=
		ledger->given - ledger->sent - ledger->lost_remote - ledger->lost_full;
}
