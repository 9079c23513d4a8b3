/* SPDX-License-Identifier: BSD-3-Clause */
#include "loss.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include <weir/clock.h>

/* When and where frames were lost, from counters that tell only how many. */

#define START (1000 * CLOCK_SECOND)

struct lossy {
	struct loss loss;
	struct snapshot snapshot;
	struct clock_reading now;
};

static struct lossy *open_lossy(void)
{
	struct lossy *lossy = calloc(1, sizeof(*lossy));

	lossy->now.clock = START;
	lossy->snapshot.port_count = 2;
	lossy->snapshot.ports[0].counters.queues = 1;
	lossy->snapshot.ports[1].counters.queues = 3;
	return lossy;
}

static void interval(struct lossy *lossy, uint64_t length)
{
	lossy->now.clock += length;
	loss_note(&lossy->loss, lossy->now, length, &lossy->snapshot);
}

static void expect_loss(const struct stats_loss *loss, uint64_t first, uint64_t last, uint64_t time)
{
	cr_expect_eq(loss->first, first == 0 ? 0 : START + first * CLOCK_SECOND);
	cr_expect_eq(loss->last, last == 0 ? 0 : START + last * CLOCK_SECOND);
	cr_expect_eq(loss->time, time * CLOCK_SECOND);
}

Test(loss, by_port_and_queue)
{
	struct lossy *lossy = open_lossy();
	struct snapshot_port *ports = lossy->snapshot.ports;
	struct port_counters *counters = &ports[1].counters;

	interval(lossy, CLOCK_SECOND);
	counters->missed = counters->queue[2].missed = 7;
	interval(lossy, CLOCK_SECOND);
	interval(lossy, 5 * CLOCK_SECOND);
	counters->missed = 8;
	counters->queue[0].missed = 1;
	interval(lossy, 2 * CLOCK_SECOND);
	interval(lossy, CLOCK_SECOND);
	expect_loss(&ports[0].loss, 0, 0, 0);
	expect_loss(&ports[1].loss, 1, 9, 3);
	expect_loss(&ports[1].queue_loss[0], 7, 9, 2);
	expect_loss(&ports[1].queue_loss[1], 0, 0, 0);
	expect_loss(&ports[1].queue_loss[2], 1, 2, 1);
	free(lossy);
}

Test(loss, want_of_buffers_is_loss)
{
	struct lossy *lossy = open_lossy();

	interval(lossy, CLOCK_SECOND);
	lossy->snapshot.ports[0].counters.no_mbuf = 1;
	interval(lossy, CLOCK_SECOND);
	expect_loss(&lossy->snapshot.ports[0].loss, 1, 2, 1);
	free(lossy);
}

/* Its dates follow the wall clock when that is set; its length does not. */
Test(loss, dates_follow_a_step)
{
	struct lossy *lossy = open_lossy();
	struct snapshot_port *port = &lossy->snapshot.ports[0];

	port->counters.missed = 5;
	interval(lossy, CLOCK_SECOND);
	lossy->now.shift = -(int64_t)(100 * CLOCK_SECOND);
	interval(lossy, CLOCK_SECOND);
	cr_expect_eq(port->loss.first, START - 100 * CLOCK_SECOND);
	cr_expect_eq(port->loss.last, START - 99 * CLOCK_SECOND);
	cr_expect_eq(port->loss.time, CLOCK_SECOND);
	cr_expect_eq(lossy->snapshot.ports[1].loss.first, 0, "none there");
	free(lossy);
}
