/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/export_facts.h>

/* Of samples that differ by rule no one number tells. */
static uint32_t sampling(const struct snapshot *of)
{
	const uint64_t one_in = snapshot_one_in(of);

	return one_in > 0 && one_in <= UINT32_MAX ? (uint32_t)one_in : 1;
}

void export_facts_make(struct export_facts *facts, const struct snapshot *of)
{
	*facts = (struct export_facts){.started = of->started,
				       .final = of->final,
				       .sampling = sampling(of),
				       .flows = of->flows.created,
				       .ignored_octets = of->flows.overflow_octets,
				       .ledger = {
#define FACT(name, kind, unit, sum, label, value, meaning) .name = value,
					       LEDGER_STATISTICS(FACT, EXPORT_NO_FACT)
#undef FACT
				       }};
}
