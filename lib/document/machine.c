/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/document.h>

#include <math.h>

#include <weir/clock.h>

#include "parts.h"

static json_t *processor(const struct snapshot_worker *of)
{
	json_t *object = json_object();

	PROCESSOR_STATISTICS(PUT_STATISTIC, PUT_OBJECT)
	return object;
}

static uint64_t live_flows(const struct flow_counters *flows)
{
	uint64_t live = flows->created;

	for (int end = FLOW_END_IDLE; end < FLOW_ENDS; end++)
		live -= flows->ended[end];
	return live;
}

json_t *document_workers(const struct snapshot *snapshot)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < snapshot->worker_count; i++) {
		const struct snapshot_worker *of = &snapshot->workers[i];
		json_t *object = json_object();

		put_count(&object, "worker", i);
		put_count(&object, "lcore", of->lcore);
		WORKER_STATISTICS(PUT_STATISTIC, PUT_OBJECT)
		append(&array, object);
	}
	return array;
}

/* When it was; null where nothing was lost. */
static json_t *loss(const struct stats_loss *when)
{
	json_t *object = when->first != 0 ? json_object() : NULL;

	if (when->first == 0)
		return json_null();
	put(&object, "first", document_instant(when->first));
	put(&object, "last", document_instant(when->last));
	put(&object, "seconds", json_real((double)when->time / CLOCK_SECOND));
	return object;
}

static json_t *queues(const struct snapshot_port *port)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < port->counters.queues; i++) {
		const struct port_queue_counters *of = &port->counters.queue[i];
		json_t *object = json_object();

		put_count(&object, "queue", i);
		QUEUE_STATISTICS(PUT_STATISTIC, PUT_OBJECT)
		put(&object, "loss", loss(&port->queue_loss[i]));
		append(&array, object);
	}
	return array;
}

json_t *document_ports(const struct snapshot *snapshot)
{
	static const char *const symmetries[] = {
		[PORT_ONE_QUEUE] = "one_queue",
		[PORT_RSS_SYMMETRIC] = "rss_symmetric",
		[PORT_SPREAD_BY_INPUT] = "spread_by_input",
		[PORT_NOT_SYMMETRIC] = "not_symmetric",
	};
	json_t *array = json_array();

	for (uint32_t i = 0; i < snapshot->port_count; i++) {
		const struct snapshot_port *of = &snapshot->ports[i];
		json_t *object = json_object();

		put(&object, "name", document_text(of->name));
		put(&object, "driver", document_text(of->driver));
		put(&object, "symmetry", json_string(symmetries[of->symmetry]));
		PORT_STATISTICS(PUT_STATISTIC, PUT_OBJECT)
		append(&array, object);
	}
	return array;
}
