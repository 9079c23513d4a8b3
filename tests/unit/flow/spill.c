/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys chosen, with the secret in hand, so that all belong in one group of the index. */
#include <string.h>

#include "support.h"

/* That makes two groups of 64 buckets: the top bit of the home says which. */
#define CAPACITY 1024
#define CHOSEN   (64 * 15)

static struct packet tcp_packet(uint32_t number, uint8_t flags)
{
	struct endpoint client = {.address = {172, 16, (uint8_t)(number >> 8), (uint8_t)number},
				  .port = (uint16_t)(number >> 4)};
	struct endpoint server = {.address = {192, 0, 2, 1}, .port = 80};
	struct packet packet = make_packet(4, &client, &server, TCP, EPOCH);

	packet.tcp_flags = flags;
	return packet;
}

static uint64_t hash_of(const struct hash_secret *secret, const struct packet *packet)
{
	uint64_t words[2];

	memcpy(words, &packet->key, sizeof(words));
	return hash_2words(secret, words[0], words[1]);
}

/* `count` numbers whose keys all have their home in this group. */
static void choose(uint32_t *numbers, uint32_t count, uint32_t group)
{
	struct flow_settings settings = usual_settings(CAPACITY);

	for (uint32_t number = 0; count > 0; number++) {
		struct packet packet = tcp_packet(number, 0);

		cr_assert_lt(number, UINT16_MAX + 1u);
		if ((hash_of(&settings.secret, &packet) >> 31 & 1) == group)
			numbers[--count] = number;
	}
}

static void feed(struct feeder *feeder, uint32_t number, uint8_t flags, uint64_t clock)
{
	struct packet packet = tcp_packet(number, flags);

	packet.clock = packet.time = clock;
	feeder_packet(feeder, &packet);
}

/* All are counted, and who is closed has lingered. Returns the time by then. */
static uint64_t let_go(struct feeder *feeder, uint64_t clock)
{
	feeder_flush(feeder);
	for (int step = 0; step < 50; step++) {
		flow_table_expire(feeder->table, clock += SECOND / 10);
		feeder_take(feeder);
	}
	return clock;
}

static void open_chosen(struct feeder *feeder, const uint32_t *numbers, uint32_t count)
{
	struct flow_settings settings = usual_settings(CAPACITY);

	settings.active_timeout = FLOW_ACTIVE_TIMEOUT_MAX;
	feeder_open(feeder, &settings, FLOW_BURST);
	for (uint32_t i = 0; i < count; i++)
		feed(feeder, numbers[i], ACK, EPOCH);
	feeder_flush(feeder);
}

Test(spill, the_probe_limit_is_counted)
{
	uint32_t numbers[CHOSEN + 3];
	struct feeder feeder;

	choose(numbers, CHOSEN + 3, 1); /* up to the end of the index */
	open_chosen(&feeder, numbers, CHOSEN + 3);

	const struct flow_counters *counters = flow_table_counters(feeder.table);

	cr_assert_eq(counters->created, CHOSEN);
	cr_assert_eq(counters->overflow_packets[FLOW_OVERFLOW_TABLE], 0);
	cr_assert_eq(counters->overflow_packets[FLOW_OVERFLOW_BUCKET], 3);
	cr_assert_eq(counters->overflow_octets, 3 * 86);
	feeder_check_conserved(&feeder);

	/* As soon as one of them leaves there is room for another. */
	feed(&feeder, numbers[0], RST, EPOCH);
	feed(&feeder, numbers[CHOSEN], ACK, let_go(&feeder, EPOCH));
	feeder_flush(&feeder);
	cr_assert_eq(counters->created, CHOSEN + 1);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

Test(spill, the_probe_limit_costs_no_slot)
{
	uint32_t numbers[CHOSEN + 3];
	struct feeder feeder;

	choose(numbers, CHOSEN + 3, 0);
	open_chosen(&feeder, numbers, CHOSEN + 3);
	for (uint32_t i = 0; i < CHOSEN; i++)
		feed(&feeder, numbers[i], RST, EPOCH);

	uint64_t clock = let_go(&feeder, EPOCH);

	for (uint32_t i = 0; i < CAPACITY; i++) {
		struct packet packet = numbered_packet(i, false, clock);

		feeder_packet(&feeder, &packet);
		feeder_take(&feeder);
	}
	feeder_flush(&feeder);
	cr_assert_eq(feeder_live(&feeder), CAPACITY);
	cr_assert_eq(flow_table_counters(feeder.table)->ended[FLOW_END_RESOURCES], 0);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

/* Deleting from full buckets hides no entry that went past them. */
Test(spill, deletions_hide_nothing)
{
	uint32_t numbers[CHOSEN];
	bool live[CHOSEN];
	struct feeder feeder;
	struct prng prng = {99};
	uint64_t clock = EPOCH;

	choose(numbers, CHOSEN, 0);
	open_chosen(&feeder, numbers, CHOSEN);
	memset(live, true, sizeof(live));

	const struct flow_counters *counters = flow_table_counters(feeder.table);

	cr_assert_eq(counters->created, CHOSEN);
	for (int round = 0; round < 300; round++) {
		for (int i = 0; i < 40; i++) {
			uint32_t which = prng_below(&prng, CHOSEN);

			/* RST ends a live one; what is not there begins. */
			feed(&feeder, numbers[which], live[which] ? RST : SYN, clock);
			live[which] = !live[which];
		}
		clock = let_go(&feeder, clock);

		uint64_t created = counters->created;

		for (uint32_t i = 0; i < CHOSEN; i++) {
			if (live[i])
				feed(&feeder, numbers[i], ACK, clock);
		}
		feeder_flush(&feeder);
		cr_assert_eq(counters->created, created, "a live flow was not found");
	}
	cr_assert_eq(counters->overflow_packets[FLOW_OVERFLOW_BUCKET], 0);
	cr_assert_gt(counters->ended[FLOW_END_CLOSED], 1000);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}

/* Two numbers whose keys have the same home and signature in a table of one group. */
static void choose_twins(uint32_t *one, uint32_t *two)
{
	const uint64_t place = UINT64_C(0xffff) << 48 | UINT64_C(0x3f) << 26;
	struct flow_settings settings = usual_settings(64);
	static uint64_t places[8192];

	for (*one = 0; *one < sizeof(places) / sizeof(places[0]); ++*one) {
		struct packet packet = tcp_packet(*one, ACK);

		places[*one] = hash_of(&settings.secret, &packet) & place;
		for (*two = 0; *two < *one; ++*two) {
			if (places[*two] == places[*one])
				return;
		}
	}
	cr_assert_fail("of 2^25 pairs one in 2^22 should have done");
}

/* Equal 64-bit hashes cannot be made, but equal home and signature can: keys still decide. */
Test(spill, equal_signatures_do_not_merge)
{
	struct flow_settings settings = usual_settings(64);
	struct feeder feeder;
	uint32_t one, two;

	choose_twins(&one, &two);
	feeder_open(&feeder, &settings, 1);
	for (int i = 0; i < 10; i++) {
		feed(&feeder, one, ACK, EPOCH);
		feed(&feeder, two, ACK, EPOCH);
	}
	feeder_flush(&feeder);
	cr_assert_eq(feeder_live(&feeder), 2);
	cr_assert_eq(flow_table_counters(feeder.table)->created, 2);
	/* The early look-up saw the other flow's signature first, and was corrected. */
	cr_assert_gt(flow_table_counters(feeder.table)->relookups, 0);
	feeder_check_conserved(&feeder);
	feeder_close(&feeder);
}
