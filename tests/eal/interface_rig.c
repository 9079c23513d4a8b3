/* SPDX-License-Identifier: BSD-3-Clause */
#include "interface_rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <weir/prefilter.h>

bool interface_rig_start(unsigned int queues)
{
	if (!rig_has_root("kernel interfaces over veth"))
		return false;
	rig_enter_namespace();
	rig_add_veth("near", "far", queues);
	eal_rig_start(NULL);
	return true;
}

/* ---- weir's program in front of AF_XDP ---- */

static struct prefilter *program;

static int attach_program(void *context, const char *name, unsigned int index, uint16_t queues,
			  struct error *error)
{
	const struct prefilter_options options = {PREFILTER_TO_SOCKETS, queues};
	int result = prefilter_create(&options, NULL, &program, error);

	(void)context;
	(void)name;
	return result != 0 ? result : prefilter_attach(program, index, PREFILTER_AUTO, error);
}

const struct interface_front interface_rig_front = {.attach = attach_program};

void interface_rig_enter(uint16_t queue, const struct port *port)
{
	struct error error;

	if (program == NULL)
		return;
	cr_assert_eq(port->kernel_socket_count, 1);
	cr_assert_eq(prefilter_add_socket(program, queue, port->kernel_sockets[0], &error), 0, "%s",
		     error.text);
}

void interface_rig_detach(struct interface *interface)
{
	interface_detach(interface);
	prefilter_destroy(program);
	program = NULL;
}

/* ---- the ports ---- */

void interface_rig_attach(struct interface *interface, enum interface_driver driver,
			  uint16_t workers)
{
	struct error error;

	cr_assert_eq(interface_attach("near", driver, NULL, workers, 4, &interface_rig_front,
				      interface, &error),
		     0, "%s", error.text);
}

void interface_rig_open(struct interface_rig *ports, enum interface_driver driver, uint16_t workers,
			uint16_t descriptors)
{
	const struct port_settings settings = {.descriptors = descriptors, .promiscuous = true};
	struct error error;

	interface_rig_attach(&ports->interface, driver, workers);
	for (uint16_t i = 0; i < ports->interface.port_count; i++) {
		struct port_settings each = settings;

		each.queues = ports->interface.queues_each;
		cr_assert_eq(
			port_open(ports->interface.port_ids[i], &each, &ports->port[i], &error), 0,
			"%s", error.text);
		cr_assert_eq(port_start(&ports->port[i], &error), 0, "%s", error.text);
		interface_rig_enter(i, &ports->port[i]);
		cr_expect_str_eq(ports->port[i].interface, "near");
		cr_expect(ports->port[i].promiscuous);
	}
}

void interface_rig_close(struct interface_rig *ports)
{
	for (uint16_t i = 0; i < ports->interface.port_count; i++)
		port_close(&ports->port[i]);
	interface_rig_detach(&ports->interface);
	eal_rig_stop();
}

uint64_t interface_rig_poll(struct interface_rig *ports, eal_rig_frame *each, void *context)
{
	return eal_rig_poll_ports(ports->port, ports->interface.port_count, UINT64_MAX, each,
				  context);
}

void interface_rig_counters(struct interface_rig *ports, struct port_counters *sum)
{
	struct port_counters counters;

	memset(sum, 0, sizeof(*sum));
	for (uint16_t i = 0; i < ports->interface.port_count; i++) {
		port_read_counters(&ports->port[i], &counters);
		sum->received += counters.received;
		sum->octets += counters.octets;
		sum->missed += counters.missed;
		sum->no_mbuf += counters.no_mbuf;
		sum->errors += counters.errors;
	}
}
