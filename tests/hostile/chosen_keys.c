/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys chosen by someone who knows the code but not the secret. That the attack works where the
 * secret is known shows that it is one; then the drawn secret takes its effect away.
 */
#include "support.h"
#include "table.h"
#include "attack.h"

#define CAPACITY 65536
#define ATTACK   32768 /* flows */
#define ROUNDS   4     /* packets of each */
#define REACH    (BUCKET_WAYS * BUCKET_REACH)

static struct packet chosen[ATTACK];

static void attack(struct feeder *feeder, const struct hash_secret *secret)
{
	struct flow_settings settings = usual_settings(CAPACITY);

	settings.secret = *secret;
	cr_assert_eq(attack_find_keys(CAPACITY, chosen, ATTACK), ATTACK);
	feeder_open(feeder, &settings, FLOW_BURST);
	for (uint32_t i = 0; i < ROUNDS * ATTACK; i++) {
		struct packet packet = chosen[i % ATTACK];

		packet.time = packet.clock = EPOCH + i;
		feeder_packet(feeder, &packet);
	}
	feeder_flush(feeder);
}

/* No two flows in one record, none in two. */
static void check_records(const struct feeder *feeder)
{
	union flow_copy copy;

	for (uint32_t slot = 0; slot < flow_table_used(feeder->table); slot++) {
		if (flow_table_read(feeder->table, slot, &copy) == FLOW_SLOT_LIVE)
			cr_assert_eq(copy.record.hot.packets[0] + copy.record.hot.packets[1],
				     ROUNDS);
	}
	feeder_check_conserved(feeder);
}

/* Entries that lie in another bucket than their own. */
static uint64_t spilled(const struct flow_table *table)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < table->index.count; i++)
		sum += table->index.buckets[i].spilled;
	return sum;
}

Test(chosen_keys, all_collide_without_a_secret)
{
	const struct hash_secret no_secret = {{0}};
	struct attack_place first, place;

	cr_assert_eq(attack_find_keys(CAPACITY, chosen, ATTACK), ATTACK);
	first = attack_place(&no_secret, CAPACITY, &chosen[0]);
	for (uint32_t i = 1; i < ATTACK; i++) {
		place = attack_place(&no_secret, CAPACITY, &chosen[i]);
		cr_assert(place.bucket == first.bucket && place.signature == first.signature);
		cr_assert(memcmp(&chosen[i].key, &chosen[i - 1].key, sizeof(chosen[i].key)) != 0);
	}
}

/* Every look-up compares a hundred records, and all flows but those find no room. */
Test(chosen_keys, known_secret_is_beaten)
{
	const struct hash_secret no_secret = {{0}};
	struct feeder feeder;

	attack(&feeder, &no_secret);

	const struct flow_counters *counters = flow_table_counters(feeder.table);

	cr_assert_eq(counters->created, REACH);
	cr_assert_eq(counters->overflow_packets[1], ROUNDS * (ATTACK - REACH));
	check_records(&feeder);
	feeder_close(&feeder);
}

Test(chosen_keys, drawn_secret_is_not)
{
	for (int draw = 0; draw < 8; draw++) {
		struct hash_secret secret;
		struct feeder feeder;

		cr_assert_eq(hash_secret_draw(&secret), 0);
		attack(&feeder, &secret);

		const struct flow_counters *counters = flow_table_counters(feeder.table);

		cr_assert_eq(counters->created, ATTACK);
		cr_assert_eq(counters->overflow_packets[0] + counters->overflow_packets[1], 0);
		/* As with any keys: at two flows a bucket one in 10,000 has more than eight. */
		cr_assert_lt(spilled(feeder.table), ATTACK / 100);
		cr_assert_lt(counters->relookups, ROUNDS * ATTACK / 100);
		check_records(&feeder);
		feeder_close(&feeder);
	}
}
