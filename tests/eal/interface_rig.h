/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_EAL_INTERFACE_RIG_H
#define WEIR_TESTS_EAL_INTERFACE_RIG_H

#include <weir/interface.h>

#include "eal_rig.h"

/* A veth pair "near" and "far" in a namespace of the test's own, and "near" as weir's ports. */

#define INTERFACE_RIG_LENGTH 200 /* of the frames sent, bytes */

struct interface_rig {
	struct interface interface;
	struct port port[4];
};

/* Make namespace, veth pair and EAL. False: no root, return from the test. */
bool interface_rig_start(unsigned int queues);

/* weir's XDP program, without rules: a front that is prepared. */
extern struct front interface_rig_front;

/* interface_attach() with it; of "near", which must not fail; and what undoes either. */
int interface_rig_try(struct interface *interface, const char *name, enum interface_driver driver,
		      uint16_t workers, struct error *error);
void interface_rig_attach(struct interface *interface, enum interface_driver driver,
			  uint16_t workers);
void interface_rig_detach(struct interface *interface);

/* The ports are started: let the program, if there is one, hand frames to them. */
void interface_rig_count(struct interface_rig *ports);

/* Attach "near", open and start its ports. */
void interface_rig_open(struct interface_rig *ports, enum interface_driver driver, uint16_t workers,
			uint16_t descriptors);

/* Close, detach and stop the EAL. */
void interface_rig_close(struct interface_rig *ports);

/* Take all frames that are there. */
uint64_t interface_rig_poll(struct interface_rig *ports, eal_rig_frame *each, void *context);

/* The counters of all ports together. */
void interface_rig_counters(struct interface_rig *ports, struct port_counters *sum);

#endif
