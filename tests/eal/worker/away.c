/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker lets go of a port whose device goes, and polls it again when it is back. */
#include <criterion/criterion.h>
#include <unistd.h>

#include <rte_eth_ring.h>

#include "eal_rig.h"
#include "ring_rig.h"

#define FRAMES 100

static struct ring_rig rig;

static void add_frames(void)
{
	uint8_t frame[60];

	frame_udp4(frame, sizeof(frame), 1, false);
	for (int i = 0; i < FRAMES; i++)
		ring_rig_add(&rig, frame, sizeof(frame), 0);
}

static void wait_until_taken(const struct rte_ring *ring)
{
	while (rte_ring_count(ring) > 0)
		usleep(1000);
}

Test(away, a_port_is_left_alone_and_comes_back_as_another, .timeout = 60)
{
	struct worker_counters counters;
	struct rte_ring *first, *second;
	struct port port;
	uint16_t id;

	ring_rig_start(&rig);
	id = rig.worker.queues[0].port;
	first = rig.ring;
	second = rte_ring_create("again", 8192, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	cr_assert_not_null(second);
	eal_rig_open((uint16_t)rte_eth_from_ring(second), 1, &port);
	ring_rig_launch(&rig);
	add_frames();
	wait_until_taken(first);

	while (!workers_let_go(&rig.worker, 1, id))
		continue;
	add_frames();
	usleep(20000);
	cr_expect_eq(rte_ring_count(first), FRAMES, "nobody polls it");
	cr_expect(workers_let_go(&rig.worker, 1, port.id), "it polls no such port");

	rig.ring = second;
	add_frames();
	workers_take_up(&rig.worker, 1, id, port.id);
	wait_until_taken(second);
	cr_expect_eq(rte_ring_count(first), FRAMES, "but not as what it was");
	ring_rig_join(&rig);
	worker_shared_counters(&rig.worker.shared, &counters);
	cr_expect_eq(counters.received, 2 * FRAMES);
	assert_balanced(&counters);
	cr_expect(workers_let_go(&rig.worker, 1, id), "one that has ended polls nothing");
	ring_rig_stop(&rig);
}
