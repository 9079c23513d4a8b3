/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/document.h>

#include <math.h>

#include <weir/clock.h>

#include "parts.h"

/* All that depends on the machine and not on the traffic alone, apart from the rest. */
static json_t *processor(const struct snapshot_worker *worker)
{
	const struct worker_counters *counters = &worker->counters;
	json_t *object = json_object();

	put_count(&object, "cycles_per_packet", worker->cycles_per_packet);
	put_count(&object, "busy_percent", (uint64_t)lround(worker->busy * 100));
	put_count(&object, "cycles", counters->cycles_total);
	put_count(&object, "cycles_busy", counters->cycles_busy);
	put_count(&object, "polls", counters->polls);
	put_count(&object, "polls_empty", counters->polls_empty);
	put_count(&object, "relookups", counters->flows.relookups);
	put_count(&object, "records_waiting", counters->records_waiting);
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
		const struct snapshot_worker *worker = &snapshot->workers[i];
		const struct worker_counters *counters = &worker->counters;
		json_t *object = json_object();

		put_count(&object, "worker", i);
		put_count(&object, "lcore", worker->lcore);
		put_count(&object, "packets", counters->received);
		put_count(&object, "frame_octets", counters->frame_octets);
		put_count(&object, "flows_created", counters->flows.created);
		put_count(&object, "flows_active", live_flows(&counters->flows));
		put_count(&object, "flow_capacity", worker->table_capacity);
		put_count(&object, "ip_checksum_errors", counters->ip_checksum_bad);
		put_count(&object, "l4_checksum_errors", counters->l4_checksum_bad);
		put_count(&object, "stamps_ignored", counters->stamps_ignored);
		put(&object, "cpu", processor(worker));
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
	const struct port_counters *counters = &port->counters;
	json_t *array = json_array();

	for (unsigned int i = 0; i < counters->queues; i++) {
		json_t *object = json_object();

		put_count(&object, "queue", i);
		put_count(&object, "received", counters->queue[i].received);
		put_count(&object, "octets", counters->queue[i].octets);
		put_count(&object, "missed", counters->queue[i].missed);
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
		const struct snapshot_port *port = &snapshot->ports[i];
		const struct port_counters *counters = &port->counters;
		json_t *object = json_object();

		put(&object, "name", document_text(port->name));
		put(&object, "driver", document_text(port->driver));
		put(&object, "symmetry", json_string(symmetries[port->symmetry]));
		put(&object, "link_up", json_boolean(counters->link_up));
		put_count(&object, "link_mbps", counters->link_mbps);
		put_count(&object, "received", counters->received);
		put_count(&object, "octets", counters->octets);
		put_count(&object, "missed", counters->missed);
		put_count(&object, "no_mbuf", counters->no_mbuf);
		put_count(&object, "errors", counters->errors);
		put(&object, "loss", loss(&port->loss));
		put(&object, "queues", queues(port));
		append(&array, object);
	}
	return array;
}
