/* SPDX-License-Identifier: BSD-3-Clause */
/* Millions of first fragments that nothing follows, beside traffic that is fragmented honestly. */
#include <sys/resource.h>

#include "fragment.h"
#include "support.h"
#include "attack.h"

#define CAPACITY  65536
#define DATAGRAMS 2000 /* honest ones */
#define BETWEEN   1000 /* hostile fragments between an honest first and its later one */

static void feed(struct feeder *feeder, struct packet packet)
{
	packet.time = packet.clock = EPOCH + feeder->packets * 100;
	feeder_packet(feeder, &packet);
	feeder_take(feeder);
	feeder->ended_count = 0;
}

static long resident_peak(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* Packets in flows with ports, and in those without. */
static void count_by_ports(const struct flow_table *table, uint64_t counts[2])
{
	union flow_copy copy;

	counts[0] = counts[1] = 0;
	for (uint32_t slot = 0; slot < flow_table_used(table); slot++) {
		if (flow_table_read(table, slot, &copy) != FLOW_SLOT_LIVE)
			continue;
		counts[(copy.record.hot.key.port[0] | copy.record.hot.key.port[1]) != 0] +=
			(uint64_t)copy.record.hot.packets[0] + copy.record.hot.packets[1];
	}
}

Test(fragments, flood_of_first_ones)
{
	struct flow_settings settings = usual_settings(CAPACITY);
	uint64_t fed = 0, counts[2];
	struct feeder feeder;
	long peak = 0;

	cr_assert_eq(hash_secret_draw(&settings.secret), 0);
	feeder_open(&feeder, &settings, FLOW_BURST);
	for (uint32_t i = 0; i < DATAGRAMS; i++) {
		feed(&feeder, attack_fragment(i, false));
		for (uint32_t j = 0; j < BETWEEN; j++)
			feed(&feeder, attack_first_fragment((uint32_t)fed++));
		feed(&feeder, attack_fragment(i, true));
		if (i == DATAGRAMS / 10)
			peak = resident_peak();
	}
	feeder_flush(&feeder);

	const struct flow_counters *counters = flow_table_counters(feeder.table);

	cr_assert_eq(counters->fragments_first, fed + DATAGRAMS);
	cr_assert_eq(counters->fragments_later, DATAGRAMS);
	/* An honest one is pushed out when four hostile ones meet its set: one in 500. */
	cr_assert_lt(counters->fragments_unmatched, DATAGRAMS / 100);
	/* None is lost either way. */
	count_by_ports(feeder.table, counts);
	cr_assert_eq(counts[0], counters->fragments_unmatched);
	cr_assert_eq(counts[0] + counts[1], feeder.packets);
	cr_assert_eq(counters->packets, feeder.packets);
	/* What memory there is was decided at the start. */
	cr_assert_lt(resident_peak() - peak, 1024, "kB more since the first tenth");
	feeder_close(&feeder);
}

/* Once the flood has filled all sets honest fragments that come together are still matched. */
Test(fragments, flooded_memory_still_works)
{
	struct flow_settings settings = usual_settings(CAPACITY);
	struct feeder feeder;

	cr_assert_eq(hash_secret_draw(&settings.secret), 0);
	feeder_open(&feeder, &settings, FLOW_BURST);
	for (uint32_t i = 0; i < 100 * FRAGMENT_SETS * FRAGMENT_WAYS; i++)
		feed(&feeder, attack_first_fragment(i));
	for (uint32_t i = 0; i < DATAGRAMS; i++) {
		feed(&feeder, attack_fragment(i, false));
		feed(&feeder, attack_fragment(i, true));
	}
	feeder_flush(&feeder);
	cr_assert_eq(flow_table_counters(feeder.table)->fragments_unmatched, 0);
	cr_assert_eq(flow_table_counters(feeder.table)->packets, feeder.packets);
	feeder_close(&feeder);
}
