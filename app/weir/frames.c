/* SPDX-License-Identifier: BSD-3-Clause */
#include "frames.h"

#include <errno.h>
#include <stdio.h>

#include <rte_eal.h>

#include <weir/log.h>

#include "eal.h"

/* A frame may come from any of the worker's ports: so many as the poorest of their pools can lend.
 */
static uint32_t spare_of(const struct source *source, const struct worker *worker)
{
	uint32_t spare = HANDOVER_FRAMES;

	for (uint16_t q = 0; q < worker->queue_count; q++)
		for (uint32_t p = 0; p < source->port_count; p++)
			if (source->ports[p].id == worker->queues[q].port)
				spare = RTE_MIN(spare, source->ports[p].spare);
	return spare;
}

int frames_prepare(struct frames *frames, uint32_t index, struct worker *worker,
		   const struct source *source, struct error *error)
{
	worker->handover = frames->handovers[index] = handover_create(spare_of(source, worker));
	if (worker->handover == NULL)
		return error_set(error, ENOMEM, "capture: no memory for its rings; free some");
	return 0;
}

static void name_interface(struct frames *frames, uint32_t index, const struct port *port)
{
	char *description = frames->descriptions[index];

	snprintf(description, sizeof(frames->descriptions[0]), "port %u, %s", port->id,
		 port->driver);
	frames->interfaces[index] = (struct capture_interface){
		.port = port->id,
		.name = port->interface[0] != '\0' ? port->interface : port->name,
		.description = description,
	};
}

void frames_start(struct frames *frames, const struct source *source, uint32_t worker_count)
{
	const struct capture_settings settings = {
		.directory = rte_eal_get_runtime_dir(),
		.handovers = frames->handovers,
		.worker_count = worker_count,
		.interfaces = frames->interfaces,
		.interface_count = source->port_count,
		.fields = &source->fields,
	};
	struct error error;
	int result;

	/* DPDK makes none for captures that are read by who may not have one. */
	if (settings.directory[0] == '\0') {
		log_debug("no runtime directory; weirctl cannot capture");
		return;
	}
	for (uint32_t p = 0; p < source->port_count; p++)
		name_interface(frames, p, &source->ports[p]);
	eal_step_aside(true);
	result = capture_start(&settings, &frames->capture, &error);
	eal_step_aside(false);
	/* DPDK has not made it: --no-shconf. */
	if (result == -ENOENT || result == -ENOTDIR)
		log_debug("%s", error.text);
	else if (result != 0)
		log_warning("%s", error.text);
}

void frames_stop(struct frames *frames)
{
	capture_stop(frames->capture);
	for (uint32_t w = 0; w < WORKERS_MAX; w++)
		handover_destroy(frames->handovers[w]);
	*frames = (struct frames){.capture = NULL};
}
