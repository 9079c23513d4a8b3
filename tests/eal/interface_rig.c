/* SPDX-License-Identifier: BSD-3-Clause */
#include "interface_rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

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

struct front interface_rig_front;

void interface_rig_count(struct interface_rig *ports)
{
	struct error error;

	if (interface_rig_front.prefilter != NULL)
		cr_assert_eq(front_count(&interface_rig_front, ports->port,
					 ports->interface.port_count, &error),
			     0, "%s", error.text);
}

void interface_rig_detach(struct interface *interface)
{
	interface_detach(interface);
	front_close(&interface_rig_front);
}

/* ---- the ports ---- */

int interface_rig_try(struct interface *interface, const char *name, enum interface_driver driver,
		      uint16_t workers, struct error *error)
{
	const struct interface_settings settings = {
		.name = name,
		.driver = driver,
		.workers = workers,
		.front = &interface_rig_front,
	};

	return interface_attach(&settings, interface, error);
}

void interface_rig_attach(struct interface *interface, enum interface_driver driver,
			  uint16_t workers)
{
	struct error error;

	cr_assert_eq(interface_rig_try(interface, "near", driver, workers, &error), 0, "%s",
		     error.text);
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
		cr_expect_str_eq(ports->port[i].interface, "near");
		cr_expect(ports->port[i].promiscuous);
	}
	interface_rig_count(ports);
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
