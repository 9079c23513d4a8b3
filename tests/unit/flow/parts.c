/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of the table that its own interface does not show. */
#include <string.h>

#include <weir/clock.h>

#include "record.h"
#include "support.h"

/* ---- a key is compared in full, whatever the hash says ---- */

static void flip_every_bit(const struct flow_record *record, const struct packet *packet,
			   size_t offset, size_t size)
{
	for (size_t bit = 0; bit < 8 * size; bit++) {
		struct packet other = *packet;

		((uint8_t *)&other)[offset + bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_not(record_is(&record->hot, &record->cold, &other), "offset %zu bit %zu",
			      offset, bit);
	}
}

static void begin(struct flow_record *record, const struct packet *packet)
{
	record_start(&record->hot, &record->cold, packet,
		     (struct flow_origin){.state = packet->direction}, 0);
}

static void every_bit(int version)
{
	struct endpoint one = {.address = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
			       .port = 17};
	struct endpoint two = {.address = {21, 22, 23}, .port = 27};
	struct packet packet = make_packet(version, &one, &two, UDP, EPOCH);
	struct flow_record record = {0};

	begin(&record, &packet);
	cr_assert(record_is(&record.hot, &record.cold, &packet));
	flip_every_bit(&record, &packet, offsetof(struct packet, key),
		       offsetof(struct packet_key, zero));
	if (version == 6)
		flip_every_bit(&record, &packet, offsetof(struct packet, prefix),
			       sizeof(packet.prefix));
}

Test(identity, every_bit_of_the_key_counts)
{
	every_bit(4);
	every_bit(6);
}

Test(identity, a_record_that_has_ended_equals_no_packet)
{
	struct packet packet = numbered_packet(1, true, EPOCH);
	struct flow_record record = {0};

	begin(&record, &packet);
	record.hot.key.zero |= FLOW_STATE_REORDERED | FLOW_STATE_TCP | FLOW_STATE_FORWARD1;
	cr_assert(record_is(&record.hot, &record.cold, &packet));
	for (uint8_t end = FLOW_END_IDLE; end < FLOW_ENDS; end++) {
		struct flow_record ended = record;

		ended.hot.key.zero |= (uint8_t)(end << FLOW_STATE_END_SHIFT);
		cr_assert_not(record_is(&ended.hot, &ended.cold, &packet));
		cr_assert_not(record_live(&ended.hot));
	}
}

/* Every bit of key and prefix moves the hash, and the state of a record does not. */
Test(identity, every_bit_of_the_key_is_hashed)
{
	struct hash_secret secret = usual_settings(64).secret;
	struct endpoint one = {.address = {1}, .port = 17}, two = {.address = {2}, .port = 27};
	struct packet packet = make_packet(6, &one, &two, UDP, EPOCH);
	uint64_t hash = record_hash(&secret, &packet.key, packet.prefix);

	for (size_t bit = 0; bit < 8 * sizeof(packet.prefix); bit++) {
		struct packet other = packet;

		((uint8_t *)other.prefix)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_neq(record_hash(&secret, &other.key, other.prefix), hash);
	}
	for (size_t bit = 0; bit < 8 * offsetof(struct packet_key, zero); bit++) {
		struct packet other = packet;

		((uint8_t *)&other.key)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_neq(record_hash(&secret, &other.key, other.prefix), hash);
	}
}

/* ---- the short way to count a packet against the general one ---- */

static const struct flow_timeouts timeouts = {.inactive = 30 * CLOCK_SECOND, .active = 300 << 10};

/* A record and a packet of it that is as usual as any: 3 packets each way, wide bounds. */
static void make_usual(struct flow_record *record, struct packet *packet)
{
	*packet = numbered_packet(1, false, EPOCH);
	memset(record, 0, sizeof(*record));
	begin(record, packet);
	record->hot.packets[0] = record->hot.packets[1] = 3;
	record->hot.octets0 = record->hot.octets1 = 1000;
	record->hot.size_min = 0;
	record->hot.size_max = UINT16_MAX;
	record->hot.ttl_min = 0;
	record->hot.ttl_max = UINT8_MAX;
}

/* False, and nothing done: the packet is not as usual. */
static bool count_usual(struct flow_record *record, const struct packet *packet)
{
	struct record_usual usual;

	if (!record_is_usual(&record->hot, &timeouts, packet, &usual))
		return false;
	record_count_usual(&record->hot, &usual);
	return true;
}

/* True: counted as the general way counts. False: nothing was changed. */
static bool counted_the_same(const struct flow_record *record, const struct packet *packet)
{
	struct flow_record usual = *record, general = *record;

	if (!count_usual(&usual, packet)) {
		check(memcmp(&usual, record, sizeof(usual)) == 0, "refused, and changed");
		return false;
	}
	check(!record_is_due(&record->hot, &timeouts, packet->clock), "the record is due");
	check(!record_dormant(&record->hot), "the record is dormant");
	check(!record_full(&record->hot, &record->cold, packet), "the record is full");
	record_update(&general.hot, &general.cold, packet);
	check(memcmp(&usual, &general, sizeof(usual)) == 0, "counted in another way");
	return true;
}

#define UNUSUAL(change)                                                                            \
	do {                                                                                       \
		make_usual(&record, &packet);                                                      \
		cr_assert(counted_the_same(&record, &packet));                                     \
		change;                                                                            \
		cr_expect_not(counted_the_same(&record, &packet), #change);                        \
	} while (0)

Test(usual, every_exception_alone_is_one)
{
	const uint32_t packets = (UINT32_C(1) << FLOW_PACKETS_LIMIT_SHIFT) - 1;
	const uint64_t octets = (UINT64_C(1) << FLOW_OCTETS_LIMIT_SHIFT) - 1;
	struct flow_record record;
	struct packet packet;

	UNUSUAL(record.hot.packets[0] = packets);
	UNUSUAL(record.hot.link_octets = packets - 1);
	UNUSUAL(record.hot.octets0 = octets);
	UNUSUAL(record.hot.packets[0] = 0);
	UNUSUAL((packet.direction = 1, record.hot.packets[1] = packets));
	UNUSUAL((packet.direction = 1, record.hot.octets1 = octets));
	UNUSUAL((packet.direction = 1, record.hot.packets[1] = 0));
	UNUSUAL(packet.octets = packet.frame_length + 1); /* what is around it is negative */
	UNUSUAL(packet.frame_length = 65536);
	UNUSUAL(record.hot.size_min = 101);
	UNUSUAL(record.hot.size_max = 99);
	UNUSUAL(record.hot.ttl_min = 65);
	UNUSUAL(record.hot.ttl_max = 63);
	UNUSUAL(packet.time--);
	UNUSUAL(packet.tcp_flags = TCP_FIN);
	UNUSUAL(packet.tcp_flags = TCP_RST);
	UNUSUAL(record.hot.key.zero |= TCP_CLOSED << FLOW_STATE_TCP_SHIFT);
	UNUSUAL(record.hot.key.zero |= FLOW_STATE_REORDERED);
	UNUSUAL(record.hot.key.zero |= 1 << FLOW_STATE_TCP_SHIFT);
	UNUSUAL(packet.clock = packet.time += timeouts.inactive + 1);
	UNUSUAL((packet.clock = packet.time += (uint64_t)(timeouts.active + 2) << 20,
		 record.hot.seen = packet.clock));
}

/* Records and packets about the limits, two of which may come together. */
Test(usual, agrees_with_the_general_way)
{
	static const uint32_t around[] = {
		0,   1,     2,     63,    64,         65,         99,         100,       101,
		255, 65534, 65535, 65536, 0x7ffffffe, 0x7fffffff, 0x80000000, 0xffffffff};
	enum { COUNT = sizeof(around) / sizeof(around[0]) };
	struct prng prng = {1};
	uint32_t counted = 0;

	for (int i = 0; i < 300000; i++) {
		struct flow_record record;
		struct packet packet;

		make_usual(&record, &packet);
		for (int change = 0; change < 3; change++) {
			uint32_t value = around[prng_below(&prng, COUNT)];

			switch (prng_below(&prng, 12)) {
			case 0:
				record.hot.packets[prng_below(&prng, 2)] = value;
				break;
			case 1:
				record.hot.link_octets = value & 0x7fffffff;
				break;
			case 2:
				record.hot.octets0 = (UINT64_C(1) << 47) - 1 - value;
				break;
			case 3:
				record.hot.octets1 = (UINT64_C(1) << 47) - 1 - value;
				break;
			case 4:
				packet.frame_length = value;
				break;
			case 5:
				packet.octets = value;
				break;
			case 6:
				record.hot.size_min = (uint16_t)value;
				break;
			case 7:
				record.hot.size_max = (uint16_t)value;
				break;
			case 8:
				packet.ttl = (uint8_t)value;
				break;
			case 9:
				packet.tcp_flags = (uint8_t)value;
				break;
			case 10:
				packet.direction ^= 1;
				break;
			default:
				packet.clock = packet.time += value;
				break;
			}
		}
		counted += counted_the_same(&record, &packet);
	}
	cr_expect_gt(counted, 30000);
	cr_expect_lt(counted, 270000);
}

/* A dormant record takes no packet on the short way, whatever its TTL. */
Test(usual, a_dormant_record_is_not)
{
	struct flow_record record;
	struct packet packet;

	for (uint32_t ttl = 0; ttl <= UINT8_MAX; ttl++) {
		make_usual(&record, &packet);
		record.hot.ttl_min = UINT8_MAX;
		record.hot.ttl_max = 0;
		packet.ttl = (uint8_t)ttl;
		cr_assert(record_dormant(&record.hot) && !record_live(&record.hot));
		cr_assert_not(count_usual(&record, &packet));
	}
}

/* ---- elephants: counters that carry, against plain sums ---- */

struct sums {
	uint64_t packets[2], octets[2], frame_octets;
};

static void feed(struct flow_record *record, const struct packet *packet, struct sums *sums)
{
	if (!count_usual(record, packet)) {
		cr_assert_not(record_full(&record->hot, &record->cold, packet));
		record_update(&record->hot, &record->cold, packet);
	}
	sums->packets[packet->direction]++;
	sums->octets[packet->direction] += packet->octets;
	sums->frame_octets += packet->frame_length;
}

static void expect_sums(const struct flow_record *record, const struct sums *sums)
{
	struct flow_view view;

	flow_view(record, &view);
	check(memcmp(view.packets, sums->packets, sizeof(sums->packets)) == 0, "packets");
	check(memcmp(view.octets, sums->octets, sizeof(sums->octets)) == 0, "octets");
	check(view.frame_octets == sums->frame_octets, "frame octets");
	check(view.tos[0] == 1 && view.tos[1] == 2, "not of the first packets");
	check(record_live(&record->hot), "not live");
}

/* As if so many packets of that kind had come: up to just before the hot counters' limit. */
static void leap(struct flow_record *record, struct sums *sums, unsigned int direction)
{
	uint32_t packets = FLOW_CARRY - 3 - record->hot.packets[direction];
	uint32_t link_octets = FLOW_CARRY - 40 - record->hot.link_octets;

	record->hot.packets[direction] += packets;
	record->hot.link_octets += link_octets;
	sums->packets[direction] += packets;
	sums->frame_octets += link_octets;
}

Test(elephant, counters_carry_and_lose_nothing)
{
	struct flow_record record = {0};
	struct sums sums = {0};
	struct packet packet = numbered_packet(1, false, EPOCH);

	cr_assert_eq(packet.direction, 0);
	packet.tos = 1;
	begin(&record, &packet);
	sums = (struct sums){{1}, {packet.octets}, packet.frame_length};
	packet.tos = 2;
	packet.direction = 1;
	feed(&record, &packet, &sums);
	packet.tos = 3;
	for (int carry = 0; carry < 250; carry++) {
		for (packet.direction = 0; packet.direction < 2; packet.direction++) {
			leap(&record, &sums, packet.direction);
			for (int i = 0; i < 6; i++) {
				feed(&record, &packet, &sums);
				expect_sums(&record, &sums);
			}
		}
	}
	cr_assert_eq(record.cold.carried_packets[0], 250);
	cr_assert_eq(record.cold.carried_link, 500);
	/* More than 400 Gbit/s of the smallest frames bring in 300 s. */
	cr_assert_gt(sums.packets[0], UINT64_C(595238095) * 300);
	cr_assert_gt(sums.packets[1], UINT64_C(595238095) * 300);
}

Test(elephant, full_before_anything_wraps)
{
	struct flow_record record = {0};
	struct packet packet = numbered_packet(1, false, EPOCH);
	struct sums sums;
	uint64_t frames = 0;

	packet.tos = 1;
	begin(&record, &packet);
	sums = (struct sums){{1}, {packet.octets}, packet.frame_length};
	packet.tos = 2;
	packet.direction = 1;
	feed(&record, &packet, &sums);
	/* As much around the IP packet as a frame can claim. */
	packet.octets = 20;
	packet.frame_length = UINT32_MAX;
	for (; !record_full(&record.hot, &record.cold, &packet); frames++)
		feed(&record, &packet, &sums);
	expect_sums(&record, &sums);
	/* All of 400 Gbit/s in 300 s. */
	cr_assert_gt(frames * (UINT32_MAX - 20), UINT64_C(50000000000) * 300);
}
