/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h" /* lib/flow's, to change records; before DPDK, which has a likely(), too */

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "rig.h"

/*
 * Records in change: a worker lost its CPU in the midst of one. Readers wait for it, but not for
 * ever, and say what they could not read.
 */

#define FLOWS   50
#define PACKETS 3
#define HELD    20 /* the slot of the record in change */

static struct shot numbered(uint32_t number)
{
	return (struct shot){.source = 0x0a000001 + number,
			     .destination = 0xc0000201,
			     .source_port = 40000,
			     .destination_port = 443,
			     .protocol = PROTOCOL_TCP,
			     .tcp_flags = TCP_ACK,
			     .octets = 100};
}

static struct rig *rig_of_flows(void)
{
	struct rig *rig = rig_open(&(struct rig_settings){.top_length = FLOWS});

	for (uint32_t i = 0; i < FLOWS; i++) {
		struct shot shot = numbered(i);

		rig_send(rig, &shot, PACKETS);
	}
	return rig;
}

static uint32_t *held_record(struct rig *rig)
{
	return &rig->workers[0]->table->hot[HELD].sequence;
}

/* A worker that is away for longer than any number of looks takes, and not for long. */
struct interrupted {
	pthread_t thread;
	sem_t in_change;
	uint32_t *sequence;
};

static void *change(void *argument)
{
	struct interrupted *worker = argument;
	const struct timespec away = {.tv_nsec = CLOCK_MILLISECOND / 2};

	seqlock_write_begin(worker->sequence);
	sem_post(&worker->in_change);
	nanosleep(&away, NULL);
	seqlock_write_end(worker->sequence);
	return NULL;
}

static void interrupt(struct interrupted *worker, struct rig *rig)
{
	worker->sequence = held_record(rig);
	cr_assert_eq(sem_init(&worker->in_change, 0, 0), 0);
	cr_assert_eq(pthread_create(&worker->thread, NULL, change, worker), 0);
	sem_wait(&worker->in_change);
}

static void go_on(struct interrupted *worker)
{
	pthread_join(worker->thread, NULL);
	sem_destroy(&worker->in_change);
}

static uint64_t counted(struct rig *rig, uint64_t *unread)
{
	const struct snapshot *snapshot = stats_acquire(rig->stats);
	uint64_t packets = snapshot->top_counted[STATS_PACKETS];

	*unread = snapshot->unread;
	stats_release(rig->stats, snapshot);
	return packets;
}

Test(busy, a_page_waits_for_a_record_in_change)
{
	struct rig *rig = rig_of_flows();
	struct stats_live_flow flows[FLOWS];
	struct interrupted worker;
	uint32_t unread;

	interrupt(&worker, rig);
	cr_expect_eq(stats_live_count(rig->stats), FLOWS);
	cr_expect_eq(stats_live_flows(rig->stats, 0, 0, flows, FLOWS, &unread), FLOWS);
	cr_expect_eq(unread, 0);
	go_on(&worker);
	rig_close(rig);
}

Test(busy, a_page_says_what_it_could_not_read)
{
	struct rig *rig = rig_of_flows();
	struct stats_live_flow flows[FLOWS];
	uint32_t unread;

	seqlock_write_begin(held_record(rig));
	cr_expect_eq(stats_live_flows(rig->stats, 0, 0, flows, FLOWS, &unread), FLOWS - 1);
	cr_expect_eq(unread, 1);
	cr_expect_eq(stats_live_count(rig->stats), FLOWS, "it is there all the same");
	/* An OFFSET beyond it counts it. */
	cr_expect_eq(stats_live_flows(rig->stats, 0, HELD + 1, flows, FLOWS, &unread),
		     FLOWS - HELD - 1);
	cr_expect_eq(unread, 0);
	seqlock_write_end(held_record(rig));
	cr_expect_eq(stats_live_flows(rig->stats, 0, 0, flows, FLOWS, &unread), FLOWS);
	cr_expect_eq(unread, 0);
	rig_close(rig);
}

Test(busy, the_walk_waits_for_a_record_in_change)
{
	struct rig *rig = rig_of_flows();
	struct interrupted worker;
	uint64_t unread;

	interrupt(&worker, rig);
	rig_step(rig, CLOCK_SECOND);
	go_on(&worker);
	cr_expect_eq(counted(rig, &unread), FLOWS * PACKETS);
	cr_expect_eq(unread, 0);
	rig_close(rig);
}

Test(busy, the_walk_counts_what_it_could_not_read)
{
	struct rig *rig = rig_of_flows();
	uint64_t unread;

	seqlock_write_begin(held_record(rig));
	rig_step(rig, CLOCK_SECOND);
	cr_expect_eq(counted(rig, &unread), (FLOWS - 1) * PACKETS);
	cr_expect_eq(unread, 1);
	seqlock_write_end(held_record(rig));
	rig_step(rig, CLOCK_SECOND);
	cr_expect_eq(counted(rig, &unread), FLOWS * PACKETS);
	cr_expect_eq(unread, 1, "it is a count");
	rig_close(rig);
}

/* What did not change since it was counted is not even looked at. */
Test(busy, the_walk_leaves_idle_flows_alone)
{
	struct rig *rig = rig_of_flows();
	struct shot shot = numbered(0);
	uint64_t unread;

	rig_step(rig, CLOCK_SECOND);
	seqlock_write_begin(held_record(rig));
	rig_send(rig, &shot, 1);
	rig_step(rig, CLOCK_SECOND);
	cr_expect_eq(counted(rig, &unread), FLOWS * PACKETS + 1);
	cr_expect_eq(unread, 0);
	seqlock_write_end(held_record(rig));
	rig_close(rig);
}

/* A worker that stands still where it publishes does not stop the statistics. */
Test(busy, a_worker_that_stands_still_keeps_its_counters, .timeout = 100)
{
	const uint64_t expected[] = {FLOWS * PACKETS, FLOWS * PACKETS, FLOWS * PACKETS + 1};
	struct rig *rig = rig_of_flows();
	struct shot shot = numbered(0);

	for (uint32_t step = 0; step < 3; step++) {
		const struct snapshot *snapshot;

		if (step == 1)
			seqlock_write_begin(&rig->workers[0]->sequence);
		rig_step(rig, CLOCK_SECOND);
		snapshot = stats_acquire(rig->stats);
		cr_expect_eq(snapshot->number, step + 1);
		cr_expect_eq(snapshot->received, expected[step]);
		cr_expect(snapshot->balanced);
		stats_release(rig->stats, snapshot);
		if (step == 1) {
			seqlock_write_end(&rig->workers[0]->sequence);
			rig_send(rig, &shot, 1);
		}
	}
	rig_close(rig);
}

static void count_record(void *context, const struct flow_view *view)
{
	uint32_t *pieces = context;

	pieces[0]++;
	pieces[1] += view->packets[1] > 0;
}

/* What could not be read may be the other piece of a flow: none leaves without it. */
Test(busy, split_flows_wait_for_a_record_in_change)
{
	struct rig *rig = rig_open(&(struct rig_settings){.workers = 2});
	struct shot request = numbered(HELD), reset = request;
	uint32_t records[2] = {0}, *sequence = &rig->workers[0]->table->hot[0].sequence;
	const struct stats_consumer consumer = {.record = count_record, .context = records};

	reset.source = request.destination;
	reset.destination = request.source;
	reset.source_port = request.destination_port;
	reset.destination_port = request.source_port;
	reset.tcp_flags = TCP_RST;
	cr_assert_eq(stats_add_consumer(rig->stats, &consumer), 0);
	cr_assert_eq(stats_merge_splits(rig->stats, 3600 * CLOCK_SECOND, 3600 * CLOCK_SECOND), 0);
	rig_send_on(rig, 0, &request, 1);
	rig->now += 20 * CLOCK_MILLISECOND;
	rig_send_on(rig, 1, &reset, 1);
	seqlock_write_begin(sequence);
	for (int walk = 0; walk < 4; walk++)
		rig_step(rig, CLOCK_SECOND);
	cr_expect_eq(records[0], 0);
	seqlock_write_end(sequence);
	rig_finish(rig);
	cr_expect_eq(records[0], 1);
	cr_expect_eq(records[1], 1, "one with both directions");
	rig_close(rig);
}
