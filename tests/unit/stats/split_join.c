/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <criterion/criterion.h>

#include <weir/clock.h>

#include "split.h"

/*
 * Two pieces of one flow, each with values of its own in every field: what the whole must say is
 * written here field by field.
 */
static const struct split_timeouts timeouts = {.active = 300 * CLOCK_SECOND,
					       .inactive = 15 * CLOCK_SECOND};

/* Only requests, and the first packet of all. */
static const struct flow_view requests = {
	.version = 4,
	.protocol = 1,
	.end = FLOW_END_IDLE,
	.source = {10, 0, 0, 1},
	.destination = {10, 0, 0, 2},
	.first = 5 * CLOCK_SECOND,
	.last = 7 * CLOCK_SECOND,
	.packets = {3, 0},
	.octets = {300, 0},
	.frame_octets = 342,
	.frame_min = 100,
	.frame_max = 120,
	.tcp_flags = {1, 0},
	.tos = {0x10, 0},
	.ttl_min = 50,
	.ttl_max = 64,
	.icmp = {0x0800, 0},
	.mac_source = {1},
	.mac_destination = {2},
};

/* Only answers: their sender is the source. */
static const struct flow_view answers = {
	.version = 4,
	.protocol = 1,
	.end = FLOW_END_FORCED,
	.source = {10, 0, 0, 2},
	.destination = {10, 0, 0, 1},
	.first = 6 * CLOCK_SECOND,
	.last = 9 * CLOCK_SECOND,
	.packets = {2, 0},
	.octets = {220, 0},
	.frame_octets = 248,
	.frame_min = 90,
	.frame_max = 130,
	.tcp_flags = {4, 0},
	.tos = {0x20, 0},
	.ttl_min = 40,
	.ttl_max = 60,
	.icmp = {0x0003, 0},
	.mac_source = {2},
	.mac_destination = {1},
};

static struct flow_view joined(const struct flow_view *a, const struct flow_view *b)
{
	struct split_record whole, other;

	split_record_make(&whole, 0, a, &timeouts);
	split_record_make(&other, 1, b, &timeouts);
	split_join(&whole, &other);
	return whole.view;
}

Test(split_join, opposite_directions)
{
	const struct flow_view whole = {
		.version = 4,
		.protocol = 1,
		.end = FLOW_END_FORCED,
		.source = {10, 0, 0, 1},
		.destination = {10, 0, 0, 2},
		.first = 5 * CLOCK_SECOND,
		.last = 9 * CLOCK_SECOND,
		.packets = {3, 2},
		.octets = {300, 220},
		.frame_octets = 590,
		.frame_min = 90,
		.frame_max = 130,
		.tcp_flags = {1, 4},
		.tos = {0x10, 0x20},
		.ttl_min = 40,
		.ttl_max = 64,
		.icmp = {0x0800, 0x0003},
		.mac_source = {1},
		.mac_destination = {2},
	};
	struct flow_view view = joined(&requests, &answers);

	cr_expect_eq(memcmp(&view, &whole, sizeof(whole)), 0);
	view = joined(&answers, &requests);
	cr_expect_eq(memcmp(&view, &whole, sizeof(whole)), 0, "the other way round");
}

Test(split_join, one_direction)
{
	struct flow_view later = requests, view;

	later.first += CLOCK_SECOND;
	later.last += CLOCK_SECOND;
	later.tos[0] = 0x30;
	later.icmp[0] = 0x0d00;
	later.tcp_flags[0] = 2;
	later.ttl_min = 30;
	later.ttl_max = 255;
	later.mac_source[0] = 3;
	view = joined(&later, &requests);
	cr_expect_eq(view.packets[0], 6);
	cr_expect_eq(view.packets[1], 0);
	cr_expect_eq(view.tos[0], 0x10, "of the first packet");
	cr_expect_eq(view.icmp[0], 0x0800);
	cr_expect_eq(view.mac_source[0], 1);
	cr_expect_eq(view.tcp_flags[0], 3);
	cr_expect_eq(view.ttl_min, 30);
	cr_expect_eq(view.ttl_max, 255);
}
