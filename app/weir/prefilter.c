/* SPDX-License-Identifier: BSD-3-Clause */
#include "prefilter.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/document.h>
#include <weir/log.h>

int front_prepare(struct front *front, const struct options *options, struct error *error)
{
	memset(front, 0, sizeof(*front));
	front->mode = options->xdp_mode;
	if (options->prefilter == NULL)
		return 0;
	return prefilter_rules_read(options->prefilter, &front->rules, error);
}

static const char *behind(const struct front *front)
{
	return front->sockets ? "AF_XDP" : "AF_PACKET";
}

/* It passes every frame to the kernel until the start. */
static int attach(struct front *front, const char *name, unsigned int index, uint16_t queues,
		  struct error *error)
{
	const struct prefilter_options settings = {
		.target = front->sockets ? PREFILTER_TO_SOCKETS : PREFILTER_TO_KERNEL,
		.queues = queues,
	};
	int result = prefilter_create(&settings, front->rules, &front->prefilter, error);

	if (result != 0)
		return result;
	prefilter_set_state(front->prefilter, PREFILTER_IDLE);
	result = prefilter_attach(front->prefilter, index, front->mode, error);
	if (result != 0) {
		prefilter_destroy(front->prefilter);
		front->prefilter = NULL;
		return result;
	}
	front->native = prefilter_attached(front->prefilter) == PREFILTER_NATIVE;
	if (front->rules != NULL)
		log_info("%s: prefilter of %zu rules in front of %s, XDP in %s mode", name,
			 prefilter_rules_count(front->rules), behind(front),
			 front->native ? "native" : "generic");
	return 0;
}

static int attach_to_sockets(void *context, const char *name, unsigned int index, uint16_t queues,
			     struct error *error)
{
	struct front *front = context;
	int result;

	front->sockets = true;
	result = attach(front, name, index, queues, error);
	front->sockets = result == 0;
	return result;
}

struct interface_front front_of_sockets(struct front *front)
{
	return (struct interface_front){
		.attach = attach_to_sockets,
		.context = front,
		.passes = front->rules != NULL && prefilter_rules_pass(front->rules),
	};
}

/* A user may not have asked for AF_PACKET, which cannot have all rules: say why it is. */
static int explain(const struct front *front, int result, struct error *error)
{
	struct error reason = *error;

	if (result == -EINVAL)
		error_set(error, EINVAL, "%s (%s)", reason.text, front->interface->why);
	return result;
}

int front_attach(struct front *front, const struct interface *interface, struct error *error)
{
	int result = 0;

	front->interface = interface;
	if (front->rules == NULL)
		return 0;
	if (!front->sockets) {
		result = interface_check_xdp(interface, error);
		if (result == 0)
			result = explain(front,
					 attach(front, interface->name, interface->index, 0, error),
					 error);
	}
	if (result == 0 && prefilter_rules_look_at_vlans(front->rules) &&
	    interface_takes_tags_out(interface))
		log_warning("%s: rx-vlan-offload is on: a VLAN tag that is taken out before XDP "
			    "fits no rule with vlan but 0; ethtool -K %s rxvlan off leaves it in",
			    interface->name, interface->name);
	return result;
}

/* ---- counting ---- */

static int enter_sockets(struct front *front, struct error *error)
{
	int result = 0;

	for (uint32_t p = 0; p < front->port_count && result == 0; p++) {
		const struct port *port = &front->ports[p];

		if (port->kernel_socket_count != 1)
			return error_set(error, ENOTSUP,
					 "%s: the driver has no AF_XDP socket that weir can find; "
					 "use --driver af_packet",
					 port->name);
		result = prefilter_add_socket(front->prefilter, (uint16_t)p,
					      port->kernel_sockets[0], error);
	}
	return result;
}

int front_start(struct front *front, struct port *ports, uint32_t count, struct error *error)
{
	int result;

	if (front->prefilter == NULL)
		return 0;
	front->ports = ports;
	front->port_count = count;
	interface_take(front->interface, INTERFACE_INCOMING);
	prefilter_set_state(front->prefilter, PREFILTER_QUIET);
	for (uint32_t p = 0; p < count; p++)
		port_discard(&ports[p]);
	result = front->sockets ? enter_sockets(front, error) : 0;
	if (result == 0)
		prefilter_set_state(front->prefilter, PREFILTER_COUNTING);
	return result;
}

void front_reload(struct front *front, const struct options *options)
{
	struct prefilter_rules *rules;
	struct error error;
	int result;

	if (front->rules == NULL)
		return;
	result = prefilter_rules_read(options->prefilter, &rules, &error);
	if (result == 0) {
		result = prefilter_replace(front->prefilter, rules, &error);
		prefilter_rules_free(rules);
	}
	if (result != 0)
		log_error("%s; the rules in force stay", error.text);
	else
		log_info("%s: its rules are in force", options->prefilter);
}

void front_stop(struct front *front)
{
	if (front->prefilter == NULL)
		return;
	prefilter_set_state(front->prefilter, PREFILTER_QUIET);
	interface_take(front->interface, INTERFACE_NOTHING);
	prefilter_detach(front->prefilter);
}

void front_close(struct front *front)
{
	prefilter_destroy(front->prefilter);
	prefilter_rules_free(front->rules);
	memset(front, 0, sizeof(*front));
}

/* ---- what it counted ---- */

static uint64_t refused(const struct front *front)
{
	uint64_t sum = 0;

	for (uint32_t p = 0; p < front->port_count; p++)
		sum += port_sockets_refused(&front->ports[p]);
	return sum;
}

void front_fill(void *context, struct snapshot *snapshot)
{
	struct front *front = context;
	struct snapshot_prefilter *out = &snapshot->prefilter;
	struct prefilter_sampling sampling = prefilter_sampling(front->prefilter);
	struct prefilter_totals now;
	char name[IF_NAMESIZE];

	out->present = true;
	out->rules = front->rules != NULL;
	out->sockets = front->sockets;
	out->native = front->native;
	out->attached = if_indextoname(front->interface->index, name) != NULL;
	out->sampling = sampling.any;
	out->sample_every = sampling.every;
	out->xsk_full = refused(front);
	prefilter_totals(front->prefilter, &now);
	out->seen = now.seen.packets;
	out->analysed = now.analysed.packets;
	out->no_socket = now.no_socket.packets;
	out->host = now.host.packets;
	out->passed = now.passed.packets + out->no_socket + out->host;
	out->dropped = now.dropped.packets;
	out->limited = now.limited.packets;
	out->sampled_out = now.sampled_out.packets;
	out->analysed_octets = now.analysed.octets;
	out->passed_octets = now.passed.octets + now.no_socket.octets + now.host.octets;
	out->dropped_octets = now.dropped.octets;
	out->limited_octets = now.limited.octets;
	out->sampled_out_octets = now.sampled_out.octets;
}

struct prefilter *front_offer(const struct front *front)
{
	return front->rules != NULL ? front->prefilter : NULL;
}

json_t *front_rules(struct front *front)
{
	struct prefilter_sums sums;
	json_t *rules;

	if (front_offer(front) == NULL ||
	    prefilter_sums(front->prefilter, 0, SIZE_MAX, &sums, NULL) != 0)
		return NULL;
	rules = document_prefilter_matches(&sums);
	prefilter_sums_free(&sums);
	return rules;
}
