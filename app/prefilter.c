/* SPDX-License-Identifier: BSD-3-Clause */
#include "prefilter.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weir/document.h>
#include <weir/log.h>

/* Longer than any frame is on its way from the program to a socket. */
#define SETTLE_US 2000

int front_prepare(struct front *front, const struct options *options, struct error *error)
{
	memset(front, 0, sizeof(*front));
	if (options->prefilter == NULL)
		return 0;
	return prefilter_rules_read(options->prefilter, &front->rules, error);
}

static bool to_sockets(const struct front *front)
{
	return front->interface->driver == INTERFACE_AF_XDP;
}

/* A user may not have asked for AF_PACKET, which cannot have all rules: say why it is. */
static int explain(const struct front *front, int result, struct error *error)
{
	struct error reason = *error;

	if (result == -EINVAL && !to_sockets(front))
		error_set(error, EINVAL, "%s (%s)", reason.text, front->interface->why);
	return result;
}

/* Until the start frames go on to the kernel; the rules are ready to come into force then. */
static int create(struct front *front, const struct prefilter_options *settings,
		  struct error *error)
{
	struct prefilter_rules *plain;
	int result = prefilter_rules_parse("weir", "", 0, &plain, error);

	if (result != 0)
		return result;
	result = prefilter_create(settings, plain, &front->prefilter, error);
	prefilter_rules_free(plain);
	if (result != 0)
		return result;
	return prefilter_prepare(front->prefilter, front->rules, &front->prepared, error);
}

int front_attach(struct front *front, const struct options *options,
		 const struct interface *interface, struct error *error)
{
	struct prefilter_options settings = {.queues = interface->port_count};
	int result;

	if (front->rules == NULL)
		return 0;
	front->interface = interface;
	settings.target = to_sockets(front) ? PREFILTER_TO_SOCKETS : PREFILTER_TO_KERNEL;
	interface_take(interface, INTERFACE_NOTHING);
	result = interface_check_xdp(interface, error);
	if (result == 0)
		result = create(front, &settings, error);
	result = explain(front, result, error);
	if (result == 0)
		result = prefilter_attach(front->prefilter, interface->index, options->xdp_mode,
					  error);
	if (result != 0)
		return result;
	if (prefilter_rules_look_at_vlans(front->rules) && interface_takes_tags_out(interface))
		log_warning("%s: rx-vlan-offload is on: a VLAN tag that is taken out before XDP "
			    "fits no rule with vlan but 0; ethtool -K %s rxvlan off leaves it in",
			    interface->name, interface->name);
	front->native = prefilter_attached(front->prefilter) == PREFILTER_NATIVE;
	log_info("%s: prefilter of %zu rules in front of %s, XDP in %s mode", interface->name,
		 prefilter_rules_count(front->rules), to_sockets(front) ? "AF_XDP" : "AF_PACKET",
		 front->native ? "native" : "generic");
	return 0;
}

void front_hold(const struct front *front, uint16_t queue)
{
	if (front->prefilter != NULL && to_sockets(front))
		prefilter_remove_socket(front->prefilter, queue);
}

/* ---- no frame on its way ---- */

static int replace_text(struct front *front, const char *text, struct error *error)
{
	struct prefilter_rules *rules;
	int result = prefilter_rules_parse("weir", text, strlen(text), &rules, error);

	if (result != 0)
		return result;
	result = prefilter_replace(front->prefilter, rules, error);
	prefilter_rules_free(rules);
	return result;
}

/* Drops all, in words that nobody would use for it, so that they are no rule twice. */
#define DROP_ALL                                                                                   \
	"limit 1 packets/s burst 1 packets then drop ip\n"                                         \
	"limit 1 packets/s burst 1 packets then drop ip6\n"                                        \
	"limit 1 packets/s burst 1 packets then drop non-ip\n"

/*
 * Nothing is to reach weir: of sockets none takes a frame now; but AF_PACKET sees all that the
 * kernel gets, so everything is dropped, for some milliseconds.
 */
static int set_quiet(struct front *front, struct error *error)
{
	return replace_text(front, to_sockets(front) ? "default pass" : "default drop", error);
}

/* Drop everything; the rules in force stay behind that with their counts. */
static int drop_all(struct front *front, const char *rules, struct error *error)
{
	char *text;
	int result;

	if (asprintf(&text, DROP_ALL "%s", rules) < 0)
		return error_set(error, ENOMEM, "prefilter: out of memory");
	result = replace_text(front, text, error);
	free(text);
	return result;
}

static uint64_t refused(const struct front *front)
{
	uint64_t sum = 0;

	for (uint32_t p = 0; p < front->port_count; p++)
		sum += port_sockets_refused(&front->ports[p]);
	return sum;
}

/* The rules in force now will be gone then, but for what is unreadable. */
static int remember_before(struct front *front, struct error *error)
{
	struct prefilter_sum unreadable = {0};
	struct prefilter_sums sums;
	int result;

	prefilter_totals(front->prefilter, &front->before);
	front->refused_before = refused(front);
	result = prefilter_sums(front->prefilter, 0, SIZE_MAX, &sums, error);
	if (result != 0)
		return result;
	if (sums.count > 0)
		unreadable = sums.rules[sums.count - 1].matched;
	prefilter_sums_free(&sums);
	front->offer = (struct telemetry_prefilter){
		.prefilter = front->prefilter,
		.gone_before = {front->before.seen.packets - unreadable.packets,
				front->before.seen.octets - unreadable.octets},
		.unreadable_before = unreadable,
	};
	return 0;
}

static int open_sockets(struct front *front, struct error *error)
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
	result = set_quiet(front, error);
	if (result != 0)
		return result;
	usleep(SETTLE_US);
	for (uint32_t p = 0; p < count; p++)
		port_discard(&ports[p]);
	result = remember_before(front, error);
	prefilter_sampling_restart(front->prefilter);
	interface_take(front->interface, INTERFACE_INCOMING);
	if (result == 0)
		result = prefilter_commit(front->prepared, error);
	prefilter_change_free(front->prepared);
	front->prepared = NULL;
	if (result == 0 && to_sockets(front))
		result = open_sockets(front, error);
	return result;
}

void front_reload(struct front *front, const struct options *options)
{
	struct prefilter_rules *rules;
	struct error error;
	int result;

	if (front->prefilter == NULL)
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

static void shut_sockets(struct front *front)
{
	for (uint32_t p = 0; p < front->port_count; p++)
		prefilter_remove_socket(front->prefilter, (uint16_t)p);
	usleep(SETTLE_US);
	prefilter_detach(front->prefilter);
}

static void shut_kernel(struct front *front)
{
	char *rules = prefilter_text(front->prefilter);
	struct error error;

	/* With too many rules for three more, those in force do not stay. */
	if (rules == NULL || drop_all(front, rules, &error) != 0)
		(void)set_quiet(front, &error);
	usleep(SETTLE_US);
	interface_take(front->interface, INTERFACE_NOTHING);
	prefilter_detach(front->prefilter);
	if (rules != NULL)
		(void)replace_text(front, rules, &error);
	free(rules);
}

void front_stop(struct front *front)
{
	if (front->prefilter == NULL)
		return;
	if (to_sockets(front))
		shut_sockets(front);
	else
		shut_kernel(front);
}

void front_close(struct front *front)
{
	prefilter_change_free(front->prepared);
	prefilter_destroy(front->prefilter);
	prefilter_rules_free(front->rules);
	memset(front, 0, sizeof(*front));
}

/* ---- what it counted ---- */

void front_fill(void *context, struct snapshot *snapshot)
{
	struct front *front = context;
	struct snapshot_prefilter *out = &snapshot->prefilter;
	const struct prefilter_totals *before = &front->before;
	struct prefilter_sampling sampling = prefilter_sampling(front->prefilter);
	struct prefilter_totals now;
	char name[IF_NAMESIZE];

	out->present = true;
	out->sockets = to_sockets(front);
	out->native = front->native;
	out->attached = if_indextoname(front->interface->index, name) != NULL;
	out->sampling = sampling.any;
	out->sample_every = sampling.every;
	out->xsk_full = refused(front) - front->refused_before;
	prefilter_totals(front->prefilter, &now);
	out->seen = now.seen.packets - before->seen.packets;
	out->analysed = now.analysed.packets - before->analysed.packets;
	out->passed = now.passed.packets - before->passed.packets;
	out->no_socket = now.no_socket.packets - before->no_socket.packets;
	out->passed += out->no_socket;
	out->dropped = now.dropped.packets - before->dropped.packets;
	out->limited = now.limited.packets - before->limited.packets;
	out->sampled_out = now.sampled_out.packets - before->sampled_out.packets;
	out->analysed_octets = now.analysed.octets - before->analysed.octets;
	out->passed_octets = now.passed.octets - before->passed.octets + now.no_socket.octets -
			     before->no_socket.octets;
	out->dropped_octets = now.dropped.octets - before->dropped.octets;
	out->limited_octets = now.limited.octets - before->limited.octets;
	out->sampled_out_octets = now.sampled_out.octets - before->sampled_out.octets;
}

const struct telemetry_prefilter *front_offer(const struct front *front)
{
	return front->prefilter != NULL ? &front->offer : NULL;
}

json_t *front_rules(struct front *front)
{
	struct prefilter_sums sums;
	json_t *rules;

	if (front->prefilter == NULL ||
	    prefilter_sums(front->prefilter, 0, SIZE_MAX, &sums, NULL) != 0)
		return NULL;
	telemetry_prefilter_since(&front->offer, &sums, 0);
	rules = document_prefilter_matches(&sums);
	prefilter_sums_free(&sums);
	return rules;
}
