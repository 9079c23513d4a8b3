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

/* For interface_attach(): weir's XDP program, without rules. */
extern const struct interface_front interface_rig_front;

/* Enter a started port into that program, if there is one; and what undoes the attachment. */
void interface_rig_enter(uint16_t queue, const struct port *port);
void interface_rig_detach(struct interface *interface);

/* interface_attach() of "near" that must not fail. */
void interface_rig_attach(struct interface *interface, enum interface_driver driver,
			  uint16_t workers);

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
