/* SPDX-License-Identifier: BSD-3-Clause */
#include "ring_rig.h"

#include <criterion/criterion.h>
#include <string.h>

#include <rte_eth_ring.h>
#include <rte_mbuf_dyn.h>

#include <weir/clock.h>

#include "eal_rig.h"

void ring_rig_start(struct ring_rig *rig)
{
	struct flow_settings settings = {
		.capacity = 4096,
		.active_timeout = 300 * CLOCK_SECOND,
		.inactive_timeout =
			rig->inactive_timeout > 0 ? rig->inactive_timeout : 30 * CLOCK_SECOND,
		.live = true,
	};
	struct port_fields fields;
	struct port port;
	int id;

	*rig = (struct ring_rig){.inactive_timeout = rig->inactive_timeout,
				 .out_limit = rig->out_limit,
				 .ended_capacity = rig->ended_capacity};
	eal_rig_start(NULL);
	cr_assert_eq(port_fields_register(&fields, NULL), 0);
	rig->ring = rte_ring_create("frames", 8192, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	rig->pool = rte_pktmbuf_pool_create("frames", 16383, 64, 0, 2048 + RTE_PKTMBUF_HEADROOM, 0);
	cr_assert(rig->ring != NULL && rig->pool != NULL);
	id = rte_eth_from_ring(rig->ring);
	cr_assert(id >= 0);
	eal_rig_open((uint16_t)id, 1, &port);
	cr_assert_eq(hash_secret_draw(&settings.secret), 0);
	cr_assert_eq(worker_shared_init(&rig->worker.shared, 0, &settings,
					rig->ended_capacity > 0 ? rig->ended_capacity : 8192),
		     0);
	rig->worker.handover =
		handover_create(rig->out_limit > 0 ? rig->out_limit : HANDOVER_FRAMES);
	cr_assert_not_null(rig->worker.handover);
	rig->worker.queues[0].port = (uint16_t)id;
	rig->worker.queue_count = 1;
	rig->worker.fields = fields;
	rig->worker.vlan_key = true;
	rig->worker.rest.longest = 50 * 1000;
	rig->worker.stop = &rig->stop;
}

void ring_rig_replay(struct ring_rig *rig)
{
	ring_rig_start(rig);
	rig->worker.trust_time = true;
}

void ring_rig_stop(struct ring_rig *rig)
{
	handover_destroy(rig->worker.handover);
	worker_shared_release(&rig->worker.shared);
	eal_rig_stop();
}

struct rte_mbuf *ring_rig_add(struct ring_rig *rig, const uint8_t *frame, uint32_t length,
			      uint32_t segment)
{
	struct rte_mbuf *first = NULL;

	segment = segment == 0 ? length : segment;
	for (uint32_t offset = 0; offset < length; offset += segment) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(rig->pool);
		uint16_t part = (uint16_t)RTE_MIN(segment, length - offset);

		cr_assert_not_null(mbuf);
		memcpy(rte_pktmbuf_append(mbuf, part), frame + offset, part);
		if (first == NULL)
			first = mbuf;
		else
			cr_assert_eq(rte_pktmbuf_chain(first, mbuf), 0);
	}
	cr_assert_eq(rte_ring_enqueue(rig->ring, first), 0);
	return first;
}

struct rte_mbuf *ring_rig_add_timed(struct ring_rig *rig, const uint8_t *frame, uint32_t length,
				    uint64_t time)
{
	struct rte_mbuf *mbuf = ring_rig_add(rig, frame, length, 0);

	*RTE_MBUF_DYNFIELD(mbuf, rig->worker.fields.time, uint64_t *) = time;
	mbuf->ol_flags |= rig->worker.fields.time_flag;
	return mbuf;
}

static void *worker_thread(void *worker)
{
	worker_main(worker);
	return NULL;
}

void ring_rig_launch(struct ring_rig *rig)
{
	cpu_set_t all;

	/* Else it has this thread's core, to which the EAL has tied it. */
	CPU_ZERO(&all);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		CPU_SET(cpu, &all);
	cr_assert_eq(pthread_create(&rig->thread, NULL, worker_thread, &rig->worker), 0);
	cr_assert_eq(pthread_setaffinity_np(rig->thread, sizeof(all), &all), 0);
}

void ring_rig_join(struct ring_rig *rig)
{
	__atomic_store_n(&rig->stop, true, __ATOMIC_RELEASE);
	cr_assert_eq(pthread_join(rig->thread, NULL), 0);
}

void ring_rig_run(struct ring_rig *rig, struct worker_counters *counters)
{
	rig->stop = true; /* take what is there, then leave */
	cr_assert_eq(worker_main(&rig->worker), 0);
	cr_assert(rig->worker.shared.done);
	worker_shared_counters(&rig->worker.shared, counters);
	assert_balanced(counters);
	cr_assert_eq(rte_mempool_in_use_count(rig->pool), 0, "every mbuf is back in its pool");
}

bool ring_rig_flow(struct ring_rig *rig, struct flow_view *view)
{
	const struct flow_record *record;

	if (record_ring_look(&rig->worker.shared.ended, 1, &record) == 0)
		return false;
	flow_view(record, view);
	record_ring_taken(&rig->worker.shared.ended, 1);
	return true;
}

void assert_balanced(const struct worker_counters *counters)
{
	uint64_t verdicts = 0, sizes = 0;

	for (unsigned int reason = 0; reason < PACKET_REASONS; reason++)
		verdicts += counters->reasons[reason];
	for (unsigned int class = 0; class < SIZE_CLASSES; class ++)
		sizes += counters->sizes[class];
	cr_assert_eq(counters->received, verdicts, "received %lu, verdicts %lu", counters->received,
		     verdicts);
	cr_assert_eq(sizes, counters->received - counters->reasons[PACKET_FILTERED_EXPRESSION]);
}
