/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#define CLIENT 0x0a000001

/* Any traffic, any order of walks and drainings; a plain array knows what was sent. */
#define HOSTS 16

static void random_life(uint32_t workers, uint64_t seed)
{
	struct rig *rig = rig_open(&(struct rig_settings){
		.workers = workers, .flow_capacity = 256, .top_length = 1000});
	uint64_t packets[HOSTS] = {0}, octets[HOSTS] = {0}, sent = 0;
	struct prng random = {seed};

	for (int i = 0; i < 5000; i++) {
		uint32_t host = prng_below(&random, HOSTS), count;
		struct shot shot = {
			.source = CLIENT + host,
			.destination = CLIENT + prng_below(&random, HOSTS),
			.source_port = (uint16_t)prng_below(&random, 8),
			.destination_port = (uint16_t)prng_below(&random, 8),
			.protocol = PROTOCOL_TCP,
			.tcp_flags = prng_below(&random, 4) ? TCP_ACK : TCP_RST,
			.octets = (uint16_t)(40 + prng_below(&random, 1400)),
		};

		count = 1 + prng_below(&random, 3);
		rig_send(rig, &shot, count);
		packets[host] += count;
		octets[host] += (uint64_t)count * shot.octets;
		sent += count;
		if (prng_one_in(&random, 4))
			rig_flush(rig);
		if (prng_one_in(&random, 16)) {
			rig->now += CLOCK_SECOND / 3;
			stats_step(rig->stats, rig_clock(rig));
		}
	}
	rig_finish(rig);
	for (int d = 0; d < STATS_FLOW; d++)
		cr_assert_eq(rig_sum(rig, d, STATS_TOTAL, STATS_PACKETS), sent);
	for (uint32_t host = 0; host < HOSTS; host++) {
		struct stats_key key = key_source(CLIENT + host);
		struct stats_row row = rig_row(rig, STATS_SOURCE, STATS_TOTAL, &key);

		cr_assert_eq(row.metrics[STATS_PACKETS], packets[host]);
		cr_assert_eq(row.metrics[STATS_OCTETS], octets[host]);
	}
	rig_close(rig);
}

Test(random, any_life_of_flows_is_counted_to_the_packet)
{
	for (uint32_t workers = 1; workers <= 4; workers++)
		random_life(workers, workers);
}
