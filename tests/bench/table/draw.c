/* SPDX-License-Identifier: BSD-3-Clause */
#include "draw.h"

#include <stdlib.h>

#include <weir/clock.h>

#include "traffic.h"

#define DRAWN_MAX    (1u << 24)
#define FRAME_LENGTH 60

/* Popular flows must not lie side by side in the table, where they were made in order. */
static void shuffle(uint32_t *numbers, uint32_t count, struct prng *prng)
{
	for (uint32_t i = 0; i < count; i++)
		numbers[i] = i;
	for (uint32_t i = count; i > 1; i--) {
		uint32_t other = (uint32_t)prng_below(prng, i), number = numbers[i - 1];

		numbers[i - 1] = numbers[other];
		numbers[other] = number;
	}
}

static bool draw_zipf(struct draw *draw)
{
	const struct draw_settings *settings = &draw->settings;
	uint32_t *flow_of_rank = malloc(settings->flows * sizeof(flow_of_rank[0]));
	struct prng prng = {1};
	struct order order = {0};
	bool made;

	while (draw->mask + 1 < DRAWN_MAX && draw->mask + 1 < settings->packets)
		draw->mask = draw->mask * 2 + 1;
	draw->flows = malloc((draw->mask + 1) * sizeof(draw->flows[0]));
	made = draw->flows != NULL && flow_of_rank != NULL &&
	       order_init(&order, ORDER_ZIPF, settings->flows, 0, 1.0);
	if (made) {
		shuffle(flow_of_rank, settings->flows, &prng);
		for (uint32_t i = 0; i <= draw->mask; i++)
			draw->flows[i] = flow_of_rank[order_next(&order, &prng, 0)];
	}
	order_release(&order);
	free(flow_of_rank);
	return made;
}

bool draw_init(struct draw *draw, const struct draw_settings *settings)
{
	*draw = (struct draw){.settings = *settings, .clock = 1000 * CLOCK_SECOND, .prng = {1}};
	return !settings->zipf || draw_zipf(draw);
}

void draw_release(struct draw *draw)
{
	free(draw->flows);
}

void draw_new_flows(struct draw *draw, bool new_flows)
{
	draw->new_flows = new_flows;
}

static uint32_t next_flow(struct draw *draw)
{
	if (draw->new_flows)
		return draw->number++;
	if (draw->flows != NULL)
		return draw->flows[draw->next++ & draw->mask];
	return prng_below(&draw->prng, draw->settings.flows);
}

void draw_packets(struct draw *draw, struct packet *packets, uint32_t count)
{
	const uint64_t late = draw->settings.disorder > 0 ? draw->settings.disorder - 1 : 0;

	for (uint32_t i = 0; i < count; i++) {
		struct packet *packet = &packets[i];
		uint32_t flow = next_flow(draw);

		draw->clock += draw->settings.step;
		packet->key = (struct packet_key){
			.address = {flow, 0x0a000001},
			.port = {(uint16_t)(flow >> 7), 443},
			.vlan = draw->settings.ipv6 ? PACKET_KEY_IPV6 : 0,
			.protocol = 17,
		};
		packet->frame_length = FRAME_LENGTH;
		packet->octets = FRAME_LENGTH - 14;
		/* Bits that are as good as random, and cost one multiplication. */
		uint64_t bits = (draw->clock * 0x9e3779b97f4a7c15u) >> 32;

		packet->direction = (uint8_t)(bits >> 31);
		packet->ttl = 64;
		packet->time = packet->clock = draw->clock - (bits & late);
	}
}
