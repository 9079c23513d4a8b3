/* SPDX-License-Identifier: BSD-3-Clause */
#include "frame.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <weir/packet_common.h>

unsigned int commons;

static uint8_t digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *found = strchr(digits, c);

	cr_assert(c != '\0' && found != NULL, "'%c' is no hexadecimal digit", c);
	return (uint8_t)(found - digits);
}

struct frame frame_of(const char *hex)
{
	struct frame frame = {0};
	unsigned int digits = 0;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		cr_assert(digits / 2 < FRAME_MAX);
		frame.bytes[digits / 2] = (uint8_t)(frame.bytes[digits / 2] << 4 | digit(*hex));
		digits++;
	}
	cr_assert(digits % 2 == 0);
	frame.captured = frame.wire = digits / 2;
	return frame;
}

/* The end of FRAME_MAX readable bytes at least, with nothing mapped behind. */
static uint8_t *guarded_end(void)
{
	static uint8_t *end;

	if (end == NULL) {
		size_t page = (size_t)sysconf(_SC_PAGESIZE);
		size_t size = (FRAME_MAX / page + 1) * page;
		uint8_t *start = mmap(NULL, size + page, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		cr_assert(start != MAP_FAILED);
		end = start + size;
		cr_assert(mprotect(end, page, PROT_NONE) == 0);
	}
	return end;
}

static void expect_same(const struct packet *a, const struct packet *b)
{
	const size_t from = offsetof(struct packet, fragment_id);
	const size_t to = offsetof(struct packet, tos) + sizeof(a->tos);

	cr_assert_eq(a->reason, b->reason);
	cr_assert_eq(a->frame_length, b->frame_length);
	if (packet_reason_bucket(a->reason) != PACKET_BUCKET_FLOW)
		return;
	cr_assert_arr_eq(&a->key, &b->key, sizeof(a->key), "part of the key is not set");
	cr_assert_arr_eq((const uint8_t *)a + from, (const uint8_t *)b + from, to - from,
			 "a member is not set");
	if (a->reason == PACKET_FLOW_IPV6)
		cr_assert_arr_eq(a->prefix, b->prefix, sizeof(a->prefix));
}

/* The parser of common frames says the same, or that it is not for it to say. */
static void expect_common(const struct packet_frame *frame, bool vlan_key,
			  const struct packet *packet)
{
	struct packet common;

	memset(&common, 0xff, sizeof(common));
	if (!packet_parse_common(frame, vlan_key, &common))
		return;
	commons++;
	cr_assert_eq(common.reason, packet->reason);
	cr_assert_eq(packet_reason_bucket(packet->reason), PACKET_BUCKET_FLOW);
	expect_same(&common, packet);
}

struct packet parse(const struct frame *frame)
{
	const struct packet_frame input = {
		.data = guarded_end() - frame->captured,
		.captured = frame->captured,
		.wire = frame->wire,
		.stripped_vlan = frame->stripped_vlan,
		.vlan_was_stripped = frame->vlan_was_stripped,
	};
	struct packet zeros, ones;

	memset(&zeros, 0x00, sizeof(zeros));
	memset(&ones, 0xff, sizeof(ones));
	memcpy(guarded_end() - frame->captured, frame->bytes, frame->captured);

	enum packet_reason reason = packet_parse(&input, !frame->no_vlan_key, &zeros);

	cr_assert_eq(packet_parse(&input, !frame->no_vlan_key, &ones), reason);
	cr_assert_eq(zeros.reason, reason);
	expect_same(&zeros, &ones);
	if (packet_reason_bucket(reason) == PACKET_BUCKET_FLOW)
		cr_assert_eq(zeros.l4_offset, ones.l4_offset);
	expect_common(&input, !frame->no_vlan_key, &zeros);
	return zeros;
}

struct packet parse_hex(const char *hex)
{
	const struct frame frame = frame_of(hex);

	return parse(&frame);
}
