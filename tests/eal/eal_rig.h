/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_EAL_EAL_RIG_H
#define WEIR_TESTS_EAL_EAL_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include <weir/port.h>

/*
 * What tests on real PMDs share. A Criterion test runs in a process of its own, so each
 * starts its own EAL, without hugepages and without PCI.
 */

/*
 * rte_eal_init() with a runtime folder of this process. `arguments` are further EAL options
 * ("--vdev=net_null0"), NULL-terminated; NULL: none. Fails the test if the EAL does not start.
 */
void eal_rig_start(const char *const *arguments);

/* rte_eal_cleanup(), and remove the runtime folder. */
void eal_rig_stop(void);

/* The id of the port of device `name`. */
uint16_t eal_rig_port(const char *name);

/* port_open() and port_start() that must not fail. */
void eal_rig_open(uint16_t id, uint16_t queues, struct port *port);

/*
 * Poll all queues of `count` ports until `wanted` frames have come or none came for a second.
 * Frees them. Returns how many came; `each` (may be NULL) sees every one.
 */
typedef void eal_rig_frame(void *context, uint16_t queue, struct rte_mbuf *mbuf);
uint64_t eal_rig_poll_ports(const struct port *ports, unsigned int count, uint64_t wanted,
			    eal_rig_frame *each, void *context);
uint64_t eal_rig_poll(const struct port *port, uint64_t wanted, eal_rig_frame *each, void *context);

/* A path in a folder of this test's own, which eal_rig_stop() removes. */
const char *eal_rig_path(const char *name);

/* Remove that folder, in a test without EAL. */
void eal_rig_remove_paths(void);

/*
 * For tests that need root: without it they say so loudly and are skipped, but with CI in the
 * environment they fail. False: return from the test.
 */
bool rig_has_root(const char *what_for);

/* Enter a network namespace of this process's own, without IPv6's own traffic. */
void rig_enter_namespace(void);

/* Run a command that must succeed. */
void rig_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A veth pair `near` and `far`, both up, with `queues` RX queues on `near`. No offloads. */
void rig_add_veth(const char *near, const char *far, unsigned int queues);

/* An AF_PACKET socket that sends whole frames on interface `name` and receives none. */
int rig_open_sender(const char *name);

/* Send `count` frames by UDP flows 0, 1, ... round robin, slowly enough for veth to carry all. */
void rig_send_flows(int sender, unsigned int flows, unsigned int count, size_t length);

/* ---- frames ---- */

/* Ethernet, IPv4, UDP from 10.0.x.y to 192.0.2.1; `flow` decides address and port. */
void frame_udp4(uint8_t *frame, size_t length, unsigned int flow, bool reverse);

/* Make the IPv4 header checksum right: the kernel looks at it, weir does not. */
void frame_set_checksum4(uint8_t *frame);

/* Ethernet, IPv6, UDP, likewise. */
void frame_udp6(uint8_t *frame, size_t length, unsigned int flow, bool reverse);

#endif
