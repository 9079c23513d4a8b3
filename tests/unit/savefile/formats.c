/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* pcap and pcapng, field by field, and cut everywhere. Random pcapng files:
 * tests/golden/captures.py */

#define ETHERNET 1
#define SECOND   UINT64_C(1000000000)

static struct got whole(const struct bytes *bytes)
{
	return read_bytes(bytes->at, bytes->count, bytes->count, 4096);
}

Test(pcap, byte_orders_and_units)
{
	static const struct {
		uint32_t magic;
		uint64_t unit;
	} kinds[] = {{0xa1b2c3d4, 1000}, {0xa1b23c4d, 1}};

	for (unsigned int kind = 0; kind < 4; kind++) {
		struct bytes bytes = {.swapped = kind & 1};
		struct got got;

		put_pcap(&bytes, kinds[kind / 2].magic, ETHERNET);
		put_record(&bytes, 7, 999999, 60, 1514);
		put_record(&bytes, 0xfffffffe, 0, 0, 0);
		got = whole(&bytes);
		cr_assert_eq(got.count, 2);
		cr_expect_eq(got.end, SAVEFILE_WHOLE);
		cr_expect_eq(got.frames[0].time, 7 * SECOND + 999999 * kinds[kind / 2].unit);
		cr_expect_eq(got.frames[0].captured, 60);
		cr_expect_eq(got.frames[0].wire, 1514);
		cr_expect_eq(got.frames[0].link, ETHERNET);
		cr_expect_eq(got.first[0], 60);
		/* Seconds are unsigned: 2106, not 1969. */
		cr_expect_eq(got.frames[1].time, 0xfffffffe * SECOND);
		cr_expect_eq(got.frames[1].number, 2);
	}
}

/* Headers of records with more in them, by the magic or by what makes sense. */
Test(pcap, longer_record_headers)
{
	static const struct {
		uint32_t magic;
		unsigned int more;
	} kinds[] = {{0xa1b2cd34, 8}, {0xa1b2cd34, 12}, {0xa1b2c3d4, 8}, {0xa1b2c3d4, 4}};

	for (unsigned int kind = 0; kind < 4; kind++) {
		struct bytes bytes = {0};
		struct got got;

		put_pcap(&bytes, kinds[kind].magic, ETHERNET);
		for (uint32_t frame = 1; frame <= 3; frame++) {
			put32(&bytes, 1700000000 + frame);
			put32(&bytes, 0);
			put32(&bytes, 60);
			put32(&bytes, 60);
			put_fill(&bytes, 0xee, kinds[kind].more);
			put_fill(&bytes, (uint8_t)frame, 60);
		}
		got = whole(&bytes);
		cr_assert_eq(got.count, 3, "kind %u: %u frames", kind, got.count);
		for (unsigned int frame = 0; frame < 3; frame++)
			cr_expect_eq(got.first[frame], frame + 1);
		cr_expect_eq(got.end, SAVEFILE_WHOLE);
	}
}

/* Versions before 2.3 have the lengths the other way round. */
Test(pcap, old_versions)
{
	struct bytes bytes = {0};
	struct got got;

	put_pcap(&bytes, 0xa1b2c3d4, ETHERNET);
	bytes.at[6] = 2;
	put_record(&bytes, 1, 0, 60, 20);
	bytes.count -= 40;
	got = whole(&bytes);
	cr_assert_eq(got.count, 1);
	cr_expect_eq(got.frames[0].captured, 20);
	cr_expect_eq(got.frames[0].wire, 60);
	bytes.at[4] = 9;
	cr_expect_eq(whole(&bytes).result, -EINVAL);
	bytes.at[4] = 2;
	bytes.at[6] = 7;
	cr_expect_eq(whole(&bytes).end, SAVEFILE_CUT, "later ones are as 2.4");
}

/* AIX: 2.2 with link types of its own (6 is Ethernet), and ns. */
Test(pcap, aix)
{
	struct bytes bytes = {.swapped = true};
	struct got got;

	put_pcap(&bytes, 0xa1b2c3d4, 6);
	bytes.at[7] = 2;
	put_record(&bytes, 1, 999999999, 60, 60);
	got = whole(&bytes);
	cr_assert_eq(got.count, 1);
	cr_expect_eq(got.frames[0].link, ETHERNET);
	cr_expect_eq(got.frames[0].time, SECOND + 999999999);
	bytes.at[23] = 9;
	cr_expect_eq(whole(&bytes).result, -EPROTONOSUPPORT, "token ring");
}

/* Ixia's are pcap but for one more word in the header. */
Test(pcap, ixia)
{
	for (uint32_t magic = 0x1c0001ab; magic <= 0x1c0001ac; magic++)
		for (unsigned int swapped = 0; swapped < 2; swapped++) {
			struct bytes bytes = {.swapped = swapped};
			struct got got;

			put_pcap(&bytes, magic, ETHERNET);
			put32(&bytes, 2 * 76);
			put_record(&bytes, 1, 5, 60, 60);
			put_record(&bytes, 2, 0, 59, 59);
			got = whole(&bytes);
			cr_assert_eq(got.count, 2);
			cr_expect_eq(got.frames[0].time, SECOND + 5000);
			cr_expect_eq(got.first[1], 59);
			cr_expect_eq(read_bytes(bytes.at, 26, 26, 64).result, -EINVAL);
		}
}

/* The FCS is left out of every length; its length counts only where it is said to be known. */
Test(pcap, fcs)
{
	static const uint32_t fields[] = {0x24000001, 0x20000001, 0x04000001};
	static const uint32_t taken[] = {4, 0, 0};

	for (unsigned int i = 0; i < 3; i++) {
		struct bytes bytes = {0};
		struct got got;

		put_pcap(&bytes, 0xa1b2c3d4, fields[i]);
		put_record(&bytes, 1, 0, 64, 64);
		put_record(&bytes, 1, 0, 62, 64);
		put_record(&bytes, 1, 0, 20, 64);
		put_record(&bytes, 1, 0, 2, 2);
		got = whole(&bytes);
		cr_assert_eq(got.count, 4);
		cr_expect_eq(got.frames[0].captured, 64 - taken[i]);
		cr_expect_eq(got.frames[0].wire, 64 - taken[i]);
		cr_expect_eq(got.frames[1].captured, taken[i] ? 60 : 62);
		cr_expect_eq(got.frames[2].captured, 20);
		cr_expect_eq(got.frames[3].wire, taken[i] ? 0 : 2);
	}
}

Test(pcap, a_frame_longer_than_any_ends_it)
{
	struct bytes bytes = {0};
	struct got got;

	put_pcap(&bytes, 0xa1b2c3d4, ETHERNET);
	put_record(&bytes, 1, 0, 60, 60);
	put32(&bytes, 1);
	put32(&bytes, 0);
	put32(&bytes, SAVEFILE_CAPTURED_MAX + 1);
	put_fill(&bytes, 0, 4000);
	got = whole(&bytes);
	cr_expect_eq(got.count, 1);
	cr_expect_eq(got.end, SAVEFILE_DAMAGED);
}

/*
 * A file that is cut is read up to there. ends[]: where its header ends, and what is whole as far
 * as there; frames[]: how many there are.
 */
static void cut_everywhere(const struct bytes *bytes, const size_t *ends,
			   const unsigned int *frames, unsigned int count)
{
	for (size_t size = 0; size <= bytes->count; size++) {
		struct got got = read_bytes(bytes->at, size, 7, size + 1);
		unsigned int last = 0;

		if (size < ends[0]) {
			cr_expect_lt(got.result, 0, "%zu bytes", size);
			continue;
		}
		while (last + 1 < count && ends[last + 1] <= size)
			last++;
		cr_expect_eq(got.count, frames[last], "%zu bytes: %u frames", size, got.count);
		cr_expect_eq(got.end, ends[last] == size ? SAVEFILE_WHOLE : SAVEFILE_CUT,
			     "%zu bytes", size);
	}
}

Test(pcap, cut_everywhere)
{
	const unsigned int frames[] = {0, 1, 2, 3, 4, 5};
	struct bytes bytes = {0};
	size_t ends[6];

	put_pcap(&bytes, 0xa1b2c3d4, ETHERNET);
	ends[0] = bytes.count;
	for (uint32_t i = 1; i < 6; i++) {
		put_record(&bytes, i, 0, 60 * (i % 3), 1514);
		ends[i] = bytes.count;
	}
	cut_everywhere(&bytes, ends, frames, 6);
}

Test(pcapng, cut_everywhere)
{
	const unsigned int frames[] = {0, 0, 1, 2, 3, 3};
	struct bytes bytes = {0};
	size_t ends[6];

	put_section(&bytes);
	ends[0] = bytes.count;
	put_interface(&bytes, ETHERNET);
	ends[1] = bytes.count;
	for (uint32_t i = 2; i < 5; i++) {
		put_packet(&bytes, 0, i, 59 * (i % 3));
		ends[i] = bytes.count;
	}
	end_block(&bytes, put_block(&bytes, 0x0bad));
	ends[5] = bytes.count;
	cut_everywhere(&bytes, ends, frames, 6);
}

/* However few bytes come at a time, and however small the window is at first. */
Test(pcapng, any_window)
{
	struct bytes bytes = {0};
	struct got all;

	put_section(&bytes);
	put_interface(&bytes, ETHERNET);
	for (uint32_t i = 0; i < 100; i++)
		put_packet(&bytes, 0, i, i * 37 % 100);
	bytes.swapped = true;
	put_section(&bytes);
	put_interface(&bytes, ETHERNET);
	for (uint32_t i = 0; i < 10; i++)
		put_packet(&bytes, 0, i, i * 37 % 100);
	all = whole(&bytes);
	cr_assert_eq(all.count, 110);
	for (size_t step = 1; step < 300; step += 13) {
		struct got got = read_bytes(bytes.at, bytes.count, step, 4 + step);

		cr_assert_eq(got.count, all.count);
		cr_expect_eq(got.end, SAVEFILE_WHOLE);
		for (unsigned int i = 0; i < all.count; i++) {
			cr_expect_eq(got.frames[i].time, all.frames[i].time);
			cr_expect_eq(got.frames[i].captured, all.frames[i].captured);
			cr_expect_eq(got.first[i], all.first[i]);
		}
	}
}

/* The number of an interface that is not there, lengths that do not fit, and the like. */
Test(pcapng, damaged)
{
	static const struct {
		size_t at; /* behind the packet's beginning */
		uint32_t value;
	} faults[] = {
		{8, 1},   /* interface */
		{20, 61}, /* captured */
		{20, 0xfffffff0},
		{4, 8},  /* length: less than a block has */
		{4, 89}, /* as the padding is left out in only one of the lengths */
		{4, 0xfffffffe},
		{4, 88}, /* another one than at the end */
		{4, WINDOW_MAX + 4},
		{88, 96}, /* the one at the end */
	};

	for (unsigned int i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct bytes bytes = {0};
		size_t packet, end;
		struct got got;

		put_section(&bytes);
		put_interface(&bytes, ETHERNET);
		put_packet(&bytes, 0, 1, 60);
		packet = bytes.count;
		put_packet(&bytes, 0, 2, 60);
		end = bytes.count;
		cr_assert_eq(end - packet, 92);
		bytes.count = packet + faults[i].at;
		put32(&bytes, faults[i].value);
		bytes.count = end;
		got = whole(&bytes);
		cr_expect_eq(got.count, 1, "fault %u: %u frames", i, got.count);
		cr_expect_eq(got.end, SAVEFILE_DAMAGED, "fault %u", i);
	}
}

/* Some write lengths without the padding: both of them, and with the padding in the file. */
Test(pcapng, lengths_without_padding)
{
	struct bytes bytes = {0};
	size_t packet;
	struct got got;

	put_section(&bytes);
	put_interface(&bytes, ETHERNET);
	packet = bytes.count;
	put_packet(&bytes, 0, 1, 61);
	bytes.at[packet + 4] = bytes.at[bytes.count - 4] = 93;
	put_packet(&bytes, 0, 2, 60);
	got = whole(&bytes);
	cr_expect_eq(got.count, 2);
	cr_expect_eq(got.frames[0].captured, 61);
	cr_expect_eq(got.end, SAVEFILE_WHOLE);
}

/* A packet without a time has that of the one before it, also of the section before. */
Test(pcapng, packets_without_a_time)
{
	static const uint64_t times[] = {0, 5000, 5000, 5000, 5000, 3000};
	struct bytes bytes = {0};
	struct got got;

	put_section(&bytes);
	put_interface(&bytes, ETHERNET);
	put_simple(&bytes, 60);
	put_packet(&bytes, 0, 5, 59);
	put_simple(&bytes, 58);
	put_simple(&bytes, 0);
	put_section(&bytes);
	put_interface(&bytes, ETHERNET);
	put_simple(&bytes, 57);
	put_packet(&bytes, 0, 3, 56);
	got = whole(&bytes);
	cr_assert_eq(got.count, 6);
	for (unsigned int i = 0; i < 6; i++)
		cr_expect_eq(got.frames[i].time, times[i], "frame %u", i);
	cr_expect_eq(got.timeless, 4);
}

/* Statistics that nobody can use stop nothing: of no interface, and without an end. */
Test(pcapng, statistics_of_nobody)
{
	struct bytes bytes = {0};
	size_t begin;
	struct got got;

	put_section(&bytes);
	put_interface(&bytes, ETHERNET);
	begin = put_block(&bytes, 5);
	put32(&bytes, 1);
	put_fill(&bytes, 0, 8);
	end_block(&bytes, begin);
	begin = put_block(&bytes, 5);
	end_block(&bytes, begin);
	put_packet(&bytes, 0, 1, 60);
	got = whole(&bytes);
	cr_expect_eq(got.count, 1);
	cr_expect_eq(got.end, SAVEFILE_WHOLE);
	cr_expect_eq(got.lost, 0);
}

/* A packet can have many megabytes of comments. */
Test(pcapng, a_packet_with_long_options)
{
	static uint8_t file[3 << 20];
	struct bytes bytes = {0};
	uint32_t length;
	size_t packet;
	struct got got;

	put_section(&bytes);
	put_interface(&bytes, ETHERNET);
	packet = bytes.count;
	put_packet(&bytes, 0, 7, 60);
	memcpy(file, bytes.at, bytes.count);
	length = (uint32_t)(sizeof(file) - 64 - packet);
	memcpy(&file[packet + 4], &length, sizeof(length));
	memset(&file[bytes.count - 4], 0, 4);
	memcpy(&file[packet + length - 4], &length, sizeof(length));
	got = read_bytes(file, packet + length, 100000, 4096);
	cr_expect_eq(got.count, 1);
	cr_expect_eq(got.first[0], 60);
	cr_expect_eq(got.end, SAVEFILE_WHOLE);
}

Test(pcapng, blocks_of_no_interest_are_passed_over_whatever_their_length)
{
	static uint8_t file[8 << 20];
	struct bytes head = {0}, tail = {0};
	struct got got;
	uint32_t length = sizeof(file) - 4096;

	put_section(&head);
	put_interface(&head, ETHERNET);
	put_packet(&head, 0, 1, 60);
	put32(&head, 10);
	put32(&head, length);
	put32(&tail, length);
	put_packet(&tail, 0, 2, 61);
	memcpy(file, head.at, head.count);
	memcpy(file + head.count - 8 + length - 4, tail.at, tail.count);
	got = read_bytes(file, head.count - 8 + length - 4 + tail.count, 65536, 4096);
	cr_assert_eq(got.count, 2);
	cr_expect_eq(got.first[1], 61);
	cr_expect_eq(got.end, SAVEFILE_WHOLE);
}

Test(pcapng, times_at_the_edges)
{
	static const struct {
		uint8_t resolution;
		uint64_t stamp, time;
	} cases[] = {
		{0, 5, 5 * SECOND},
		{9, UINT64_MAX, UINT64_MAX},
		{19, UINT64_C(10000000000), 1},
		{127, UINT64_MAX, 0},
		{0x80 | 63, UINT64_C(1) << 63, SECOND},
		{0x80 | 127, UINT64_MAX, 0},
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes bytes = {0};
		struct got got;
		size_t begin;

		put_section(&bytes);
		begin = put_block(&bytes, 1);
		put16(&bytes, ETHERNET);
		put_fill(&bytes, 0, 6);
		put16(&bytes, 9);
		put16(&bytes, 1);
		put8(&bytes, cases[i].resolution);
		end_block(&bytes, begin);
		put_packet(&bytes, 0, cases[i].stamp, 60);
		got = whole(&bytes);
		cr_assert_eq(got.count, 1);
		cr_expect_eq(got.frames[0].time, cases[i].time, "case %u: %lu", i,
			     got.frames[0].time);
	}
}

/* More interfaces than any section has are no reason to lose what came before them. */
Test(pcapng, too_many_interfaces)
{
	const size_t times = 70000;
	struct bytes bytes = {0}, interface = {0};
	struct got got;
	uint8_t *all;

	put_section(&bytes);
	put_interface(&bytes, ETHERNET);
	put_packet(&bytes, 0, 1, 60);
	put_interface(&interface, ETHERNET);
	all = malloc(bytes.count + times * interface.count);
	cr_assert_not_null(all);
	memcpy(all, bytes.at, bytes.count);
	for (size_t i = 0; i < times; i++)
		memcpy(all + bytes.count + i * interface.count, interface.at, interface.count);
	got = read_bytes(all, bytes.count + times * interface.count, 65536, 4096);
	cr_expect_eq(got.count, 1);
	cr_expect_eq(got.end, SAVEFILE_DAMAGED);
	free(all);
}

Test(savefile, no_capture)
{
	static const uint8_t text[] = "Not a capture, but long enough to be taken for one.";

	cr_expect_eq(read_bytes(text, sizeof(text), 99, 99).result, -ENOMSG);
	cr_expect_eq(read_bytes(text, 0, 99, 99).result, -ENODATA);
	cr_expect_eq(read_bytes(text, 3, 99, 99).result, -ENOMSG);
}
